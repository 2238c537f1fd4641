"""How late does the event loop come to what is due? Measured all the time, told as a metric."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry, Histogram

STEP = 0.02
"""Seconds between two measurements."""
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0)


class LoopLag:
    """A Prometheus histogram `rakurs_loop_lag_seconds`, filled by `watch`."""

    def __init__(self, *, registry: CollectorRegistry) -> None:
        words = "How late the event loop came to a timer that was due"
        self._recent: deque[float] = deque(maxlen=round(60 / STEP))
        self._lag = Histogram("rakurs_loop_lag_seconds", words, buckets=_BUCKETS, registry=registry)

    async def watch(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + STEP
            await sleep(STEP)
            late = max(0.0, loop.time() - due)
            self._lag.observe(late)
            self._recent.append(late)

    def p99(self) -> float:
        """Seconds that 99 of 100 measurements of the last minute did not exceed."""
        late = sorted(self._recent)
        return late[len(late) * 99 // 100] if late else 0.0
