"""How is the database reached? Pragmas, one transaction a call, foreign errors translated."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.pipeline.errors import StorageError
from storage.trouble import DAMAGED, ailment

log = structlog.get_logger(__name__)
T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]
Row = sa.Row[*tuple[Any, ...]]
Query = sa.Select[*tuple[Any, ...]]

_TOGETHER = 32
"""Pieces of work in one transaction, at most."""
_WITH_URGENT = 2
"""So many while an urgent one is among them: a flush of the disk for it alone would hold up the others."""
BUSY_SECONDS = 10.0
"""How long a writer waits for a writer of another process."""

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # a commit is on the disk when it returns, also when the power fails
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)

POSTGRES = {
    "connect_timeout": 10,
    # a server that vanished is noticed within half a minute
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    # a process that hangs in the middle of a transaction must not keep its locks
    "options": "-c idle_in_transaction_session_timeout=20s -c lock_timeout=20s",
}


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


class Database:
    """Runs pieces of work, each as if in a transaction of its own.

    What waits for SQLite's one writer is committed together. A piece of work may therefore be run
    again, after a first run of which nothing stayed: it must not touch anything but its connection.

    A caller that is cancelled leaves its work running to the end: a transaction is never torn,
    and `close` waits for all of them.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._sqlite = engine.dialect.name == "sqlite"
        self._writing = asyncio.Lock()
        self._waiting: deque[_Waiting] = deque()
        self._urgent: deque[_Waiting] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[Any]] = set()
        self._damaged = False
        self.guard: Work[None] | None = None
        """Looked at before every write, in its transaction: raises StorageError to refuse it."""

    @property
    def shared(self) -> bool:
        """Whether other processes may write as well; a SQLite file has one writer at a time (`alone`)."""
        return not self._sqlite

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one snapshot. Raises StorageError."""
        return await self._shielded(self._transact(work, begin="BEGIN"))

    async def write(self, work: Work[T], *, urgent: bool = False) -> T:
        """Run `work` and commit; nothing of it stays when it raises. Raises StorageError.

        What is `urgent` goes before all that waits, into the transaction under way, which then soon ends.
        """
        if not self._sqlite:
            return await self._shielded(self._transact(self._guarded(work), begin="BEGIN"))
        told: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        (self._urgent if urgent else self._waiting).append(_Waiting(work, told))
        if self._writer is None:
            self._writer = self.start(self._write_all())
        return await told

    async def rows(self, query: sa.Executable) -> Sequence[Row]:
        """All rows of one query. Raises StorageError."""

        async def work(connection: AsyncConnection) -> Sequence[Row]:
            return (await connection.execute(query)).all()

        # one statement is one snapshot by itself: BEGIN would only cost a third of the time
        return await self._shielded(self._transact(work, begin=""))

    async def execute(self, statement: sa.Executable) -> int:
        """Run one statement and commit; hand back how many rows it changed. Raises StorageError."""

        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(statement)).rowcount

        return await self.write(work)

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run it beside its caller; `close` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._finished)
        return task

    async def to_the_end(self, work: Coroutine[Any, Any, T]) -> T:
        """Several steps that a caller's cancellation must not part."""
        return await self._shielded(work)

    def insert(self, table: sa.Table) -> Any:
        """An INSERT of this database's own dialect, for its `on_conflict_…` methods."""
        return sqlite.insert(table) if self._sqlite else postgresql.insert(table)

    async def add(self, connection: AsyncConnection, table: sa.Table, row: dict[str, Any]) -> bool:
        """Insert a row unless its key is there already; whether it was new."""
        statement = self.insert(table).values(row).on_conflict_do_nothing().returning(sa.literal(1))
        return (await connection.execute(statement)).first() is not None

    async def own_connection(self) -> AsyncConnection:
        """A connection for the caller to keep and close, outside of all transactions."""
        connection = await self._engine.connect()
        return await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def tidy(self) -> int:
        """Let SQLite do its own upkeep; hand back how many pages of its log went into the file."""
        if not self._sqlite:
            return 0
        # a checkpoint cannot run inside a transaction
        return await self._shielded(self._tidy())

    async def close(self) -> None:
        """Wait for what is under way, then close all connections."""
        while self._running:
            await asyncio.wait(self._running)
        await self._engine.dispose()

    async def _write_all(self) -> None:
        """SQLite's one writer: at work as long as anything waits."""
        try:
            while self._urgent or self._waiting:
                async with self._writing:
                    await self._commit_waiting()
        finally:
            self._writer = None

    def _guarded(self, work: Work[T]) -> Work[T]:
        guard = self.guard
        if guard is None:
            return work

        async def both(connection: AsyncConnection) -> T:
            await guard(connection)
            return await work(connection)

        return both

    async def _commit_waiting(self) -> None:
        """What waits in one transaction: one flush of the disk for many callers.

        Where one of them fails nothing of it stays, and each is run in a transaction of its own.
        """
        most = _WITH_URGENT if self._urgent else min(_TOGETHER, len(self._waiting))
        batch = [(self._urgent or self._waiting).popleft()]

        async def work(connection: AsyncConnection) -> list[Any]:
            nonlocal most
            outcomes = [await batch[0].work(connection)]
            while self._urgent or (self._waiting and len(batch) < most):
                if self._urgent:
                    most = min(most, _WITH_URGENT)
                batch.append((self._urgent or self._waiting).popleft())
                outcomes.append(await batch[-1].work(connection))
            return outcomes

        together = await self._outcome(work)
        if not isinstance(together, BaseException):
            for one, outcome in zip(batch, together, strict=True):
                one.tell(outcome)
        elif len(batch) == 1:
            batch[0].tell(together)
        else:
            for one in batch:
                one.tell(await self._outcome(one.work))

    async def _outcome(self, work: Work[T]) -> T | BaseException:
        """The result of a transaction, or its error."""
        transacted = self._transact(work, begin="BEGIN IMMEDIATE")
        return (await asyncio.gather(transacted, return_exceptions=True))[0]

    async def _transact(self, work: Work[T], *, begin: str) -> T:
        """`begin` is how SQLite's transaction begins; elsewhere only whether it is said at all."""
        try:
            async with self._engine.connect() as connection:
                if self._sqlite:
                    await connection.execution_options(rakurs_begin=begin)
                elif not begin:
                    await connection.execution_options(isolation_level="AUTOCOMMIT")
                async with connection.begin():
                    return await work(connection)
        except SQLAlchemyError as error:
            word = ailment(error)
            if word == DAMAGED and not self._damaged:
                self._damaged = True
                log.error("database.damaged", then="stop; rakurs db check; put a backup in its place")  # noqa: TRY400 - whoever asked logs the traceback
            raise StorageError(word) from error

    async def _tidy(self) -> int:
        try:
            async with self._writing, self._engine.connect() as connection:
                driver: Any = (await connection.get_raw_connection()).driver_connection
                await driver.execute("PRAGMA optimize")
                cursor = await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                row = await cursor.fetchone()
                await cursor.close()
                return int(row[2]) if row else 0
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise StorageError(ailment(error)) from error

    async def _shielded(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.shield(self.start(work))

    def _finished(self, task: asyncio.Task[Any]) -> None:
        """An error of work whose caller has gone is taken here; the caller gets its own copy."""
        self._running.discard(task)
        if not task.cancelled():
            task.exception()


@contextlib.asynccontextmanager
async def open_database(url: str, *, busy_seconds: float = BUSY_SECONDS) -> AsyncIterator[Database]:
    """A database whose schema is there already."""
    engine = create_async_engine(url, **engine_options(url))
    if engine.dialect.name == "sqlite":
        tune_sqlite(engine.sync_engine, busy_seconds=busy_seconds)
    database = Database(engine)
    try:
        yield database
    finally:
        await database.close()


def engine_options(url: str) -> dict[str, Any]:
    """How SQLAlchemy reaches that database: no wait without an end, no dead connection handed out."""
    options: dict[str, Any] = {"pool_timeout": 60, "hide_parameters": True}
    if sa.make_url(url).get_backend_name() == "postgresql":
        options |= {"pool_pre_ping": True, "connect_args": POSTGRES}
    else:
        # a connection of a file is a thread and four pragmas: what a busy moment opened is kept for the next
        options |= {"pool_size": 15, "max_overflow": 0}
    return options


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
