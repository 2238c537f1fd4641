"""How do updates survive a kill? They are on the disk before Telegram may forget them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import structlog
from telegram import Bot, MessageEntity, Update
from telegram.ext import BaseUpdateProcessor, ExtBot

from bot.handlers.ports import Inbox
from bot.pipeline.errors import StorageError
from bot.pipeline.marks import pause
from bot.pipeline.ports import Clock
from bot.pipeline.tracing import Tracer

log = structlog.get_logger(__name__)


TRIES = 200
"""So often, in some three hours, an update is handled that could not be stored."""


async def no_excuse(_update: Update) -> None:
    """Nobody is told."""


class DurableQueue(asyncio.Queue[object]):
    """The application's update queue: `put` returns when the update is stored.

    The application empties it at once; `most` bounds how many are in its hands. `excuse` tells whoever
    wrote that nothing can be stored at the moment.
    """

    def __init__(self, *, inbox: Inbox, clock: Clock, most: int = 1000) -> None:
        super().__init__()
        self._inbox = inbox
        self._clock = clock
        self._room = asyncio.Semaphore(most)
        self.excuse: Callable[[Update], Coroutine[Any, Any, None]] = no_excuse
        self._tries: Counter[int] = Counter()
        self._again: set[int] = set()
        self._under_way = 0
        self._longest = 0.0
        self._kept: frozenset[int] = frozenset()
        self._beside: set[asyncio.Task[None]] = set()

    @property
    def under_way(self) -> int:
        """Updates that no handler has finished."""
        return self._under_way

    @property
    def longest_store(self) -> float:
        """Seconds that an update waited for the disk at most; nobody was answered meanwhile."""
        return self._longest

    async def put(self, item: object) -> None:
        """Store and queue, unless `keep` did. What was there already is not queued again."""
        if isinstance(item, Update) and (item.update_id in self._kept or not await self._store(item)):
            return
        await self._queue_up(item)

    async def keep(self, updates: Sequence[Update]) -> None:
        """Store together and queue what came in one answer; that each is `put` next changes nothing.

        Whoever asked for it may be cancelled meanwhile: what is stored here is queued here.
        """
        await asyncio.shield(self._start(self._keep(updates)))

    async def _keep(self, updates: Sequence[Update]) -> None:
        fresh = await asyncio.gather(*(self._store(update) for update in updates))
        for update, new in zip(updates, fresh, strict=True):
            if new:
                await self._queue_up(update)
        self._kept = frozenset(update.update_id for update in updates)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
        return task

    async def close(self) -> None:
        """Give up what the disk still refuses: Telegram has it."""
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)

    async def _store(self, update: Update) -> bool:
        """Whether it was new. While the disk refuses, Telegram keeps the update: this waits."""
        payload, came, told = update.to_json(), self._clock.ticks(), False
        while True:
            try:
                new = await self._inbox.put(update.update_id, payload)
            except StorageError:
                log.exception("updates.not_stored", update=update.update_id)
                if not told:
                    told = True
                    self._start(self.excuse(update))
                await self._clock.sleep(1.0)
            else:
                self._longest = max(self._longest, self._clock.ticks() - came)
                return new

    async def restore(self, bot: Bot) -> int:
        """Queue what a former process left; hand back how many.

        Call it once the application runs and before polling or the webhook starts.
        """
        payloads = await self._inbox.pending()
        for payload in payloads:
            await self._queue_up(Update.de_json(json.loads(payload), bot))
        return len(payloads)

    async def _queue_up(self, item: object) -> None:
        if isinstance(item, Update):
            await self._room.acquire()
            self._under_way += 1
        await super().put(item)

    def handled(self) -> None:
        """One update is out of the handlers' hands."""
        self._under_way -= 1
        self._room.release()

    def not_stored(self, update: Update) -> bool:
        """A handler could not store what it had to; whether it will be asked again."""
        tries = self._tries[update.update_id]
        if tries >= TRIES:
            return False
        self._tries[update.update_id] = tries + 1
        self._again.add(update.update_id)
        return True

    def comes_again(self, update: Update) -> bool:
        """Whether it is not done: then it is queued once more, in a while."""
        number = update.update_id
        if number not in self._again:
            del self._tries[number]
            return False
        self._again.discard(number)
        self._start(self._later(update, pause(self._tries[number] - 1)))
        return True

    async def _later(self, update: Update, seconds: float) -> None:
        await self._clock.sleep(seconds)
        await self._queue_up(update)


class PollingBot(ExtBot[None]):
    """A bot that hands on what it polled only when the queue has all of it on the disk.

    The library puts polled updates one after the other; stored here, they share one commit.
    """

    _queue: DurableQueue | None = None

    def keep_in(self, queue: DurableQueue) -> None:
        """Say where polled updates are stored."""
        self._queue = queue

    async def get_updates(self, *args: Any, **kwargs: Any) -> tuple[Update, ...]:
        """As the library has it; Telegram forgets these only when the next call is made."""
        updates = await super().get_updates(*args, **kwargs)
        if self._queue is not None:
            await self._queue.keep(updates)
        return updates


class MarkingProcessor(BaseUpdateProcessor):
    """Marks an update as done when its handlers are through, and not when they were killed.

    Commands and buttons have places of their own: nobody who asks for help waits behind cars.
    """

    def __init__(
        self, *, queue: DurableQueue, inbox: Inbox, at_once: int, light_at_once: int, tracer: Tracer
    ) -> None:
        # not the library's own limit but those below say how many are handled at once
        super().__init__(sys.maxsize)
        self._queue = queue
        self._inbox = inbox
        self._tracer = tracer
        self._cars = asyncio.Semaphore(at_once)
        self._light = asyncio.Semaphore(light_at_once)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        try:
            async with self._light if is_light(update) else self._cars:
                with self._tracer.span("update"):
                    await coroutine
        finally:
            if isinstance(update, Update):
                self._queue.handled()
        if isinstance(update, Update) and not self._queue.comes_again(update):
            try:
                await self._inbox.done(update.update_id)
            except StorageError:
                # it will be handled again after a restart, and every handler can bear that
                log.exception("updates.not_marked", update=update.update_id)

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""


def is_light(update: object) -> bool:
    """A command, a pressed button or an inline query: mostly answered with one message."""
    if not isinstance(update, Update):
        return True
    if update.callback_query is not None or update.inline_query is not None:
        return True
    message = update.effective_message
    first = message.entities[0] if message is not None and message.entities else None
    return first is not None and first.type == MessageEntity.BOT_COMMAND and first.offset == 0
