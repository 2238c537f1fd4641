"""Every suite here runs on the store in memory and on the real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.handlers.ports import Archive, Inbox, Preferences, StatsSource
from bot.pipeline.ports import SearchCache, SessionStore
from storage import open_storage
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


@pytest.fixture(params=["memory", "sqlite"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kept]:
    if request.param == "memory":
        store = MemoryStore(now=NOW)
        yield Kept(sessions=store, archive=store, preferences=store, inbox=store, stats=store, searches=store)
        return
    url = f"sqlite+aiosqlite:///{tmp_path / 'rakurs.sqlite3'}"
    async with open_storage(url, media_dir=tmp_path / "media", clock=lambda: NOW) as storage:
        yield Kept(
            sessions=storage.sessions,
            archive=storage.archive,
            preferences=storage.preferences,
            inbox=storage.inbox,
            stats=storage.stats,
            searches=storage.searches,
        )
