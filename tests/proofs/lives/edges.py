"""Where does a process touch the world? Each such await is held until the test lets it go."""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

START = 1_800_000_000.0


@dataclass(slots=True)
class Edges:
    """The edges of one process. `held` waits to cross one, `sleepers` for the time to come.

    A killed process crosses nothing any more.
    """

    now: float = 0.0
    alive: bool = True
    free: bool = False
    held: list[asyncio.Future[None]] = field(default_factory=list)
    sleepers: list[tuple[float, asyncio.Future[None]]] = field(default_factory=list)

    async def cross(self) -> None:
        """Wait to be let go; a killed process ends here."""
        if self.alive and not self.free:
            await self._wait(self.held, lambda future: future)
        if not self.alive:
            raise asyncio.CancelledError

    async def sleep(self, seconds: float) -> None:
        until = self.now + max(seconds, 0.001)  # real clocks never stand still
        if self.alive:
            await self._wait(self.sleepers, lambda future: (until, future))
        if not self.alive:
            raise asyncio.CancelledError

    async def _wait(self, line: list[Any], entry: Callable[[asyncio.Future[None]], Any]) -> None:
        future = asyncio.get_running_loop().create_future()
        mine = entry(future)
        line.append(mine)
        try:
            await future
        finally:
            if mine in line:
                line.remove(mine)

    def let_go(self, order: random.Random) -> bool:
        """One that is held crosses; where none is, time passes for the next sleeper."""
        if self.held:
            future = self.held.pop(order.randrange(len(self.held)))
        elif self.sleepers:
            first = min(self.sleepers, key=lambda one: one[0])
            self.sleepers.remove(first)
            self.now = max(self.now, first[0])
            future = first[1]
        else:
            return False
        if not future.done():
            future.set_result(None)
        return True

    async def settle(self) -> None:
        """Until everything that can run without crossing an edge has run."""
        loop: Any = asyncio.get_running_loop()
        calm = 0
        while calm < 2:
            await asyncio.sleep(0)
            calm = 0 if loop._ready else calm + 1

    async def go_on(self, steps: int, order: random.Random) -> bool:
        """Let so many edges be crossed; False when nothing was left to do."""
        await self.settle()
        for _ in range(steps):
            if not self.let_go(order):
                return False
            await self.settle()
        return True


@dataclass(frozen=True, slots=True)
class VirtualClock:
    """Implements Clock on the time of the edges."""

    edges: Edges

    def now(self) -> float:
        return START + self.edges.now

    def ticks(self) -> float:
        return self.edges.now

    async def sleep(self, seconds: float) -> None:
        await self.edges.sleep(seconds)


Before = Callable[[str], None]
After = Callable[[str, tuple[Any, ...], dict[str, Any], Any], None]


class Outside:
    """Stands for an object of the world: held before each call takes effect, and before its answer is known.

    `before` may raise what the world raises instead; `after` writes down what really happened.
    """

    def __init__(self, inner: Any, edges: Edges, before: Before, after: After) -> None:
        self._inner, self._edges, self._before, self._after = inner, edges, before, after

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._inner, name)
        if not inspect.iscoroutinefunction(call):
            return call

        async def to_the_end(*args: Any, **named: Any) -> Any:
            """As the storage promises: a caller that is cancelled leaves the work running."""
            return await asyncio.shield(asyncio.ensure_future(self._crossed(name, args, named)))

        return to_the_end

    async def _crossed(self, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        await self._edges.cross()
        self._before(name)
        answer = await getattr(self._inner, name)(*args, **named)
        self._after(name, args, named, answer)
        await self._edges.cross()
        return answer
