"""The reader of these tests, made once: it takes longer than reading a thousand descriptions."""

from __future__ import annotations

import pytest

from bot.pipeline.understand import Understanding
from tests.reading import GAZETTEER

READER = Understanding(gazetteer=GAZETTEER, this_year=2026)


@pytest.fixture
def reader() -> Understanding:
    return READER
