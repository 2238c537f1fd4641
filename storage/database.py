"""How is the database reached? One transaction a piece of work, whichever database it is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from storage.sqlite_file import BUSY_SECONDS, SqliteFile
from storage.work import Work

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.server import Server

T = TypeVar("T")
Row = sa.Row[*tuple[Any, ...]]
Query = sa.Select[*tuple[Any, ...]]


class Database:
    """Runs pieces of work, each as if in a transaction of its own.

    A caller that is cancelled leaves its work running to the end: a transaction is never torn,
    and `close` waits for all of them.
    """

    def __init__(self, place: SqliteFile | Server) -> None:
        self._place = place
        self._running: set[asyncio.Task[Any]] = set()
        self._inserts: dict[str, sa.Executable] = {}

    @property
    def shared(self) -> bool:
        """Whether other processes may write as well; a SQLite file has one writer at a time (`alone`)."""
        return not isinstance(self._place, SqliteFile)

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one snapshot. Raises StorageError."""
        return await self.to_the_end(self._place.read(work))

    async def write(self, work: Work[T], *, urgent: bool = False) -> T:
        """Run `work` and commit; nothing of it stays when it raises. Raises StorageError.

        What is `urgent` does not stand in line behind all that waits.
        """
        return await self.to_the_end(self._place.write(work, urgent=urgent))

    async def rows(self, query: sa.Executable, **values: Any) -> Sequence[Row]:
        """All rows of one query, whose parameters have these values. Raises StorageError."""
        return await self.to_the_end(
            self._place.ask(lambda connection: connection.execute(query, values).all())
        )

    async def execute(self, statement: sa.Executable, **values: Any) -> int:
        """Run one statement, whose parameters have these values, and commit; hand back how many rows it changed.

        Raises StorageError.
        """
        return await self.write(lambda connection: connection.execute(statement, values).rowcount)

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run it beside its caller; `close` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._finished)
        return task

    async def to_the_end(self, work: Coroutine[Any, Any, T]) -> T:
        """What a caller's cancellation must not part, be it one transaction or several steps."""
        return await asyncio.shield(self.start(work))

    def insert(self, table: sa.Table) -> Any:
        """An INSERT of this database's own dialect, for its `on_conflict_…` methods."""
        return self._place.insert(table)

    def insert_new(self, table: sa.Table) -> sa.Executable:
        """An INSERT of rows whose keys are not there yet; hands back the first column of their keys."""
        statement = self._inserts.get(table.name)
        if statement is None:
            key = next(iter(table.primary_key.columns))
            statement = self._inserts[table.name] = self.insert(table).on_conflict_do_nothing().returning(key)
        return statement

    def add(self, connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> bool:
        """Insert a row unless its key is there already; whether it was new."""
        return connection.execute(self.insert_new(table), row).first() is not None

    def guard(self, work: Work[None] | None) -> None:
        """Look at it before every write, in its transaction: it raises StorageError to refuse the write.

        Only where processes share the database.
        """
        self._server.guard = work

    async def own_connection(self) -> AsyncConnection:
        """A connection for the caller to keep and close, outside of all transactions; of a server only."""
        return await self._server.own_connection()

    async def tidy(self) -> int:
        """Let SQLite do its own upkeep; hand back how many pages of its log went into the file."""
        return await self.to_the_end(self._place.tidy())

    async def close(self) -> None:
        """Wait for what is under way, then close all connections."""
        while self._running:
            await asyncio.wait(self._running)
        await self._place.close()

    @property
    def _server(self) -> Server:
        if isinstance(self._place, SqliteFile):
            raise TypeError("a SQLite file belongs to one process")
        return self._place

    def _finished(self, task: asyncio.Task[Any]) -> None:
        """An error of work whose caller has gone is taken here; the caller gets its own copy."""
        self._running.discard(task)
        if not task.cancelled():
            task.exception()


@contextlib.asynccontextmanager
async def open_database(url: str, *, busy_seconds: float = BUSY_SECONDS) -> AsyncIterator[Database]:
    """A database whose schema is there already."""
    database = Database(_place(url, busy_seconds))
    try:
        yield database
    finally:
        await database.close()


def _place(url: str, busy_seconds: float) -> SqliteFile | Server:
    if sa.make_url(url).get_backend_name() == "sqlite":
        return SqliteFile(url, busy_seconds=busy_seconds)
    # here and not above: most have a file, and what speaks with a server takes its time to load
    from storage.server import Server  # noqa: PLC0415

    return Server(url)
