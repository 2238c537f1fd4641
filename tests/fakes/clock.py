"""A clock for tests: real time with short waits."""

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
