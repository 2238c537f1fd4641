"""The short form: a few kills. `make chaos` is the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.rounds import run_chaos

ROUNDS = 6


@pytest.mark.alone
@pytest.mark.timeout(300)
async def test_a_few_kills_lose_nothing_and_send_nothing_twice(tmp_path: Path) -> None:
    ledger = await run_chaos(tmp_path, rounds=ROUNDS, seed=6)
    assert ledger.asked
    assert [(what, figure) for what, figure, fine in ledger.table() if not fine] == []
