"""The short forms: a few kills, two restarts. `make chaos`, `make chaos-fleet` and `make trouble` are the long ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.fleet import run_fleet
from tests.chaos.restarts import run_restarts
from tests.chaos.rounds import run_chaos
from tests.contract.conftest import skip_without
from tests.e2e.nursery import Nursery
from tests.fakes.postgres import create_database, running_postgres, running_server

ROUNDS = 4


@pytest.mark.alone
@pytest.mark.timeout(300)
async def test_a_few_kills_lose_nothing_and_send_nothing_twice(
    tmp_path: Path, nursery: Nursery | None
) -> None:
    ledger = await run_chaos(tmp_path, rounds=ROUNDS, seed=6, nursery=nursery)
    assert ledger.asked
    assert [(what, figure) for what, figure, fine in ledger.table() if not fine] == []


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(300)
async def test_what_a_dead_worker_held_is_finished_by_another(tmp_path: Path) -> None:
    with running_postgres() as address:
        url = create_database(skip_without(address), "chaos")
        ledger = await run_fleet(tmp_path, url, rounds=1, seed=5)
    assert ledger.finished, "the dead worker held nothing"
    assert max(ledger.finished) < 60
    assert [(what, figure) for what, figure, fine in ledger.table() if not fine] == []


@pytest.mark.postgres
@pytest.mark.timeout(300)
async def test_a_database_that_is_restarted_loses_nothing_and_one_of_two_workers_polls(
    tmp_path: Path, nursery: Nursery | None
) -> None:
    with running_server() as server:
        if server is None:
            pytest.skip("no Postgres server is installed here (package postgresql)")
        ledger = await run_restarts(tmp_path, server, rounds=2, seed=3, nursery=nursery)
    assert any(kill.stored.unfinished for kill in ledger.kills[:2]), "nothing was under way"
    assert ledger.conflicts == 0
    assert ledger.finished, "the dead worker held nothing"
    assert [(what, figure) for what, figure, fine in ledger.table() if not fine] == []
