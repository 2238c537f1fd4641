"""Is a straggler worth a second call? At most one a set, by this provider's own times."""

from __future__ import annotations

import asyncio
import statistics
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import structlog

_log = structlog.get_logger(__name__)
T = TypeVar("T")
_KEPT = 200
_ENOUGH = 20
"""Pictures that must have been measured before a p95 means anything."""
_WORTH = 2.0
"""Medians that have passed at least: a second call takes about one, and should come before the first."""
_STEP = 0.1


class Times:
    """How long one provider's pictures take, in seconds; across all sets of this process."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=_KEPT)

    def note(self, seconds: float) -> None:
        """One picture came after that time."""
        self._seconds.append(seconds)

    def too_many(self) -> None:
        """The provider said "too many": nothing more is asked of it than needed until it was measured anew."""
        self._seconds.clear()

    def lag(self) -> float | None:
        """After which time a call lags so far behind that a second one pays; None while too little is known."""
        if len(self._seconds) < _ENOUGH:
            return None
        p95 = statistics.quantiles(self._seconds, n=20)[-1]
        return max(p95, _WORTH * statistics.median(self._seconds))


class Hedge:
    """The one second call that a set may make. `allowed` is the operator's word and the provider's terms."""

    def __init__(self, *, times: Times, allowed: bool) -> None:
        self._times = times
        self._left = allowed

    def after(self) -> float | None:
        """After how many seconds a call lags; None where it is not raced."""
        return self._times.lag() if self._left else None

    def claim(self) -> bool:
        """Take it; False where another view of the set has, or the provider said "too many" meanwhile."""
        left, self._left = self.after() is not None, False
        return left


async def raced(
    first: Callable[[], Coroutine[Any, Any, T]],
    second: Callable[[], Coroutine[Any, Any, T]],
    *,
    after: float,
    sleep: Callable[[float], Awaitable[None]],
    claim: Callable[[], bool],
) -> list[T]:
    """What came, the winner first: `second` starts when `first` lags and may be raced.

    A busy loop of ours makes no slow provider: what it is late by does not count as waiting.
    The loser is cancelled; what it had brought already is in the list as well. Raises what `first`
    raised when nothing came.
    """
    loop = asyncio.get_running_loop()
    timer = loop.create_task(_waited(after, sleep))
    tasks = [loop.create_task(first())]
    try:
        await asyncio.wait({tasks[0], timer}, return_when=asyncio.FIRST_COMPLETED)
        if not tasks[0].done() and claim():
            _log.info("picture.hedged", after=round(after, 2))
            tasks.append(loop.create_task(second()))
        winner = await _first_good(tasks)
    finally:
        for task in (timer, *tasks):
            task.cancel()
        await asyncio.gather(timer, *tasks, return_exceptions=True)
    if winner is None:
        return [tasks[0].result()]
    others = [task for task in tasks if task is not winner and _is_good(task)]
    return [task.result() for task in (winner, *others)]


async def _waited(seconds: float, sleep: Callable[[float], Awaitable[None]]) -> None:
    """Return after that time in small steps: the loop's lateness at the end of each is not a part of it."""
    while seconds > 0:
        await sleep(min(seconds, _STEP))
        seconds -= _STEP


async def _first_good(tasks: list[asyncio.Task[T]]) -> asyncio.Task[T] | None:
    """The first of them that ends with a result; None when all have failed."""
    pending = set(tasks)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task in done and _is_good(task):
                return task
    return None


def _is_good(task: asyncio.Task[T]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
