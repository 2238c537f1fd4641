"""Is that very picture being made already? Then wait for it instead of asking once more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class Flights(Generic[T]):
    """One flight a key: whoever asks for the same while it is under way shares its end, good or bad.

    Nobody's cancellation ends a flight that others wait for; the last one's does.
    """

    def __init__(self) -> None:
        self._running: dict[Hashable, _Flight[T]] = {}
        self.joined = 0
        """How often somebody got on a flight that was under way."""

    async def join(self, key: Hashable, fly: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of the flight of that key; `fly` begins it where there is none."""
        flight = self._running.get(key)
        if flight is None:
            flight = _Flight(asyncio.get_running_loop().create_task(fly(), name=f"flight {key}"))
            self._running[key] = flight
        else:
            self.joined += 1
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                # gone before it is cancelled: whoever comes now begins another one
                if self._running.get(key) is flight:
                    del self._running[key]
                if not flight.task.done():
                    flight.task.cancel()
                    await asyncio.gather(flight.task, return_exceptions=True)
