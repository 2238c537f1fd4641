"""How is the storage opened and closed?"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from bot.pipeline.errors import StorageError
from storage.archive import Archive
from storage.charges import Charges
from storage.database import Database, open_database
from storage.inbox import Inbox
from storage.media import Media
from storage.members import Members
from storage.migrate import upgrade
from storage.preferences import Preferences
from storage.searches import Searches
from storage.sessions import Sessions
from storage.shares import Shares
from storage.spins import Spins
from storage.sqlite_file import BUSY_SECONDS, file_of
from storage.stats import Stats
from storage.trouble import look_over


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Everything that is kept, as the ports of those who use it."""

    sessions: Sessions
    ledger: Charges
    spins: Spins
    shares: Shares
    archive: Archive
    preferences: Preferences
    inbox: Inbox
    stats: Stats
    searches: Searches
    media: Media
    members: Members
    database: Database


@contextlib.asynccontextmanager
async def open_storage(
    url: str,
    *,
    media_dir: Path,
    clock: Callable[[], float] = time.time,
    busy_seconds: float = BUSY_SECONDS,
) -> AsyncIterator[Storage]:
    """The storage at that SQLAlchemy address, brought to this version's schema first.

    Pictures are files below `media_dir`, which is made when it is not there. `clock` gives UTC
    seconds since 1970; `busy_seconds` is how long another process's lock is waited for. Raises StorageError when either cannot be opened.
    """
    try:
        await asyncio.to_thread(lambda: media_dir.mkdir(parents=True, exist_ok=True))
    except OSError as error:
        raise StorageError("folder", error.errno) from error
    if file := file_of(url):
        await asyncio.to_thread(lambda: look_over(file))
    await asyncio.to_thread(lambda: upgrade(url, busy_seconds=busy_seconds))
    media = Media(media_dir)
    async with _closing(media), open_database(url, busy_seconds=busy_seconds) as database:
        members = Members(database)
        yield Storage(
            sessions=Sessions(database=database, media=media, clock=clock),
            ledger=Charges(database=database, clock=clock),
            spins=Spins(database=database, media=media, worker=lambda: members.worker),
            shares=Shares(database=database),
            archive=Archive(database=database, media=media),
            preferences=Preferences(database=database),
            inbox=Inbox(database=database, clock=clock, worker=lambda: members.worker),
            stats=Stats(database=database),
            searches=Searches(database=database),
            media=media,
            members=members,
            database=database,
        )


@contextlib.asynccontextmanager
async def _closing(media: Media) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await asyncio.to_thread(media.close)
