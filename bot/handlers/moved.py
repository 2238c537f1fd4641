"""What happens when a group becomes a supergroup? It has a new id, and everything of it goes there."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from telegram import Update
from telegram.ext import CallbackContext

from bot.handlers.ports import Archive

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Hears Telegram's note of it in the old chat or in the new one, whichever comes first."""

    archive: Archive

    async def __call__(self, update: Update, _context: CallbackContext) -> None:  # type: ignore[type-arg] # the library's own default parameters
        message = update.effective_message
        if message is None:
            return
        old = message.migrate_from_chat_id or message.chat_id
        new = message.migrate_to_chat_id or message.chat_id
        if old != new:
            cars = await self.archive.move_chat(str(old), str(new))
            log.info("chat.moved", old=old, new=new, cars=cars)
