"""Who leaves next when one bot token is at Telegram's limit? The turnstile's rules in simulated time."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field

import simpy

from bot.handlers.turnstile import EDITS_EVERY, SPAN, Rank
from bot.simulation.stations import Wait


@dataclass(slots=True, kw_only=True)
class Ticket:
    """One message that waits. `weight` counts an album by its pictures."""

    rank: Rank
    weight: float
    given_up: bool = False
    passed: simpy.Event | None = field(default=None)


class Pace:
    """At most `rate` messages in any second; albums and edits keep their distance as well."""

    def __init__(self, env: simpy.Environment, *, rate: float) -> None:
        self._env = env
        self._rate = rate
        self._recent: deque[tuple[float, float]] = deque()
        self._used = 0.0
        self._bulk_at = self._edit_at = 0.0
        self._orders = 0
        self._waiting: list[tuple[int, int, Ticket]] = []
        self._edits: list[tuple[int, int, Ticket]] = []
        self._called = env.event()
        self.taken = 0.0
        env.process(self._serve())

    def pass_through(self, ticket: Ticket) -> Wait:
        """Wait until it may leave; one that was given up comes back when its turn comes."""
        ticket.passed = self._env.event()
        self._orders += 1
        queue = self._edits if ticket.rank is Rank.EDIT else self._waiting
        heapq.heappush(queue, (ticket.rank, self._orders, ticket))
        if not self._called.triggered:
            self._called.succeed()
        yield ticket.passed

    def _serve(self) -> Wait:
        while True:
            queue = self._next()
            wait = self._wait(queue[0][2]) if queue else None
            if queue and not wait:
                self._take(heapq.heappop(queue)[2])
                continue
            # whoever comes meanwhile may be more urgent
            self._called = self._env.event()
            yield self._called if wait is None else self._called | self._env.timeout(wait)

    def _next(self) -> list[tuple[int, int, Ticket]] | None:
        late = self._edits and self._env.now >= self._edit_at
        return self._edits if self._edits and (late or not self._waiting) else self._waiting or None

    def _wait(self, ticket: Ticket) -> float:
        if ticket.given_up:
            return 0.0
        now = self._env.now
        while self._recent and self._recent[0][0] <= now - SPAN:
            self._used -= self._recent.popleft()[1]
        wait = self._bulk_at - now if ticket.rank >= Rank.ALBUM else 0.0
        over = self._used + min(ticket.weight, self._rate) - self._rate
        for at, weight in self._recent:
            if over <= 0:
                break
            over, wait = over - weight, max(wait, at + SPAN - now)
        return max(0.0, wait)

    def _take(self, ticket: Ticket) -> None:
        now = self._env.now
        if not ticket.given_up:
            self.taken += ticket.weight
            self._recent.append((now, min(ticket.weight, self._rate)))
            self._used += min(ticket.weight, self._rate)
            if ticket.rank >= Rank.ALBUM:
                self._bulk_at = max(self._bulk_at, now) + ticket.weight / self._rate
            if ticket.rank is Rank.EDIT:
                self._edit_at = now + EDITS_EVERY
        if ticket.passed is not None:
            ticket.passed.succeed()
