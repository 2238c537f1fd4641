"""What happens when a description is edited? Nothing is drawn twice unless the person presses a button."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from telegram import Message, Update
from telegram.ext import CallbackContext

from bot.handlers.describe import Describe
from bot.handlers.orders import Orders
from bot.handlers.photos import photo_in
from bot.handlers.speaker import Speaker
from bot.handlers.visits import Desk, Visit
from bot.pipeline.errors import BadInput
from bot.pipeline.model import AlbumState, CarSpec, ReadingKind, Session
from bot.pipeline.ports import Clock

_FRESH = 15 * 60.0
"""Seconds after which an edit is a correction of the past and not a wish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """An edit that changes the car offers to draw the edited one; one that makes a car readable draws it."""

    desk: Desk
    speaker: Speaker
    orders: Orders
    describe: Describe
    clock: Clock

    async def __call__(self, update: Update, _context: CallbackContext) -> None:  # type: ignore[type-arg] # the library's own default parameters
        """The handler of edited messages; edited commands say nothing."""
        visit, message = await self.desk.visit(update), update.edited_message
        if visit is None or message is None or self.clock.now() - message.date.timestamp() > _FRESH:
            return
        text = self.describe.addressed(visit, message)
        if text is None or text.startswith("/") or (spec := self._spec(text)) is None:
            return
        session = await self.orders.of_message(visit.chat, visit.message)
        if session is None:
            await self.describe.take(visit, text, photo=photo_in(message))
        elif session.owner == visit.owner and spec != session.spec:
            words = visit.words
            if await self._open(session):
                offer = words.t("You changed the description. Shall I draw the edited car instead?")
            else:
                offer = words.t("You changed the description. Shall I draw the edited car too?")
            button = [[(words.t("Draw the edited car"), "g:")]]
            await self.speaker.say(
                visit.chat, offer, thread=visit.thread, reply_to=visit.message, buttons=button
            )

    async def draw(self, visit: Visit, message: Message, text: str) -> None:
        """The button was pressed: draw what the message says now, and stop what it said before."""
        former = await self.orders.of_message(visit.chat, str(message.message_id))
        spec = self._spec(text)
        if spec is None or (former is not None and spec == former.spec):
            await self.speaker.say(
                visit.chat, visit.words.t("Please describe the car once more."), thread=visit.thread
            )
            return
        if former is not None and former.owner == visit.owner and await self._open(former):
            await self.orders.cancel(former.id, 1)
        key = f"{message.message_id}#{hashlib.sha256(text.encode()).hexdigest()[:12]}"
        await self.describe.take(visit, text, photo=photo_in(message), key=key)

    def _spec(self, text: str) -> CarSpec | None:
        """The one car that the text names for sure."""
        try:
            reading = self.describe.read(text)
        except BadInput:
            return None
        return reading.spec if reading.kind is ReadingKind.CAR else None

    async def _open(self, session: Session) -> bool:
        album = await self.orders.store.album(session.id, 1)
        return album is not None and album.state is AlbumState.OPEN
