"""When to stop asking a source or a provider that keeps failing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Breaker:
    """Opens for `seconds` after `failures` in a row; one call may then try again.

    `clock` in seconds, monotonic.
    """

    def __init__(self, *, clock: Callable[[], float], failures: int = 3, seconds: float = 60.0) -> None:
        self._clock = clock
        self._limit = failures
        self._seconds = seconds
        self._failed = 0
        self._closed_again = 0.0
        self._trial: asyncio.Event | None = None

    def allows(self) -> bool:
        """Whether a call may go out now; the call that tests an open breaker closes it to the others."""
        if self._failed < self._limit:
            return True
        if self._clock() < self._closed_again:
            return False
        self._closed_again = self._clock() + self._seconds
        return True

    @property
    def seconds_open(self) -> float:
        """For how long no call goes out; 0 where it is closed or the next call may try."""
        return max(0.0, self._closed_again - self._clock()) if self._failed >= self._limit else 0.0

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[bool]:
        """Around one call: whether it may go out.

        When the time is up exactly one call tests the other side, and the others wait for how it
        ends: `succeeded` or `failed` is to be said inside.
        """
        trial = None
        while self._failed >= self._limit:
            if self.seconds_open:
                yield False
                return
            if self._trial is None:
                trial = self._trial = asyncio.Event()
                break
            await self._trial.wait()
        try:
            yield True
        finally:
            if trial is not None:
                self._trial = None
                trial.set()

    def succeeded(self) -> None:
        self._failed = 0

    def failed(self) -> None:
        self._failed += 1
        if self._failed >= self._limit:
            self._closed_again = self._clock() + self._seconds
