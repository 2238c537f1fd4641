"""How does one plain message leave? Through the outbox, as HTML, with or without buttons."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    LinkPreviewOptions,
)
from telegram.constants import ParseMode
from telegram.error import ChatMigrated

from bot.handlers.outbox import Outbox
from bot.handlers.turnstile import Rank

Buttons = Sequence[Sequence[tuple[str, str]]]
"""Rows of (words, callback data of at most 64 bytes, or an https address)."""


def keyboard(buttons: Buttons | None) -> InlineKeyboardMarkup | None:
    """Telegram's form of the rows, or None where there are none."""
    if not buttons:
        return None
    return InlineKeyboardMarkup([[_button(words, act) for words, act in row] for row in buttons])


def _button(words: str, act: str) -> InlineKeyboardButton:
    if act.startswith("https://"):
        return InlineKeyboardButton(words, url=act)
    return InlineKeyboardButton(words, callback_data=act)


def rows_of(items: Sequence[tuple[str, str]], width: int) -> list[list[tuple[str, str]]]:
    """The same buttons, `width` in a row."""
    return [list(items[start : start + width]) for start in range(0, len(items), width)]


class Speaker:
    """Says one thing in one chat."""

    def __init__(self, *, bot: Bot, outbox: Outbox) -> None:
        self._bot = bot
        self._outbox = outbox

    async def say(
        self,
        chat: str,
        html: str,
        *,
        thread: str | None = None,
        reply_to: str | None = None,
        buttons: Buttons | None = None,
        rank: Rank = Rank.ANSWER,
    ) -> str:
        """Send it, in the new chat where a group has moved, and hand back the message's id.

        Raises TelegramError.
        """

        async def call() -> str:
            sent = await self._bot.send_message(
                chat_id=int(chat),
                text=html,
                parse_mode=ParseMode.HTML,
                message_thread_id=int(thread) if thread else None,
                reply_to_message_id=int(reply_to) if reply_to else None,
                allow_sending_without_reply=True if reply_to else None,
                reply_markup=keyboard(buttons),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
            return str(sent.message_id)

        try:
            return await self._outbox.send(chat, call, rank=rank)
        except ChatMigrated as moved:
            # neither topics nor messages of the old chat are there
            return await self.say(str(moved.new_chat_id), html, buttons=buttons, rank=rank)

    async def documents(
        self, chat: str, files: Sequence[InputMediaDocument], *, thread: str | None = None
    ) -> None:
        """One to ten files, as they are; raises TelegramError."""
        topic = int(thread) if thread else None

        async def call() -> None:
            if len(files) > 1:
                await self._bot.send_media_group(int(chat), files, message_thread_id=topic)
            else:
                await self._bot.send_document(int(chat), files[0].media, message_thread_id=topic)

        await self._outbox.send(chat, call, weight=len(files), upload=True, rank=Rank.ALBUM)

    async def pictures(
        self, chat: str, file_ids: Sequence[str], html: str, *, thread: str | None = None
    ) -> None:
        """One to ten pictures that Telegram has already, as one album; raises TelegramError."""
        topic = int(thread) if thread else None

        async def call() -> None:
            if len(file_ids) > 1:
                await self._bot.send_media_group(
                    int(chat),
                    [InputMediaPhoto(file_id) for file_id in file_ids],
                    caption=html,
                    parse_mode=ParseMode.HTML,
                    message_thread_id=topic,
                )
            else:
                await self._bot.send_photo(
                    int(chat), file_ids[0], caption=html, parse_mode=ParseMode.HTML, message_thread_id=topic
                )

        await self._outbox.send(chat, call, weight=len(file_ids), upload=True)

    async def photo(self, chat: str, picture: bytes, html: str) -> None:
        """One picture with words under it; raises TelegramError."""
        await self._outbox.send(
            chat,
            lambda: self._bot.send_photo(int(chat), picture, caption=html, parse_mode=ParseMode.HTML),
            upload=True,
        )

    async def file(self, chat: str, content: bytes, name: str) -> None:
        """One file made here; raises TelegramError."""
        await self._outbox.send(
            chat, lambda: self._bot.send_document(int(chat), content, filename=name), upload=True
        )
