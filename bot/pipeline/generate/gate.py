"""How many pictures of one provider may be under way? Fewer after it said "too many", more again later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.pipeline.ports import Clock


class Gate:
    """A limit of concurrency for all sets of one provider, adapted to its answers.

    `limit` is the most that is ever let in.
    """

    def __init__(self, *, limit: int, clock: Clock) -> None:
        self._most = limit
        self._limit = float(limit)
        self._inside = 0
        self._closed_until = 0.0
        self._clock = clock
        self._changed = asyncio.Condition()

    @property
    def limit(self) -> int:
        """How many are let in at present."""
        return max(1, int(self._limit))

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """Wait for a place, and for the end of a wait that the provider asked for."""
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
                wait = self._closed_until - self._clock.ticks()
                if wait <= 0:
                    self._inside += 1
                    return
            await self._clock.sleep(wait)

    def slow_down(self, seconds: float) -> None:
        """The provider said "too many": half as many at once, and none for that long."""
        self._limit = max(1.0, self._limit / 2)
        self._closed_until = max(self._closed_until, self._clock.ticks() + seconds)

    def went_well(self) -> None:
        """One picture came: the limit grows again, slowly."""
        self._limit = min(float(self._most), self._limit + 0.5 / self._limit)
