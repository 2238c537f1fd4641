"""When may which message leave? Keeps Telegram's limits for every chat and for all together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import structlog
from telegram.error import RetryAfter, TelegramError

from bot.handlers.telegram_errors import never_written
from bot.pipeline.ports import Clock

T = TypeVar("T")
Call = Callable[[], Awaitable[Any]]
log = structlog.get_logger(__name__)

ATTEMPTS = 4
"""How often a call is tried that surely was not carried out."""


class OutboxFull(TelegramError):
    """Too much is waiting for one chat."""

    def __init__(self) -> None:
        super().__init__("outbox full")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bursts and rates in messages (an album counts one per picture), waits in seconds."""

    chat_rate: float = 1.0
    chat_burst: float = 12.0
    group_rate: float = 20 / 60
    group_burst: float = 20.0
    all_rate: float = 30.0
    edit_gap: float = 1.0
    group_edit_gap: float = 3.0
    uploads: int = 14
    waiting_per_chat: int = 60


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


@dataclass(slots=True, eq=False)
class _Job:
    call: Call
    weight: float
    upload: bool
    done: asyncio.Future[Any]
    key: str | None = None
    urgent: bool = False


@dataclass(slots=True, eq=False)
class _Lane:
    """What waits for one chat. Sends go before edits; an edit has one place a key."""

    bucket: Bucket
    edit_gap: float
    sends: list[_Job] = field(default_factory=list)
    edits: dict[str, _Job] = field(default_factory=dict)
    next_edit: float = 0.0
    blocked_until: float = 0.0
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def waiting(self) -> int:
        return len(self.sends) + len(self.edits)

    def next_key(self) -> str:
        """Of the edit whose turn it is; there must be one."""
        return next((key for key, job in self.edits.items() if job.urgent), next(iter(self.edits)))


