"""How many pictures of one provider are under way in all processes? Counted in one Postgres database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.pipeline.errors import StorageError
from storage.database import Database
from storage.members import NOW
from storage.schema import gates, permits

log = structlog.get_logger(__name__)
PAUSE = 0.2
"""Seconds until a process that found no place looks again, unless one of its own becomes free."""


class SharedGate:
    """Implements the drawer's Permits for all workers together. `worker` gives this process's number.

    `limit` and `pace` as in the drawer's Gate. The places of a dead worker become free when it is buried.
    """

    def __init__(
        self, *, database: Database, worker: Callable[[], int | None], provider: str, limit: int, pace: float
    ) -> None:
        self._database = database
        self._worker = worker
        self._provider = provider
        self._most = limit
        self._pace = pace
        self._row = gates.c.provider == provider
        self._slowed = False
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()
        self._unfreed: set[int] = set()

    @contextlib.asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """See Permits. Raises StorageError."""
        # one of this process asks at a time, in the order of coming
        async with self._turn:
            permit = await self._enter()
        try:
            yield
        finally:
            await self._free(permit)

    async def slow_down(self, seconds: float) -> None:
        """See Permits. Raises StorageError."""
        self._slowed = True
        await self._change(
            allowed=sa.func.greatest(1.0, gates.c.allowed / 2),
            closed_until=sa.func.greatest(gates.c.closed_until, NOW + seconds),
        )

    async def went_well(self) -> None:
        """See Permits. Raises StorageError."""
        if self._slowed:
            grown = gates.c.allowed + 0.5 / gates.c.allowed
            await self._change(allowed=sa.func.least(float(self._most), grown))

    async def _enter(self) -> int:
        while True:
            self._freed.clear()
            permit, wait = await self._database.write(self._ask)
            if permit is not None:
                return permit
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._freed.wait()

    async def _ask(self, connection: AsyncConnection) -> tuple[int | None, float]:
        """A permit, or the seconds until it is worth asking again."""
        await self._database.add(
            connection, gates, {"provider": self._provider, "allowed": float(self._most)}
        )
        if self._unfreed:
            await connection.execute(sa.delete(permits).where(permits.c.id.in_(self._unfreed)))
        opens = sa.func.greatest(gates.c.closed_until, gates.c.next_at) - NOW
        locked = sa.select(gates.c.allowed, opens.label("wait")).where(self._row).with_for_update()
        gate = (await connection.execute(locked)).one()
        allowed = min(float(self._most), gate.allowed)
        self._slowed = allowed < self._most
        if gate.wait > 0:
            return None, float(gate.wait)
        mine = permits.c.provider == self._provider
        inside = await connection.scalar(sa.select(sa.func.count()).select_from(permits).where(mine))
        if (inside or 0) >= max(1, int(allowed)):
            return None, PAUSE
        row = {"provider": self._provider, "worker": self._worker()}
        permit = await connection.scalar(sa.insert(permits).values(row).returning(permits.c.id))
        if self._pace:
            await connection.execute(sa.update(gates).where(self._row).values(next_at=NOW + self._pace))
        return permit, 0.0

    async def _free(self, permit: int) -> None:
        """Never fails: a picture that has just come is worth more than a place."""
        try:
            await self._database.execute(sa.delete(permits).where(permits.c.id == permit))
        except StorageError:
            log.warning("permit.not_freed", provider=self._provider, permit=permit)
            self._unfreed.add(permit)
        self._freed.set()

    async def _change(self, **values: sa.ColumnElement[float]) -> None:
        await self._database.execute(sa.update(gates).where(self._row).values(**values))
