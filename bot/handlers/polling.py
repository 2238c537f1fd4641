"""Which of several workers asks Telegram for updates? The one who leads; the others stand by."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from telegram.error import TelegramError

from bot.pipeline.errors import StorageError
from bot.pipeline.ports import Clock

log = structlog.get_logger(__name__)
LOOK = 1.0
"""Seconds between two looks at who leads."""
PATIENCE = 5.0
"""Seconds that a look may take."""
DOUBT = 20.0
"""Seconds without an answer after which nobody knows who leads: before others may take a silent worker for dead."""


class Polling:
    """Starts and stops this worker's polling. Telegram answers one of two who ask with 409, again and again.

    `start` begins to ask and raises TelegramError; `leads` says whether this worker is the one, `resign`
    that it will not be again; both raise StorageError.
    """

    def __init__(
        self,
        *,
        start: Callable[[], Awaitable[object]],
        stop: Callable[[], Awaitable[None]],
        leads: Callable[[], Awaitable[bool]],
        resign: Callable[[], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._start = start
        self._stop = stop
        self._leads = leads
        self._resign = resign
        self._clock = clock
        self._sure = clock.ticks()
        self.asks = False

    async def run_for_ever(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(LOOK)

    async def look(self) -> None:
        """Begin or stop to ask, as it is due now."""
        leads = await self._whether()
        if leads and not self.asks:
            try:
                await self._start()
            except TelegramError as error:
                log.warning("polling.not_begun", kind=type(error).__name__)
                return
            self.asks = True
            log.info("polling.begun")
        elif self.asks and not leads:
            log.warning("polling.left_to_another")
            await self._ask_no_more()

    async def close(self) -> None:
        """Ask no more, and let another lead at once: what this worker still has to end may take long."""
        await self._ask_no_more()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._resign()
        except (StorageError, TimeoutError) as error:
            log.warning("polling.lead_kept", kind=type(error).__name__)

    async def _ask_no_more(self) -> None:
        if self.asks:
            self.asks = False
            await self._stop()

    async def _whether(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                leads = await self._leads()
        except (StorageError, TimeoutError) as error:
            log.warning("polling.unsure", kind=type(error).__name__)
            return self.asks and self._clock.ticks() - self._sure < DOUBT
        self._sure = self._clock.ticks()
        return leads
