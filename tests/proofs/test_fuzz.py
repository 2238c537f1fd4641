"""Do five thousand generated texts and updates break anything? `make fuzz` tries a hundred thousand."""

from __future__ import annotations

import random

import pytest

from tests.proofs.fuzz.descriptions import description
from tests.proofs.fuzz.run import handle_updates, read_descriptions


def test_descriptions_are_read_without_a_stumble() -> None:
    assert read_descriptions(seed=1, count=4500).wrong == []


@pytest.mark.timeout(180)
async def test_updates_are_handled_without_a_stumble() -> None:
    found = await handle_updates(seed=1, count=500)
    assert found.wrong == []
    assert found.calls > 250


def test_the_same_seed_is_the_same_text() -> None:
    texts = [[description(random.Random(seed)) for _ in range(3)] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
