"""Who speaks, where, and in which language?"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from telegram import Update, User
from telegram.constants import ChatType

from bot.handlers.ports import Preferences
from bot.handlers.texts import Texts, Words
from bot.pipeline.errors import StorageError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One message or pressed button. Ids are opaque strings of Telegram.

    `message` is the message itself or the one under which the button stands; `request` names the wish
    in its chat: the same update twice has the same.
    """

    owner: str
    chat: str
    message: str
    request: str
    thread: str | None
    group: bool
    admin: bool
    pressed: bool
    words: Words
    text: str


class Desk:
    """Makes a visit of an update."""

    def __init__(self, *, texts: Texts, preferences: Preferences, admin_ids: frozenset[int]) -> None:
        self._texts = texts
        self._preferences = preferences
        self._admin_ids = admin_ids

    async def words(self, user: User) -> Words:
        """The language that this person chose, or that of their Telegram."""
        chosen = await self._language(str(user.id))
        return self._texts.words(chosen or user.language_code)

    async def visit(self, update: Update) -> Visit | None:
        """None for what nobody said: channel posts, service messages, buttons too old to reach."""
        message, user, chat = update.effective_message, update.effective_user, update.effective_chat
        if message is None or user is None or chat is None or chat.type == ChatType.CHANNEL:
            return None
        speaker = message.sender_chat if update.callback_query is None else None
        if speaker is not None and speaker.id != chat.id:
            return None  # a channel speaks through the group
        topic = message.message_thread_id if message.is_topic_message else None
        return Visit(
            # admins who hide behind their group are all one user at Telegram, in every group the same
            owner=str(speaker.id if speaker is not None else user.id),
            chat=str(chat.id),
            message=str(message.message_id),
            request=f"q{query.id}" if (query := update.callback_query) else str(message.message_id),
            thread=str(topic) if topic is not None else None,
            group=chat.type != ChatType.PRIVATE,
            admin=user.id in self._admin_ids,
            pressed=update.callback_query is not None,
            words=await self.words(user),
            text=(message.text or message.caption or "").strip(),
        )

    async def _language(self, owner: str) -> str | None:
        """A disk that cannot be read keeps nobody from being told so."""
        try:
            return await self._preferences.language(owner)
        except StorageError as error:
            log.warning("language.not_read", kind=type(error).__name__)
            return None
