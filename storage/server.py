"""How does one talk to a database server? Connections that notice when the server is gone."""

from __future__ import annotations

from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.pipeline.errors import StorageError
from storage.trouble import ailment
from storage.work import Work

T = TypeVar("T")
_OPTIONS = {
    "connect_timeout": 10,
    # a server that vanished is noticed within half a minute
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    # a process that hangs in the middle of a transaction must not keep its locks
    "options": "-c idle_in_transaction_session_timeout=20s -c lock_timeout=20s",
}


class Server:
    """A Postgres database. `guard` is looked at before every write, in its transaction."""

    def __init__(self, url: str) -> None:
        self._engine: AsyncEngine = create_async_engine(
            url, pool_timeout=60, hide_parameters=True, pool_pre_ping=True, connect_args=_OPTIONS
        )
        self.guard: Work[None] | None = None

    async def ask(self, work: Work[T]) -> T:
        """Run work of one statement, which is a snapshot by itself. Raises StorageError."""
        return await self._transact(work, isolation_level="AUTOCOMMIT")

    async def read(self, work: Work[T]) -> T:
        """Run work in a transaction. Raises StorageError."""
        return await self._transact(work)

    async def write(self, work: Work[T], *, urgent: bool) -> T:
        """Run work and commit. Raises StorageError. Nobody stands in line, so nothing is more `urgent`."""
        del urgent
        guard = self.guard
        if guard is None:
            return await self._transact(work)

        def both(connection: sa.Connection) -> T:
            guard(connection)
            return work(connection)

        return await self._transact(both)

    def insert(self, table: sa.Table) -> Any:
        """An INSERT of Postgres."""
        return postgresql.insert(table)

    async def own_connection(self) -> AsyncConnection:
        """A connection outside of all transactions, for the caller to keep and close."""
        connection = await self._engine.connect()
        return await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def tidy(self) -> int:
        """Servers see to themselves."""
        return 0

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    async def _transact(self, work: Work[T], **options: str) -> T:
        try:
            async with self._engine.connect() as connection:
                if options:
                    await connection.execution_options(**options)
                async with connection.begin():
                    return await connection.run_sync(work)
        except SQLAlchemyError as error:
            raise StorageError(ailment(error)) from error
