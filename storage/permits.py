"""How many pictures of one provider are under way in all processes? Counted in one Postgres database."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Callable

import sqlalchemy as sa
import structlog

from bot.pipeline.errors import StorageError
from bot.pipeline.generate.rate import Rate
from storage.database import Database
from storage.members import NOW
from storage.schema import gates, permits, starts

log = structlog.get_logger(__name__)
PAUSE = 0.2
"""Seconds until a process that found no place looks again, unless one of its own becomes free."""


class SharedGate:
    """Implements the drawer's Permits for all workers together. `worker` gives this process's number.

    `limit`, `pace` and `rate` as in the drawer's Gate. The places of a dead worker become free when it is buried.
    """

    def __init__(
        self,
        *,
        database: Database,
        worker: Callable[[], int | None],
        provider: str,
        limit: int,
        pace: float,
        rate: Rate | None = None,
    ) -> None:
        self._database = database
        self._worker = worker
        self._provider = provider
        self._most = limit
        self._pace = pace
        self._rate = rate
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
        if self._rate:
            await self._database.write(functools.partial(self._slower, self._rate))
        await self._change(
            allowed=sa.func.greatest(1.0, gates.c.allowed / 2),
            closed_until=sa.func.greatest(gates.c.closed_until, NOW + seconds),
        )

    async def went_well(self) -> None:
        """See Permits. Raises StorageError."""
        if self._slowed:
            grown = gates.c.allowed + 0.5 / gates.c.allowed
            values = {"allowed": sa.func.least(float(self._most), grown)}
            if self._rate:
                values["rate"] = sa.func.least(float(self._rate.most), gates.c.rate + 1 / gates.c.rate)
            await self._change(**values)

    async def _enter(self) -> int:
        while True:
            self._freed.clear()
            permit, wait = await self._database.write(self._ask)
            if permit is not None:
                return permit
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._freed.wait()

    def _ask(self, connection: sa.Connection) -> tuple[int | None, float]:
        """A permit, or the seconds until it is worth asking again."""
        self._database.add(connection, gates, {"provider": self._provider, "allowed": float(self._most)})
        if self._unfreed:
            connection.execute(sa.delete(permits).where(permits.c.id.in_(self._unfreed)))
        opens = sa.func.greatest(gates.c.closed_until, gates.c.next_at) - NOW
        asked = sa.select(gates.c.allowed, gates.c.rate, opens.label("wait"), NOW.label("now"))
        gate = connection.execute(asked.where(self._row).with_for_update()).one()
        allowed = min(float(self._most), gate.allowed)
        self._slowed = allowed < self._most
        wait = float(gate.wait)
        if self._rate:
            a_minute = min(float(self._rate.most), gate.rate or self._rate.most)
            self._slowed = self._slowed or a_minute < self._rate.most
            began = [at for _, at, _ in self._began(connection, self._rate)]
            wait = max(wait, self._rate.wait(began, allowed=a_minute, now=gate.now))
        if wait > 0:
            return None, wait
        mine = permits.c.provider == self._provider
        inside = connection.scalar(sa.select(sa.func.count()).select_from(permits).where(mine))
        if (inside or 0) >= max(1, int(allowed)):
            return None, PAUSE
        row = {"provider": self._provider, "worker": self._worker()}
        permit = connection.scalar(sa.insert(permits).values(row).returning(permits.c.id))
        if self._pace:
            connection.execute(sa.update(gates).where(self._row).values(next_at=NOW + self._pace))
        if self._rate:
            connection.execute(sa.insert(starts).values(provider=self._provider, at=NOW))
        return permit, 0.0

    def _slower(self, rate: Rate, connection: sa.Connection) -> None:
        """Fewer a minute: as many as went through in the last one."""
        locked = sa.select(gates.c.rate).where(self._row).with_for_update()
        known = connection.scalar(locked)
        began = self._began(connection, rate)
        went = [number for number, _, refused in began if not refused]
        if went:
            newest = sa.update(starts).where(starts.c.id == went.pop())
            connection.execute(newest.values(refused=True))
        slowed = rate.slowed(min(float(rate.most), known or rate.most), went=len(went))
        connection.execute(sa.update(gates).where(self._row).values(rate=slowed))

    def _began(self, connection: sa.Connection, rate: Rate) -> list[tuple[int, float, bool]]:
        """Number, time and refusal of the pictures that began within the last minute, oldest first."""
        mine = starts.c.provider == self._provider
        connection.execute(sa.delete(starts).where(mine, starts.c.at <= NOW - rate.seconds))
        asked = sa.select(starts.c.id, starts.c.at, starts.c.refused).where(mine).order_by(starts.c.at)
        return [(row.id, row.at, row.refused) for row in connection.execute(asked)]

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
