"""Commands on one car that do what its buttons do: /colour, /spin, /share, /file, /delete."""

from __future__ import annotations

import re
from dataclasses import dataclass

from telegram import Update
from telegram.ext import CallbackContext

from bot.handlers.deeds import Deeds
from bot.handlers.labels import COLORS
from bot.handlers.more import More
from bot.handlers.speaker import Speaker
from bot.handlers.visits import Desk

VERBS = {"colour": "k", "color": "k", "spin": "o", "share": "e", "file": "f", "delete": "d"}
_ID = re.compile(r"\bCAR-\w+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCar:
    """The car is named by id, by the album replied to, or it is the newest one."""

    desk: Desk
    speaker: Speaker
    more: More
    deeds: Deeds

    async def __call__(self, update: Update, _context: CallbackContext) -> None:  # type: ignore[type-arg] # the library's own default parameters
        visit = await self.desk.visit(update)
        if visit is None:
            return
        command, _, wish = visit.text.partition(" ")
        verb = VERBS[command.lstrip("/").partition("@")[0].lower()]
        session = await self.more.session_for(visit, update, wish)
        if session is None:
            text = visit.words.t("You have no car yet. Describe one and I will draw it.")
            await self.speaker.say(visit.chat, text, thread=visit.thread)
            return
        color = _ID.sub("", wish).strip().lower()
        if verb == "k" and color in COLORS:
            await self.deeds(visit, session, "K", color)
        else:
            await self.deeds(visit, session, verb, "")
