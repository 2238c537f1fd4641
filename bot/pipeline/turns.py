"""Whose turn is it? So many at once, so many of one owner, and owners one after the other."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from typing import TypeVar

Waiting = TypeVar("Waiting")


def next_turn(
    waiting: OrderedDict[str, deque[Waiting]], held: Counter[str], each: int
) -> tuple[str, Waiting] | None:
    """Take out of `waiting` whose turn it is: the first owner who holds fewer than `each`, who then goes
    to the end of the line. None when nobody may."""
    owner = next((name for name in waiting if held[name] < each), None)
    if owner is None:
        return None
    first = waiting[owner].popleft()
    waiting.move_to_end(owner)
    if not waiting[owner]:
        del waiting[owner]
    return owner, first


class Turns:
    """Round robin: someone who waits with one thing is not behind all things of someone else.

    At most `at_once` turns are held at a time, at most `each` of them by one owner.
    """

    def __init__(self, *, at_once: int, each: int) -> None:
        self._free = at_once
        self._each = each
        self._held: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        return sum(len(queue) for queue in self._waiting.values())

    @contextlib.asynccontextmanager
    async def turn(self, owner: str) -> AsyncIterator[None]:
        """Wait for a turn of that owner and hold it."""
        await self._take(owner)
        try:
            yield
        finally:
            self._give_back(owner)

    def place(self, owner: str) -> int:
        """Which turn the last waiting thing of that owner has, counted from 1; 0 when nothing waits."""
        return self._turn(owner, len(self._waiting.get(owner, ())))

    def coming(self, owner: str) -> int:
        """Which turn a thing of that owner has that comes now; 0 when it need not wait."""
        at_once = self._free and self._held[owner] < self._each and owner not in self._waiting
        return 0 if at_once else self._turn(owner, len(self._waiting.get(owner, ())) + 1)

    def _turn(self, owner: str, own: int) -> int:
        """Which turn the `own`-th thing of that owner has, as far as nobody holds too many."""
        if not own:
            return 0
        turns, rounds = own, own
        for other, queue in self._waiting.items():
            if other == owner:
                # whoever stands behind in the line has had one round less by then
                rounds -= 1
            else:
                turns += min(len(queue), rounds)
        return turns

    async def _take(self, owner: str) -> None:
        granted = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append(granted)
        self._admit()
        try:
            await granted
        except asyncio.CancelledError:
            if granted.cancelled():
                self._forget(owner, granted)
            else:
                self._give_back(owner)
            raise

    def _give_back(self, owner: str) -> None:
        self._held[owner] -= 1
        if not self._held[owner]:
            del self._held[owner]
        self._free += 1
        self._admit()

    def _admit(self) -> None:
        while self._free and (turn := next_turn(self._waiting, self._held, self._each)):
            owner, granted = turn
            if granted.cancelled():
                continue
            granted.set_result(None)
            self._free -= 1
            self._held[owner] += 1

    def _forget(self, owner: str, granted: asyncio.Future[None]) -> None:
        """Of someone who waits no longer."""
        queue = self._waiting.get(owner)
        if queue is not None and granted in queue:
            queue.remove(granted)
            if not queue:
                del self._waiting[owner]
