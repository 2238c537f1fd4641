"""The short form: a few dozen people. `make load` is the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.load.crowd import Plan
from tests.load.run import run_load

TIMED = ("/help", "event loop")
"""What a busy machine may spoil is judged by the long form alone."""


@pytest.mark.timeout(180)
async def test_a_few_dozen_people_at_once_get_everything_in_time(tmp_path: Path) -> None:
    plan = Plan(people=30, within=1.0, views=2, help_every=0.3, longest=90)
    rows = await run_load(tmp_path, plan=plan, seconds=0.2, OPENAI_IMAGE_CONCURRENCY="30")
    assert [(what, figure) for what, figure, fine in rows if not fine and not what.startswith(TIMED)] == []
