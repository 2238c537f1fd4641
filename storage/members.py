"""Which processes share this Postgres database, and which of them are dead?"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.pipeline.errors import StorageError
from storage.database import Database
from storage.schema import albums, permits, spins, updates, workers

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

log = structlog.get_logger(__name__)
SILENT = 3.0
"""Seconds without a beat after which a worker whose connection is gone counts as dead."""
LEASE = 30.0
"""Seconds without a beat after which any worker counts as dead: stopped, cut off, or hung."""
PATIENCE = 5.0
"""Seconds that a beat may take."""
_CLASS = 73_052_026
"""The first half of every worker's advisory lock; its number is the second."""

NOW = sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)
"""The server's clock, in UTC seconds: the clocks of the workers are never compared."""


class Members:
    """Implements the runner's Members. `worker` is this process's number while it is one of them,
    `mark` a word for the process itself.

    A living worker holds an advisory lock on a connection of its own and beats. The server frees the
    lock when the process ends, however it ends; a machine that vanished or a process that hangs is
    found by its silence. A dead worker's row is deleted, and every later write of it is refused.
    """

    def __init__(self, database: Database, *, lease: float = LEASE) -> None:
        self._database = database
        self.lease = lease
        self._link: AsyncConnection | None = None
        self._locked = False
        self._leaving = False
        self.worker: int | None = None
        self.mark = secrets.token_hex(8)

    async def join(self) -> None:
        """See the runner's Members."""
        self._database.guard(None)
        await self._hang_up()
        row = (
            sa.insert(workers).values(seen=NOW, mark=self.mark, leaving=self._leaving).returning(workers.c.id)
        )

        def work(connection: sa.Connection) -> int:
            return int(connection.execute(row).scalar_one())

        self.worker = await self._database.write(work)
        self._database.guard(self._still_one)
        await self.beat()
        log.info("fleet.joined", worker=self.worker)

    async def beat(self) -> bool:
        """See the runner's Members. Also takes the lock again after its connection broke."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._beat()
        except (SQLAlchemyError, TimeoutError) as error:
            await self._hang_up()
            raise StorageError("beat", type(error).__name__) from error

    async def bury(self) -> int:
        """See the runner's Members."""
        # nobody can beat while the server is down, and after its restart nobody has a lock yet
        started = sa.cast(sa.extract("epoch", sa.func.pg_postmaster_start_time()), sa.Double)
        seen = sa.func.greatest(workers.c.seen, started)
        alone = sa.and_(
            workers.c.id.not_in(_locked()),
            sa.func.greatest(workers.c.seen, started + SILENT) < NOW - SILENT,
        )
        dead = sa.and_(workers.c.id != self.worker, sa.or_(seen < NOW - self.lease, alone))
        return await self._remove(dead)

    async def leads(self) -> bool:
        """Whether this worker does what only one may do: it has been here longest of all that are not
        dead and do not leave.
        """
        first = await self._database.rows(sa.select(sa.func.min(workers.c.id)).where(~workers.c.leaving))
        return self.worker is not None and first[0][0] == self.worker

    async def resign(self) -> None:
        """Never lead again: this worker ends as soon as it is done with what it holds."""
        self._leaving = True
        row = sa.update(workers).where(workers.c.id == self.worker).values(leaving=True)
        await self._database.execute(row)

    async def count(self) -> int:
        """How many workers there are, this one and those that fell silent just now included."""
        query = sa.select(sa.func.count()).select_from(workers).where(workers.c.seen > NOW - self.lease)
        return int((await self._database.rows(query))[0][0])

    async def __aenter__(self) -> Self:
        """One of the workers, until this ends or the process does. Raises StorageError."""
        await self.join()
        return self

    async def __aexit__(self, *_: object) -> None:
        """What this worker held is free: others do not have to wait for its silence."""
        self._database.guard(None)
        with contextlib.suppress(StorageError):
            await self._remove(workers.c.id == self.worker)
        self.worker = None
        await self._hang_up()

    async def _beat(self) -> bool:
        if self._link is None:
            self._link = await self._database.own_connection()
        if not self._locked:
            lock = sa.select(sa.func.pg_try_advisory_lock(_CLASS, self.worker))
            self._locked = bool(await self._link.scalar(lock))
        beat = sa.update(workers).where(workers.c.id == self.worker).values(seen=NOW)
        return (await self._link.execute(beat)).rowcount > 0

    async def _hang_up(self) -> None:
        link, self._link, self._locked = self._link, None, False
        if link is not None:
            with contextlib.suppress(SQLAlchemyError, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await link.invalidate()
                    await link.close()

    def _still_one(self, connection: sa.Connection) -> None:
        """Before every write: whoever buries this worker waits for the write, or has come first."""
        mine = (
            sa.select(workers.c.id)
            .where(workers.c.id == self.worker)
            .with_for_update(read=True, key_share=True)
        )
        if connection.execute(mine).first() is None:
            raise StorageError("declared dead", self.worker)

    async def _remove(self, which: sa.ColumnElement[bool]) -> int:
        def work(connection: sa.Connection) -> int:
            gone = sa.delete(workers).where(which).returning(workers.c.id)
            ids = [row.id for row in connection.execute(gone)]
            if ids:
                for table in (albums, updates, spins):
                    free = sa.update(table).where(table.c.worker.in_(ids)).values(worker=None)
                    connection.execute(free)
                connection.execute(sa.delete(permits).where(permits.c.worker.in_(ids)))
            return len(ids)

        return await self._database.write(work)


def _locked() -> sa.Select[int]:
    """Numbers of the workers whose connections live."""
    locks = sa.table(
        "pg_locks", *(sa.column(name) for name in ("locktype", "database", "classid", "objid", "objsubid"))
    )
    bases = sa.table("pg_database", sa.column("oid"), sa.column("datname"))
    here = sa.select(bases.c.oid).where(bases.c.datname == sa.func.current_database())
    # two keys of 32 bits: then objsubid is 2
    ours = (locks.c.locktype == "advisory", locks.c.classid == _CLASS, locks.c.objsubid == 2)  # noqa: PLR2004
    query = sa.select(sa.cast(locks.c.objid, sa.BigInteger)).where(*ours)
    return query.where(locks.c.database == here.scalar_subquery())
