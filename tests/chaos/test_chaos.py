"""The short forms: a few kills. `make chaos` and `make chaos-fleet` are the long ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.fleet import run_fleet
from tests.chaos.rounds import run_chaos
from tests.contract.conftest import skip_without
from tests.fakes.postgres import create_database, running_postgres

ROUNDS = 4


@pytest.mark.alone
@pytest.mark.timeout(300)
async def test_a_few_kills_lose_nothing_and_send_nothing_twice(tmp_path: Path) -> None:
    ledger = await run_chaos(tmp_path, rounds=ROUNDS, seed=6)
    assert ledger.asked
    assert [(what, figure) for what, figure, fine in ledger.table() if not fine] == []


@pytest.mark.postgres
@pytest.mark.timeout(300)
async def test_what_a_dead_worker_held_is_finished_by_another(tmp_path: Path) -> None:
    with running_postgres() as address:
        url = create_database(skip_without(address), "chaos")
        ledger = await run_fleet(tmp_path, url, rounds=1, seed=5)
    assert ledger.finished, "the dead worker held nothing"
    assert max(ledger.finished) < 60
    assert [(what, figure) for what, figure, fine in ledger.table() if not fine] == []
