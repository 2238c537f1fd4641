"""What does somebody hear whose message cannot be stored yet? One sentence a chat and trouble."""

from __future__ import annotations

from dataclasses import dataclass, field

import structlog
from telegram import Update
from telegram.error import TelegramError

from bot.handlers.speaker import Speaker
from bot.handlers.updates import is_light
from bot.handlers.visits import Desk
from bot.pipeline.ports import Clock

log = structlog.get_logger(__name__)
_QUIET = 600.0
"""Seconds in which a chat does not hear it again."""
_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """Told of updates that wait because the disk refuses them, at Telegram or here."""

    desk: Desk
    speaker: Speaker
    clock: Clock
    _told: dict[str, float] = field(default_factory=dict)

    async def __call__(self, update: Update, *, meant: bool = False) -> None:
        """Say so, unless that chat has heard it just now.

        In groups only buttons, commands and what is known to be `meant` for the bot are answered.
        """
        visit = await self.desk.visit(update)
        if visit is None or (visit.group and not meant and not is_light(update)):
            return
        now = self.clock.ticks()
        if now - self._told.get(visit.chat, -_QUIET) < _QUIET:
            return
        if len(self._told) >= _MOST:
            self._told.clear()
        self._told[visit.chat] = now
        text = visit.words.t(
            "I cannot save anything right now, so I have not begun yet. Your message is not lost: "
            "I answer as soon as I can."
        )
        try:
            await self.speaker.say(visit.chat, text, thread=visit.thread)
        except TelegramError as error:
            log.warning("excuse.not_told", kind=type(error).__name__)
