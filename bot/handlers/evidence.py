"""Did an album whose answer was lost arrive after all? Whoever answers or forwards it has it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import structlog
from telegram import Message, MessageOriginUser, Update
from telegram.ext import CallbackContext

from bot.pipeline.model import Album, AlbumState, parse_session_id
from bot.pipeline.ports import Receipt, SessionStore

log = structlog.get_logger(__name__)
_CAR, _SEED = re.compile(r"CAR-[0-9A-F]{8}"), re.compile(r"\b\d{6}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Looks at every answer and every forwarded message before anything is done with it.

    An album in doubt whose own caption comes back is delivered: "send again" sends nothing any more.
    """

    bot_id: str
    store: SessionStore

    async def __call__(self, update: Update, _context: CallbackContext) -> None:  # type: ignore[type-arg] # the library's own default parameters
        message = update.effective_message
        if message is None:
            return
        shown = self._own(message)
        if shown is None or (album := await self._doubted(shown.caption or "")) is None:
            return
        # what was forwarded has another number than the message that it is a copy of
        messages = (str(shown.message_id),) if shown is not message else ()
        chat = str(message.chat_id)
        if messages and chat != album.chat:
            return
        await self.store.save_receipt(album.session_id, album.number, Receipt(messages=messages, file_ids={}))
        await self.store.settled(album.session_id, album.number)
        log.info("album.arrived_after_all", album=album.id)

    def _own(self, message: Message) -> Message | None:
        """The bot's own picture that is answered or forwarded here."""
        replied = message.reply_to_message
        if replied is not None and replied.photo:
            mine = replied.from_user is not None and str(replied.from_user.id) == self.bot_id
            return replied if mine else None
        origin = message.forward_origin
        if isinstance(origin, MessageOriginUser) and message.photo:
            return message if str(origin.sender_user.id) == self.bot_id else None
        return None

    async def _doubted(self, caption: str) -> Album | None:
        """The album in doubt that this caption stands under: its car, and the seeds of its views."""
        found = _CAR.search(caption)
        session_id = parse_session_id(found[0]) if found else None
        if session_id is None:
            return None
        seeds = set(_SEED.findall(caption))
        views = {view.angle: str(view.seed) for view in await self.store.views(session_id)}
        for album in await self.store.albums(session_id):
            mine = {views.get(angle) for angle in album.angles}
            if album.state is AlbumState.UNKNOWN and mine & seeds:
                return album
        return None
