"""When may which message leave? Keeps Telegram's limits for every chat and for all together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar, cast

import structlog
from telegram.error import RetryAfter, TelegramError

from bot.handlers.lane import Bucket, Call, Job, Lane
from bot.handlers.telegram_errors import never_written
from bot.handlers.turnstile import Rank, Ticket, Turnstile
from bot.pipeline.ports import Clock

T = TypeVar("T")
log = structlog.get_logger(__name__)

ATTEMPTS = 4
"""How often a call is tried that surely was not carried out."""
_MANY_LANES = 1000


class OutboxFull(TelegramError):
    """Too much is waiting for one chat."""

    def __init__(self) -> None:
        super().__init__("outbox full")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bursts and rates in messages (an album counts one per picture), waits in seconds.

    `all_rate` stays a little below Telegram's 30 a second: what leaves evenly does not arrive so.
    """

    chat_rate: float = 1.0
    chat_burst: float = 12.0
    group_rate: float = 20 / 60
    group_burst: float = 20.0
    all_rate: float = 28.0
    edit_gap: float = 1.0
    group_edit_gap: float = 3.0
    uploads: int = 14
    unweighed: int = 8
    waiting_per_chat: int = 60


class Outbox:
    """Carries calls to Telegram, one at a time a chat, within the limits.

    Use as an async context manager: leaving it cancels what still waits.
    """

    def __init__(self, *, clock: Clock, limits: Limits | None = None) -> None:
        self._clock = clock
        self._limits = limits or Limits()
        self._lanes: dict[str, Lane] = {}
        self._uploads = asyncio.Semaphore(self._limits.uploads)
        self._unweighed = asyncio.Semaphore(self._limits.unweighed)
        self._turnstile = Turnstile(clock=clock, rate=self._limits.all_rate)
        self._tasks: set[asyncio.Task[None]] = set()

    def among(self, processes: int) -> None:
        """So many processes speak for this bot: each keeps to its part of what all may send."""
        self._turnstile.limit(self._limits.all_rate / max(1, processes))

    async def __aenter__(self) -> Outbox:
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._turnstile.close()
        for lane in self._lanes.values():
            for job in (*lane.sends, *lane.edits.values()):
                job.done.cancel()
        self._lanes.clear()

    def depth(self) -> int:
        """Messages that wait, for the metrics."""
        return sum(lane.waiting() for lane in self._lanes.values())

    async def send(
        self,
        chat: str,
        call: Callable[[], Awaitable[T]],
        *,
        weight: float = 1.0,
        upload: bool = False,
        rank: Rank = Rank.ANSWER,
        first: Call | None = None,
    ) -> T:
        """Carry out `call` when the chat's turn comes, and hand back its answer.

        `first` is done when the turn has come, before anything leaves; what it raises is raised here.

        RetryAfter and failures before the request was written are waited out here; every other
        error is the caller's. A caller who gives up before the turn came takes the message back.
        """
        lane = self._lane(chat)
        if lane.waiting() >= self._limits.waiting_per_chat:
            raise OutboxFull
        job = self._job(call, weight=weight, upload=upload, rank=rank)
        job.first = first
        lane.sends.append(job)
        self._wake(chat, lane)
        return cast("T", await job.done)

    def edit(self, chat: str, key: str, call: Call, *, weight: float = 1.0, urgent: bool = False) -> None:
        """Carry out `call` some time; a newer edit with the same key takes this one's place.

        An `urgent` one goes before the others and does not wait for the gap between edits.
        """
        lane = self._lane(chat)
        old = lane.edits.get(key)
        if old is None and lane.waiting() >= self._limits.waiting_per_chat:
            log.warning("outbox.edit_dropped", chat=chat, waiting=lane.waiting())
            return
        if old is not None:
            old.call, old.urgent = call, urgent
        else:
            lane.edits[key] = self._job(call, weight=weight, upload=False, rank=Rank.EDIT, key=key)
            lane.edits[key].urgent = urgent
        self._wake(chat, lane)

    def forget(self, chat: str, key: str) -> None:
        """Take back a waiting edit."""
        lane = self._lanes.get(chat)
        if lane is not None and lane.edits.pop(key, None) is not None:
            lane.reconsider()

    def _job(self, call: Call, *, weight: float, upload: bool, rank: Rank, key: str | None = None) -> Job:
        return Job(
            call=call,
            weight=weight,
            rank=rank,
            order=self._turnstile.order(),
            upload=upload,
            done=asyncio.get_running_loop().create_future(),
            key=key,
        )

    def _lane(self, chat: str) -> Lane:
        lane = self._lanes.get(chat)
        if lane is None:
            group = chat.startswith("-")
            limits = self._limits
            burst = limits.group_burst if group else limits.chat_burst
            rate = limits.group_rate if group else limits.chat_rate
            lane = Lane(
                bucket=Bucket(rate=rate, burst=burst, tokens=burst, at=self._clock.ticks()),
                edit_gap=limits.group_edit_gap if group else limits.edit_gap,
            )
            self._lanes[chat] = lane
            self._sweep()
        return lane

    def _sweep(self) -> None:
        """Forget chats with nothing to remember, so that the table does not grow for ever."""
        if len(self._lanes) < _MANY_LANES or len(self._lanes) % 100:
            return
        now = self._clock.ticks()
        for chat, lane in list(self._lanes.items()):
            if lane.idle(now):
                del self._lanes[chat]

    def _wake(self, chat: str, lane: Lane) -> None:
        lane.reconsider()
        if lane.task is None:
            # the outbox owns its lanes: every task is in `_tasks` and ended in __aexit__
            lane.task = asyncio.get_running_loop().create_task(self._work(chat, lane), name=f"outbox {chat}")
            self._tasks.add(lane.task)
            lane.task.add_done_callback(self._tasks.discard)

    async def _work(self, chat: str, lane: Lane) -> None:
        try:
            while (job := lane.first()) is not None:
                pause = lane.pause(job, self._clock.ticks())
                if pause > 0:
                    await self._clock.sleep(pause)
                    continue
                async with self._way(job), self._turn(lane, job) as ticket:
                    if ticket is not None:
                        lane.take(job, self._clock.ticks())
                        await self._carry(chat, lane, job, ticket)
        finally:
            lane.task = None

    @contextlib.asynccontextmanager
    async def _way(self, job: Job) -> AsyncIterator[None]:
        """A place to upload, where one is needed, before its turn comes.

        What has no weight waits for no turn: without a bound of its own a crowd's signs of life would take
        every connection, and answers would wait for one.
        """
        if job.upload:
            async with self._uploads:
                yield
        elif not job.weight:
            async with self._unweighed:
                yield
        else:
            yield

    @contextlib.asynccontextmanager
    async def _turn(self, lane: Lane, job: Job) -> AsyncIterator[Ticket | None]:
        """Wait until all chats together leave room; None when something else is first meanwhile."""
        if lane.first() is not job:
            yield None
            return
        ticket = self._turnstile.ticket(weight=job.weight, rank=job.rank, order=job.order)
        lane.ticket = ticket
        try:
            passed = await ticket.passed
        finally:
            lane.ticket = None
        try:
            yield ticket if passed else None
        finally:
            self._turnstile.leave(ticket)

    async def _carry(self, chat: str, lane: Lane, job: Job, ticket: Ticket) -> None:
        job.attempts += 1
        try:
            if job.first is not None:
                await job.first()
            self._turnstile.leave(ticket)
            answer = await job.call()
        except RetryAfter as error:
            after = error.retry_after
            seconds = float(after if isinstance(after, int) else after.total_seconds())
            log.warning("outbox.retry_after", chat=chat, seconds=seconds, attempt=job.attempts)
            self._again(lane, job, error, seconds)
        except TelegramError as error:
            if never_written(error):
                self._again(lane, job, error, 0.5 * 2**job.attempts)
            else:
                self._fail(job, error)
        except asyncio.CancelledError:
            job.done.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the answer
            self._fail(job, error)
        else:
            if not job.done.done():
                job.done.set_result(answer)

    def _again(self, lane: Lane, job: Job, error: TelegramError, seconds: float) -> None:
        """Later, in the same place; an edit is not worth it, the next one follows."""
        until = self._clock.ticks() + seconds
        if job.key is not None or job.attempts >= ATTEMPTS:
            lane.blocked_until = until
            self._fail(job, error)
        else:
            lane.again(job, until)

    def _fail(self, job: Job, error: Exception) -> None:
        if job.key is not None:
            log.info("outbox.edit_failed", kind=type(error).__name__)
            job.done.cancel()
        elif not job.done.done():
            job.done.set_exception(error)
