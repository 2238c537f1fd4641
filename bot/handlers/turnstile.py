"""Who leaves next when all chats together are at Telegram's limit? Answers first, edits with what is left."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum

from bot.pipeline.ports import Clock

SPAN = 1.0
"""Seconds in which the rate is counted."""
EDITS_EVERY = 0.5
"""Seconds after which one edit goes before everything but answers, so that no status stands still."""
_LATE = 0.1


class Rank(IntEnum):
    """How urgent a message is; within one rank the older goes first."""

    ANSWER = 0
    """To what somebody has just asked."""
    NEWS = 1
    """What nobody asked for this very moment: a status, the buttons below an album."""
    ALBUM = 2
    EDIT = 3


@dataclass(slots=True, order=True)
class Ticket:
    """A place at the turnstile. `passed` becomes True when it may leave, False when it was given up."""

    rank: Rank
    order: int
    weight: float = field(compare=False)
    passed: asyncio.Future[bool] = field(compare=False)
    inside: bool = field(compare=False, default=False)
    """Whether it has passed and not left yet."""

    def give_up(self) -> None:
        """Its holder has something else to send now, or nothing any more."""
        if not self.passed.done():
            self.passed.set_result(False)


class Turnstile:
    """At most `rate` messages in any second, an album counted by its pictures.

    Albums and edits keep their distance as well, so that what is urgent finds room at any moment.
    Counted is the moment in which something leaves: who has passed says so by `leave`.
    """

    def __init__(self, *, clock: Clock, rate: float) -> None:
        self._clock = clock
        self._rate = rate
        self._recent: deque[tuple[float, float]] = deque()
        self._used = self._inside = 0.0
        self._bulk_at = self._edit_at = clock.ticks()
        self._waiting: list[Ticket] = []
        self._edits: list[Ticket] = []
        self._orders = itertools.count()
        self._timer: asyncio.Task[None] | None = None

    def limit(self, rate: float) -> None:
        """So many messages in any second from now on."""
        self._rate = rate

    def order(self) -> int:
        """The next place among messages of one rank."""
        return next(self._orders)

    def ticket(self, *, weight: float, rank: Rank, order: int) -> Ticket:
        """Wait for `passed` of what is handed back; what weighs nothing passes at once."""
        passed = asyncio.get_running_loop().create_future()
        ticket = Ticket(rank, order, min(weight, self._rate), passed)
        if not weight:
            passed.set_result(True)
            return ticket
        heapq.heappush(self._edits if rank is Rank.EDIT else self._waiting, ticket)
        self._let_pass()
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """What has passed goes out now, or will not. Once is enough."""
        if not ticket.inside:
            return
        ticket.inside = False
        self._inside -= ticket.weight
        self._recent.append((self._clock.ticks(), ticket.weight))
        self._used += ticket.weight
        self._let_pass()

    async def close(self) -> None:
        """Nobody passes any more."""
        for ticket in (*self._waiting, *self._edits):
            ticket.passed.cancel()
        if self._timer is not None:
            self._timer.cancel()
            await asyncio.gather(self._timer, return_exceptions=True)

    def _let_pass(self) -> None:
        """Let through whoever may leave now; come back when the next one may."""
        while (queue := self._next()) is not None:
            wait = self._wait(queue[0])
            if wait > 0:
                self._come_back(wait)
                return
            self._take(heapq.heappop(queue))

    def _next(self) -> list[Ticket] | None:
        """The queue whose first ticket is the next to leave."""
        for queue in (self._waiting, self._edits):
            while queue and queue[0].passed.done():
                heapq.heappop(queue)
        late = self._clock.ticks() >= self._edit_at and self._waiting and self._waiting[0].rank > Rank.ANSWER
        if self._edits and (late or not self._waiting):
            return self._edits
        return self._waiting or None

    def _wait(self, ticket: Ticket) -> float:
        """Seconds until that ticket may leave."""
        now = self._clock.ticks()
        while self._recent and self._recent[0][0] <= now - SPAN:
            self._used -= self._recent.popleft()[1]
        wait = self._bulk_at - now if ticket.rank >= Rank.ALBUM else 0.0
        over = self._used + self._inside + ticket.weight - self._rate
        for at, weight in self._recent:
            if over <= 0:
                break
            over, wait = over - weight, max(wait, at + SPAN - now)
        # whoever is still inside calls again on leaving
        return wait if over <= 0 else max(wait, SPAN)

    def _take(self, ticket: Ticket) -> None:
        now = self._clock.ticks()
        ticket.inside = True
        self._inside += ticket.weight
        if ticket.rank >= Rank.ALBUM:
            # a timer that fired late is made up for
            self._bulk_at = max(self._bulk_at, now - _LATE) + ticket.weight / self._rate
        if ticket.rank is Rank.EDIT:
            self._edit_at = now + EDITS_EVERY
        ticket.passed.set_result(True)

    def _come_back(self, wait: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # owned by this turnstile, ended in `close`
        self._timer = asyncio.get_running_loop().create_task(self._later(wait), name="turnstile")

    async def _later(self, wait: float) -> None:
        await self._clock.sleep(wait)
        self._timer = None
        self._let_pass()
