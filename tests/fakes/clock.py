"""Clocks for tests: real time with short waits, and time that passes only by waiting."""

from __future__ import annotations

import asyncio


class RealClock:
    """Real time; sleeps are short where tests wait."""

    def now(self) -> float:
        return 1_800_000_000.0

    def ticks(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.02))


class JumpingClock:
    """A wait is over at once, and that much time has passed."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> float:
        return 1_800_000_000.0 + self.passed

    def ticks(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds
        await asyncio.sleep(0)
