"""What waits for one chat, and when may the next of it leave?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bot.handlers.turnstile import Rank, Ticket

Call = Callable[[], Awaitable[Any]]
_STEP = 0.1


@dataclass(slots=True)
class Bucket:
    """Tokens that refill with time; may go into debt by one message's weight."""

    rate: float
    burst: float
    tokens: float
    at: float

    def wait(self, now: float, weight: float) -> float:
        """Seconds until a message of that weight may leave; 0 takes nothing yet."""
        self.tokens = min(self.burst, self.tokens + max(0.0, now - self.at) * self.rate)
        self.at = now
        needed = min(weight, self.burst)
        return 0.0 if self.tokens >= needed else (needed - self.tokens) / self.rate

    def take(self, weight: float) -> None:
        self.tokens -= weight


@dataclass(slots=True, eq=False, kw_only=True)
class Job:
    """One call that waits. `order` is its place among all messages of its rank."""

    call: Call
    weight: float
    rank: Rank
    order: int
    upload: bool
    done: asyncio.Future[Any]
    first: Call | None = None
    key: str | None = None
    urgent: bool = False
    attempts: int = 0


@dataclass(slots=True, eq=False, kw_only=True)
class Lane:
    """Sends go before edits; an edit has one place a key."""

    bucket: Bucket
    edit_gap: float
    sends: list[Job] = field(default_factory=list)
    edits: dict[str, Job] = field(default_factory=dict)
    next_edit: float = 0.0
    blocked_until: float = 0.0
    ticket: Ticket | None = None
    task: asyncio.Task[None] | None = None

    def waiting(self) -> int:
        """How many messages wait."""
        return len(self.sends) + len(self.edits)

    def idle(self, now: float) -> bool:
        """There is nothing to remember of this chat."""
        full = self.bucket.wait(now, self.bucket.burst) == 0
        return self.task is None and not self.waiting() and full and self.blocked_until <= now

    def first(self) -> Job | None:
        """What is to leave next: the most urgent send, or else an urgent edit or the oldest."""
        self.sends = [job for job in self.sends if not job.done.cancelled()]
        if self.sends:
            return min(self.sends, key=lambda job: (job.rank, job.order))
        edits = self.edits.values()
        return next((job for job in edits if job.urgent), next(iter(edits), None))

    def pause(self, job: Job, now: float) -> float:
        """Seconds to wait before that job may leave, as far as this chat is concerned."""
        if self.blocked_until > now:
            return self.blocked_until - now
        # an edit waits in short steps, so that a send that comes meanwhile goes first
        gap = max(0.0, self.next_edit - now) if job.key is not None and not job.urgent else 0.0
        return max(self.bucket.wait(now, job.weight), min(gap, _STEP))

    def take(self, job: Job, now: float) -> None:
        """It leaves."""
        if job.key is None:
            self.sends.remove(job)
        else:
            self.edits.pop(job.key, None)
            self.next_edit = now + self.edit_gap
        self.bucket.take(job.weight)

    def again(self, job: Job, until: float) -> None:
        """It did not leave after all, and nothing leaves until that moment."""
        self.sends.append(job)
        self.blocked_until = until

    def reconsider(self) -> None:
        """Something else may be first now."""
        if self.ticket is not None:
            self.ticket.give_up()
