"""One question is asked once: answers are remembered, and askers of the same thing share one flight."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.pipeline.errors import FailureKind, SearchError, StorageError
from bot.pipeline.ports import CachedSearch, SearchCache

_log = structlog.get_logger(__name__)

HIT_SECONDS = 7 * 24 * 3600.0
MISS_SECONDS = 600.0


class Memory:
    """Cache and single flight for searches.

    A flight outlives an asker who could not wait, up to `flight_seconds`: its answer then serves the
    next one. `clock` gives UTC seconds since 1970. Failures are not remembered, answers are: an empty
    one (a miss) for ten minutes, any other for seven days.
    """

    def __init__(
        self,
        *,
        cache: SearchCache,
        clock: Callable[[], float],
        flight_seconds: float = 10.0,
        most_flights: int = 64,
    ) -> None:
        self._cache = cache
        self._clock = clock
        self._flight_seconds = flight_seconds
        self._most_flights = most_flights
        self.counts = {"hit": 0, "miss": 0, "joined": 0, "failed": 0}
        """What became of questions since the start: remembered, asked, asked by somebody else already."""
        self._flights: dict[str, asyncio.Task[bytes]] = {}

    async def recall(self, key: str, ask: Callable[[], Awaitable[bytes]]) -> bytes:
        """The remembered answer, or that of `ask`; empty means that there is none.

        Raises SearchError when `ask` does, when it takes too long, and when too many flights are out.
        """
        flight = self._flights.get(key)
        if flight is None:
            if len(self._flights) >= self._most_flights:
                raise SearchError(source="memory", kind=FailureKind.RATE_LIMIT)
            flight = asyncio.get_running_loop().create_task(self._fly(key, ask), name=f"search {key}")
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._landed(key, done))
        else:
            self.counts["joined"] += 1
        return await asyncio.shield(flight)

    async def close(self) -> None:
        """Call every flight back and wait for it."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _landed(self, key: str, flight: asyncio.Task[bytes]) -> None:
        """Forget the flight; its error is taken here, for nobody may be waiting for it any more."""
        del self._flights[key]
        if not flight.cancelled() and (error := flight.exception()) is not None:
            _log.debug("search_flight_failed", error=type(error).__name__)

    async def _fly(self, key: str, ask: Callable[[], Awaitable[bytes]]) -> bytes:
        known = await self._find(key)
        if known is not None and known.expires > self._clock():
            self.counts["hit"] += 1
            return known.value
        outcome = "failed"
        try:
            async with asyncio.timeout(self._flight_seconds):
                value = await ask()
                outcome = "miss"
        except TimeoutError as error:
            raise SearchError(source="memory", kind=FailureKind.TIMEOUT) from error
        finally:
            self.counts[outcome] += 1
        expires = self._clock() + (HIT_SECONDS if value else MISS_SECONDS)
        try:
            await self._cache.keep(key, CachedSearch(value=value, expires=expires))
        except StorageError:
            _log.warning("search_cache_failed", exc_info=True)
        return value

    async def _find(self, key: str) -> CachedSearch | None:
        try:
            return await self._cache.find(key)
        except StorageError:
            _log.warning("search_cache_failed", exc_info=True)
            return None
