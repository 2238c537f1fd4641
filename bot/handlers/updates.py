"""How do updates survive a kill? They are on the disk before Telegram may forget them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from typing import Any

import structlog
from telegram import Bot, Update
from telegram.ext import BaseUpdateProcessor

from bot.handlers.ports import Inbox
from bot.pipeline.errors import StorageError
from bot.pipeline.ports import Clock

log = structlog.get_logger(__name__)


class DurableQueue(asyncio.Queue[object]):
    """The application's update queue: `put` returns when the update is stored."""

    def __init__(self, *, inbox: Inbox, clock: Clock, maxsize: int = 1000) -> None:
        super().__init__(maxsize)
        self._inbox = inbox
        self._clock = clock

    async def put(self, item: object) -> None:
        """Store, then queue. While the disk refuses, Telegram keeps the update: this waits."""
        if isinstance(item, Update):
            payload = item.to_json()
            while True:
                try:
                    fresh = await self._inbox.put(item.update_id, payload)
                    break
                except StorageError:
                    log.exception("updates.not_stored", update=item.update_id)
                    await self._clock.sleep(1.0)
            if not fresh:
                return
        await super().put(item)

    async def restore(self, bot: Bot) -> int:
        """Queue what a former process left; hand back how many.

        Call it once the application runs and before polling or the webhook starts.
        """
        payloads = await self._inbox.pending()
        for payload in payloads:
            update = Update.de_json(json.loads(payload), bot)
            await super().put(update)
        return len(payloads)


class MarkingProcessor(BaseUpdateProcessor):
    """Marks an update as done when its handlers are through, and not when they were killed."""

    def __init__(self, *, inbox: Inbox, at_once: int) -> None:
        super().__init__(at_once)
        self._inbox = inbox

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        await coroutine
        if isinstance(update, Update):
            try:
                await self._inbox.done(update.update_id)
            except StorageError:
                # it will be handled again after a restart, and every handler can bear that
                log.exception("updates.not_marked", update=update.update_id)

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""
