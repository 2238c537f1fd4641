"""Who may use an operator's command? The only place where that is decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from telegram import Update
from telegram.ext import CallbackContext

from bot.handlers.start import Small
from bot.handlers.visits import Desk, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlyAdmins:
    """Answers admins in their own chat. Everybody else, and every group, hears what unknown commands hear."""

    desk: Desk
    small: Small
    answer: Callable[[Visit], Awaitable[None]]

    async def __call__(self, update: Update, _context: CallbackContext) -> None:  # type: ignore[type-arg] # the library's own default parameters
        visit = await self.desk.visit(update)
        if visit is None or visit.group or update.edited_message is not None:
            return
        await (self.answer(visit) if visit.admin else self.small.unknown(visit))
