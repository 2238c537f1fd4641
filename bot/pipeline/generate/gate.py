"""How many pictures of one provider may be under way? Fewer after it said "too many", more again later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from bot.pipeline.ports import Clock, Provider


class Permits(Protocol):
    """Lets pictures of one provider begin, in one process or in all that share a database.

    Where it is counted in a database, every call may raise StorageError.
    """

    def entered(self) -> AbstractAsyncContextManager[None]:
        """Wait for a place and hold it; also for the end of a wait that the provider asked for."""
        ...

    async def slow_down(self, seconds: float) -> None:
        """The provider said "too many": half as many at once, and none for that long."""
        ...

    async def went_well(self) -> None:
        """One picture came: more at once again, slowly."""
        ...


class Gate:
    """Permits within one process: a limit of concurrency for all sets of one provider.

    `limit` is the most that is ever let in, `pace` the seconds between two that are let in at the least.
    """

    def __init__(self, *, limit: int, clock: Clock, pace: float = 0.0) -> None:
        self._most = limit
        self._limit = float(limit)
        self._inside = 0
        self._closed_until = 0.0
        self._pace = pace
        self._clock = clock
        self._changed = asyncio.Condition()

    @property
    def limit(self) -> int:
        """How many are let in at present."""
        return max(1, int(self._limit))

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """See Permits."""
        await self._enter()
        try:
            yield
        finally:
            self._inside -= 1
            async with self._changed:
                self._changed.notify_all()

    async def _enter(self) -> None:
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._inside < self.limit)
                now = self._clock.ticks()
                wait = self._closed_until - now
                if wait <= 0:
                    self._inside += 1
                    if self._pace:
                        self._closed_until = now + self._pace
                    return
            await self._clock.sleep(wait)

    async def slow_down(self, seconds: float) -> None:
        """See Permits."""
        self._limit = max(1.0, self._limit / 2)
        self._closed_until = max(self._closed_until, self._clock.ticks() + seconds)

    async def went_well(self) -> None:
        """See Permits."""
        self._limit = min(float(self._most), self._limit + 0.5 / self._limit)


def gate_of(provider: Provider, clock: Clock) -> Gate:
    """What that provider can bear, from this process alone."""
    takes = provider.capabilities
    return Gate(limit=takes.concurrency, pace=takes.pace, clock=clock)
