"""Every suite here runs on the store in memory, on SQLite and, where one is installed, on Postgres."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.handlers.ports import Archive, Inbox, Preferences, Shares, StatsSource
from bot.pipeline.money import Ledger
from bot.pipeline.ports import SearchCache, SessionStore
from bot.pipeline.spin import SpinStore
from storage import open_storage
from storage.migrate import upgrade
from tests.fakes.postgres import create_database, empty_database, running_postgres
from tests.fakes.spins import MemorySpins
from tests.fakes.store import MemoryStore

NOW = 1_800_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The ports of one storage."""

    sessions: SessionStore
    archive: Archive
    preferences: Preferences
    inbox: Inbox
    stats: StatsSource
    searches: SearchCache
    ledger: Ledger
    spins: SpinStore
    shares: Shares


@pytest.fixture(scope="session")
def postgres() -> Iterator[str | None]:
    """A server with a database `rakurs_empty` that has the schema."""
    with running_postgres() as address:
        if address is not None:
            upgrade(create_database(address, "rakurs_empty"))
        yield address


def skip_without(address: str | None) -> str:
    """The address, or no test at all."""
    if address is None:
        pytest.skip("no Postgres server is installed here (package postgresql)")
    return address


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kept]:
    if request.param == "memory":
        store = MemoryStore(now=NOW)
        yield Kept(
            sessions=store,
            archive=store,
            preferences=store,
            inbox=store,
            stats=store,
            searches=store,
            ledger=store.ledger,
            spins=MemorySpins(),
            shares=store,
        )
        return
    url = f"sqlite:///{tmp_path / 'rakurs.sqlite3'}"
    if request.param == "postgres":
        address = skip_without(request.getfixturevalue("postgres"))
        url = empty_database(address, "rakurs_empty")
    async with open_storage(url, media_dir=tmp_path / "media", clock=lambda: NOW) as storage:
        yield Kept(
            sessions=storage.sessions,
            archive=storage.archive,
            preferences=storage.preferences,
            inbox=storage.inbox,
            stats=storage.stats,
            searches=storage.searches,
            ledger=storage.ledger,
            spins=storage.spins,
            shares=storage.shares,
        )