class Outbox:
    """Carries calls to Telegram, one at a time a chat, within the limits.

    Use as an async context manager: leaving it cancels what still waits.
    """

    def __init__(self, *, clock: Clock, limits: Limits | None = None) -> None:
        self._clock = clock
        self._limits = limits or Limits()
        self._lanes: dict[str, _Lane] = {}
        self._uploads = asyncio.Semaphore(self._limits.uploads)
        rate = self._limits.all_rate
        self._all = Bucket(rate=rate, burst=rate, tokens=rate, at=clock.ticks())
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Outbox:
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for lane in self._lanes.values():
            for job in (*lane.sends, *lane.edits.values()):
                job.done.cancel()
        self._lanes.clear()

    def depth(self) -> int:
        """Messages that wait, for the metrics."""
        return sum(lane.waiting() for lane in self._lanes.values())

    async def send(
        self, chat: str, call: Callable[[], Awaitable[T]], *, weight: float = 1.0, upload: bool = False
    ) -> T:
        """Carry out `call` when the chat's turn comes, and hand back its answer.

        RetryAfter and failures before the request was written are waited out here; every other
        error is the caller's. A caller who gives up before the turn came takes the message back.
        """
        lane = self._lane(chat)
        if lane.waiting() >= self._limits.waiting_per_chat:
            raise OutboxFull
        job = _Job(call=call, weight=weight, upload=upload, done=asyncio.get_running_loop().create_future())
        lane.sends.append(job)
        self._wake(chat, lane)
        return cast("T", await job.done)

    def edit(self, chat: str, key: str, call: Call, *, weight: float = 1.0, urgent: bool = False) -> None:
        """Carry out `call` some time; a newer edit with the same key takes this one's place.

        An `urgent` one goes before the others and does not wait for the gap between edits.
        """
        lane = self._lane(chat)
        if key not in lane.edits and lane.waiting() >= self._limits.waiting_per_chat:
            log.warning("outbox.edit_dropped", chat=chat, waiting=lane.waiting())
            return
        future = asyncio.get_running_loop().create_future()
        lane.edits[key] = _Job(call=call, weight=weight, upload=False, done=future, key=key, urgent=urgent)
        self._wake(chat, lane)

    def forget(self, chat: str, key: str) -> None:
        """Take back a waiting edit."""
        lane = self._lanes.get(chat)
        if lane is not None:
            lane.edits.pop(key, None)

    def _lane(self, chat: str) -> _Lane:
        lane = self._lanes.get(chat)
        if lane is None:
            group = chat.startswith("-")
            limits = self._limits
            burst = limits.group_burst if group else limits.chat_burst
            rate = limits.group_rate if group else limits.chat_rate
            lane = _Lane(
                bucket=Bucket(rate=rate, burst=burst, tokens=burst, at=self._clock.ticks()),
                edit_gap=limits.group_edit_gap if group else limits.edit_gap,
            )
            self._lanes[chat] = lane
            self._sweep()
        return lane

    def _sweep(self) -> None:
        """Forget chats with nothing to remember, so that the table does not grow for ever."""
        if len(self._lanes) < 1000:  # noqa: PLR2004 - rarely enough to cost nothing
            return
        now = self._clock.ticks()
        for chat, lane in list(self._lanes.items()):
            full = lane.bucket.wait(now, lane.bucket.burst) == 0
            if lane.task is None and not lane.waiting() and full and lane.blocked_until <= now:
                del self._lanes[chat]

    def _wake(self, chat: str, lane: _Lane) -> None:
        lane.wake.set()
        if lane.task is None:
            # the outbox owns its lanes: every task is in `_tasks` and ended in __aexit__
            lane.task = asyncio.get_running_loop().create_task(self._work(chat, lane), name=f"outbox {chat}")
            self._tasks.add(lane.task)
            lane.task.add_done_callback(self._tasks.discard)

    async def _work(self, chat: str, lane: _Lane) -> None:
        try:
            while lane.waiting():
                pause = self._pause(lane)
                if pause > 0:
                    await self._clock.sleep(pause)
                    continue
                job = self._next(lane)
                if job is not None:
                    await self._carry(chat, lane, job)
        finally:
            lane.task = None

    def _pause(self, lane: _Lane) -> float:
        now = self._clock.ticks()
        if lane.blocked_until > now:
            return lane.blocked_until - now
        if lane.sends:
            weight, gap = lane.sends[0].weight, 0.0
        else:
            job = lane.edits[lane.next_key()]
            weight, gap = job.weight, 0.0 if job.urgent else max(0.0, lane.next_edit - now)
        # an edit waits in short steps, so that a send that comes meanwhile goes first
        return max(self._all.wait(now, weight), lane.bucket.wait(now, weight), min(gap, 0.1))

    def _next(self, lane: _Lane) -> _Job | None:
        while lane.sends:
            job = lane.sends.pop(0)
            if not job.done.cancelled():
                break
        else:
            if not lane.edits:
                return None
            job = lane.edits.pop(lane.next_key())
            lane.next_edit = self._clock.ticks() + lane.edit_gap
        self._all.take(job.weight)
        lane.bucket.take(job.weight)
        return job

    async def _carry(self, chat: str, lane: _Lane, job: _Job) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = await self._call(job)
            except RetryAfter as error:
                after = error.retry_after
                seconds = float(after if isinstance(after, int) else after.total_seconds())
                log.warning("outbox.retry_after", chat=chat, seconds=seconds, attempt=attempt)
                lane.blocked_until = self._clock.ticks() + seconds
                if job.key is not None or attempt == ATTEMPTS:
                    return self._fail(job, error)
                await self._clock.sleep(seconds)
            except TelegramError as error:
                if attempt == ATTEMPTS or not never_written(error):
                    return self._fail(job, error)
                await self._clock.sleep(0.5 * 2**attempt)
            except asyncio.CancelledError:
                job.done.cancel()
                raise
            except Exception as error:  # noqa: BLE001 - handed to whoever waits for the answer
                return self._fail(job, error)
            else:
                if not job.done.done():
                    job.done.set_result(answer)
                return None
        return None

    async def _call(self, job: _Job) -> object:
        if not job.upload:
            return await job.call()
        async with self._uploads:
            return await job.call()

    def _fail(self, job: _Job, error: Exception) -> None:
        if job.key is not None:
            log.info("outbox.edit_failed", kind=type(error).__name__)
            job.done.cancel()
        elif not job.done.done():
            job.done.set_exception(error)
