"""When to stop asking a source or a provider that keeps failing."""

from __future__ import annotations

from collections.abc import Callable


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

    def allows(self) -> bool:
        """Whether a call may go out now; the call that tests an open breaker closes it to the others."""
        if self._failed < self._limit:
            return True
        if self._clock() < self._closed_again:
            return False
        self._closed_again = self._clock() + self._seconds
        return True

    def succeeded(self) -> None:
        self._failed = 0

    def failed(self) -> None:
        self._failed += 1
        if self._failed >= self._limit:
            self._closed_again = self._clock() + self._seconds
