"""How many pictures of one provider may be under way? Fewer after it said "too many", more again later."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from bot.pipeline.generate.rate import Rate
from bot.pipeline.ports import Clock, Provider


class Permits(Protocol):
    """Lets pictures of one provider begin, in one process or in all that share a database.

    Where it is counted in a database, every call may raise StorageError.
    """

    def entered(self) -> AbstractAsyncContextManager[None]:
        """Wait for a place and hold it; also for the end of a wait that the provider asked for."""
        ...

    async def slow_down(self, seconds: float) -> None:
        """The provider said "too many": half as many at once, fewer a minute, and none for that long."""
        ...

    async def went_well(self) -> None:
        """One picture came: more at once again, slowly."""
        ...


class Gate:
    """Permits within one process: a limit of concurrency for all sets of one provider.

    `limit` is the most that is ever let in, `pace` the seconds between two that are let in at the least,
    `rate` how many are let in a minute.
    """

    def __init__(self, *, limit: int, clock: Clock, pace: float = 0.0, rate: Rate | None = None) -> None:
        self._most = limit
        self._limit = float(limit)
        self._inside = 0
        self._closed_until = 0.0
        self._pace = pace
        self._rate = rate
        self._allowed = float(rate.most) if rate else 0.0
        self._starts: deque[float] = deque()
        self._refused: deque[float] = deque()
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
                wait = max(self._closed_until - now, self._too_soon(now))
                if wait <= 0:
                    self._inside += 1
                    if self._rate:
                        self._starts.append(now)
                    if self._pace:
                        self._closed_until = now + self._pace
                    return
            await self._clock.sleep(wait)

    def _too_soon(self, now: float) -> float:
        """Seconds until the rate lets one more begin."""
        if self._rate is None:
            return 0.0
        for times in (self._starts, self._refused):
            while times and times[0] <= now - self._rate.seconds:
                times.popleft()
        return self._rate.wait(self._starts, allowed=self._allowed, now=now)

    async def slow_down(self, seconds: float) -> None:
        """See Permits."""
        now = self._clock.ticks()
        self._limit = max(1.0, self._limit / 2)
        self._closed_until = max(self._closed_until, now + seconds)
        if self._rate:
            self._refused.append(now)
            self._too_soon(now)
            self._allowed = self._rate.slowed(self._allowed, went=len(self._starts) - len(self._refused))

    async def went_well(self) -> None:
        """See Permits."""
        self._limit = min(float(self._most), self._limit + 0.5 / self._limit)
        if self._rate:
            self._allowed = self._rate.recovered(self._allowed)


def gate_of(provider: Provider, clock: Clock) -> Gate:
    """What that provider can bear, from this process alone."""
    takes = provider.capabilities
    return Gate(limit=takes.concurrency, pace=takes.pace, rate=rate_of(provider), clock=clock)


def rate_of(provider: Provider) -> Rate | None:
    """How many pictures a minute that provider gets; None: as many as it gives."""
    most = provider.capabilities.per_minute
    return Rate(most=most) if most is not None else None
