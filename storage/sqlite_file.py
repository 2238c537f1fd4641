"""How is a SQLite file read and written? In threads: readers beside each other, and one writer for all."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy import event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import SQLAlchemyError

from bot.pipeline.errors import StorageError
from storage.trouble import DAMAGED, ailment
from storage.work import Work

log = structlog.get_logger(__name__)
T = TypeVar("T")

BUSY_SECONDS = 10.0
"""How long a writer waits for a writer of another process."""
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # a commit is on the disk when it returns, also when the power fails
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)
_READERS = 4
_TOGETHER = 32
"""Pieces of work in one transaction, at most."""
_BESIDE_URGENT = 1
"""So many others once an urgent one is among them: a flush of the disk for it alone would hold up the others."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A piece of work that waits for its turn to write, and where its caller hears what became of it."""

    work: Work[Any]
    told: asyncio.Future[Any]

    def tell(self, outcome: Any) -> None:
        """A result or an error; a caller who has gone hears nothing."""
        if self.told.done():
            return
        if isinstance(outcome, BaseException):
            self.told.set_exception(outcome)
        else:
            self.told.set_result(outcome)


class SqliteFile:
    """One file of this process alone. What waits for its one writer is committed together."""

    def __init__(self, url: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        # each thread has a connection, and keeps it: it costs four pragmas and the schema read anew
        self._engine = sa.create_engine(url, hide_parameters=True, pool_size=_READERS + 1, max_overflow=0)
        tune_sqlite(self._engine, busy_seconds=busy_seconds)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="sqlite-reader")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._waiting: deque[_Waiting] = deque()
        self._urgent: deque[_Waiting] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._damaged = False

    async def ask(self, work: Work[T]) -> T:
        """Run work of one statement. Raises StorageError."""
        # one statement is one snapshot by itself: BEGIN would only cost a third of the time
        return await _in(self._readers, lambda: self._transact(work, begin=""))

    async def read(self, work: Work[T]) -> T:
        """Run work on one snapshot. Raises StorageError."""
        return await _in(self._readers, lambda: self._transact(work, begin="BEGIN"))

    async def write(self, work: Work[T], *, urgent: bool) -> T:
        """Run work and commit it, with others that wait. Raises StorageError.

        What is `urgent` goes before all that waits, into the transaction under way, which then soon ends.
        """
        told: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        (self._urgent if urgent else self._waiting).append(_Waiting(work, told))
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write_all())
        return await told

    def insert(self, table: sa.Table) -> Any:
        """An INSERT of SQLite."""
        return sqlite.insert(table)

    async def tidy(self) -> int:
        """Fresh statistics; how many pages of the write-ahead log went into the file."""
        return await _in(self._writer, self._tidy)

    async def close(self) -> None:
        """Close all connections."""
        if self._writing is not None:
            await self._writing
        for threads in (self._readers, self._writer):
            threads.shutdown(wait=False)
        self._engine.dispose()

    async def _write_all(self) -> None:
        """At work as long as anything waits."""
        try:
            while self._urgent or self._waiting:
                await self._commit_waiting()
        finally:
            self._writing = None

    async def _commit_waiting(self) -> None:
        """What waits in one transaction: one flush of the disk for many callers.

        Where one of them fails nothing of it stays, and each is run in a transaction of its own.
        """
        batch: list[_Waiting] = []

        def work(connection: sa.Connection) -> list[Any]:
            room, outcomes = min(_TOGETHER, len(self._waiting)), []
            # the event loop goes on adding to both lines; only this thread takes from them
            while self._urgent or (self._waiting and room > 0):
                if self._urgent:
                    room = min(room, _BESIDE_URGENT)
                    batch.append(self._urgent.popleft())
                else:
                    room -= 1
                    batch.append(self._waiting.popleft())
                outcomes.append(batch[-1].work(connection))
            return outcomes

        together = await self._outcome(work)
        if not isinstance(together, BaseException):
            for one, outcome in zip(batch, together, strict=True):
                one.tell(outcome)
        elif len(batch) == 1:
            batch[0].tell(together)
        elif batch:
            for one in batch:
                one.tell(await self._outcome(one.work))
        else:
            # no transaction could be begun: everybody who waits hears it
            batch.extend((*self._urgent, *self._waiting))
            self._urgent.clear()
            self._waiting.clear()
            for one in batch:
                one.tell(together)

    async def _outcome(self, work: Work[T]) -> T | BaseException:
        """The result of a transaction, or its error."""
        transacted = _in(self._writer, lambda: self._transact(work, begin="BEGIN IMMEDIATE"))
        return (await asyncio.gather(transacted, return_exceptions=True))[0]

    def _transact(self, work: Work[T], *, begin: str) -> T:
        try:
            with self._engine.connect() as connection:
                connection.execution_options(rakurs_begin=begin)
                with connection.begin():
                    return work(connection)
        except SQLAlchemyError as error:
            word = ailment(error)
            if word == DAMAGED and not self._damaged:
                self._damaged = True
                log.error("database.damaged", then="stop; rakurs db check; put a backup in its place")  # noqa: TRY400 - whoever asked logs the traceback
            raise StorageError(word) from error

    def _tidy(self) -> int:
        def work(connection: sa.Connection) -> int:
            connection.exec_driver_sql("PRAGMA optimize")
            row = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return int(row[2]) if row else 0

        # a checkpoint cannot run inside a transaction
        return self._transact(work, begin="")


def file_of(url: str) -> Path | None:
    """The file of a SQLite address; None for what is no SQLite database or lies in memory."""
    address = sa.make_url(url)
    return Path(address.database) if address.get_backend_name() == "sqlite" and address.database else None


async def _in(threads: Executor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, work)


def tune_sqlite(engine: sa.Engine, *, busy_seconds: float = BUSY_SECONDS) -> None:
    """Pragmas on every new connection; writers take the write lock at once, not halfway."""

    @event.listens_for(engine, "connect")
    def connected(dbapi_connection: Any, _record: Any) -> None:
        # the driver must not begin or commit by itself
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(busy_seconds * 1000)}")
        for pragma in PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def began(connection: sa.Connection) -> None:
        begin = connection.get_execution_options().get("rakurs_begin", "BEGIN")
        if begin:
            connection.exec_driver_sql(begin)
