"""How does an album reach the person, and what is said when it cannot?"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog
from telegram import Bot, InputMediaPhoto, Message
from telegram.constants import ParseMode
from telegram.error import ChatMigrated, TelegramError

from bot.handlers.captions import caption
from bot.handlers.keys import car_keys
from bot.handlers.outbox import Outbox, OutboxFull
from bot.handlers.speaker import Buttons, Speaker
from bot.handlers.status import Status
from bot.handlers.telegram_errors import Fate, fate_of
from bot.handlers.texts import Texts, Words
from bot.handlers.turnstile import Rank
from bot.pipeline.errors import DeliveryError, FailureKind
from bot.pipeline.model import Album, Picture, Session, View
from bot.pipeline.ports import Receipt, Sending

log = structlog.get_logger(__name__)
T = TypeVar("T")
_KINDS = {
    Fate.BLOCKED: "blocked",
    Fate.UNKNOWN: "unknown",
    Fate.LATER: "later",
    Fate.NEVER_SENT: "later",
}


class TelegramCourier:
    """Implements the pipeline's Courier. An upload is made once: its doubt is handed on, not retried."""

    def __init__(self, *, bot: Bot, outbox: Outbox, speaker: Speaker, status: Status, texts: Texts) -> None:
        self._bot = bot
        self._outbox = outbox
        self._speaker = speaker
        self._status = status
        self._texts = texts

    async def deliver(
        self,
        session: Session,
        album: Album,
        views: Sequence[View],
        pictures: Sequence[Picture],
        sending: Sending,
    ) -> Receipt:
        """Send the pictures, at least one."""
        text = caption(session, album, views, self._texts.words(session.language))
        media = [view.file_id or picture.content for view, picture in zip(views, pictures, strict=True)]
        moved_to = None
        try:
            messages = await self._upload(album.chat, album, text, media, sending)
        except ChatMigrated as moved:
            moved_to = str(moved.new_chat_id)
            try:
                messages = await self._upload(moved_to, album, text, media, sending)
            except TelegramError as error:
                raise DeliveryError(kind=kind_of(error)) from error
        except TelegramError as error:
            raise DeliveryError(kind=kind_of(error)) from error
        file_ids = {
            view.angle: message.photo[-1].file_id
            for view, message in zip(views, messages, strict=False)
            if message.photo
        }
        return Receipt(
            messages=tuple(str(message.message_id) for message in messages), file_ids=file_ids, chat=moved_to
        )

    async def arrived(self, session: Session, album: Album, views: Sequence[View]) -> None:
        """Take the status away and offer the buttons."""
        words = self._texts.words(session.language)
        await self._status.settle(album)
        await self._offer(album, album.chat, words, _after(album, views, words))

    async def unsure(self, session: Session, album: Album) -> None:
        """The answer to the upload was lost: say so, with a button."""
        words = self._texts.words(session.language)
        await self._settle_with(
            album,
            words.t(
                "Telegram did not confirm that your album arrived. If you do not see it, press the button."
            ),
            [[(words.t("Send again"), f"s:{album.session_id}:{album.number}")]],
        )

    async def failed(self, session: Session, album: Album) -> None:
        """Not one picture came."""
        words = self._texts.words(session.language)
        if album.because is FailureKind.BUDGET:
            sorry = words.t("These views can only be bought, and the day’s budget does not suffice.")
        else:
            sorry = words.t("Sorry, no picture could be drawn this time. Nothing is lost: you can try again.")
        await self._settle_with(
            album,
            sorry,
            [[(words.t("Try again"), f"r:{album.session_id}:{album.number}")]],
        )

    async def _settle_with(self, album: Album, text: str, buttons: Buttons) -> None:
        await self._status.settle(album)
        try:
            await self._speaker.say(
                album.chat,
                text,
                thread=album.thread,
                reply_to=album.reply_to,
                buttons=buttons,
                rank=Rank.NEWS,
            )
        except TelegramError as error:
            raise DeliveryError(kind=kind_of(error)) from error

    async def _upload(
        self, chat: str, album: Album, text: str, media: Sequence[str | bytes], sending: Sending
    ) -> Sequence[Message]:
        thread = int(album.thread) if album.thread else None
        reply_to = int(album.reply_to) if album.reply_to else None

        async def one() -> Sequence[Message]:
            sent = await self._bot.send_photo(
                int(chat),
                media[0],
                caption=text,
                parse_mode=ParseMode.HTML,
                message_thread_id=thread,
                reply_to_message_id=reply_to,
                allow_sending_without_reply=True if reply_to else None,
            )
            return (sent,)

        async def group() -> Sequence[Message]:
            return await self._bot.send_media_group(
                int(chat),
                [InputMediaPhoto(item if isinstance(item, str) else io.BytesIO(item)) for item in media],
                caption=text,
                parse_mode=ParseMode.HTML,
                message_thread_id=thread,
                reply_to_message_id=reply_to,
                allow_sending_without_reply=True if reply_to else None,
            )

        async def all_of_it() -> Sequence[Message]:
            sent = await (one() if len(media) == 1 else group())
            self._status.over(album.id)
            return sent

        return await upload_marked(self._outbox, chat, all_of_it, sending, weight=len(media), rank=Rank.ALBUM)

    async def _offer(self, album: Album, chat: str, words: Words, buttons: Buttons) -> None:
        """The album is there: what fails from here on is logged and not raised."""
        try:
            await self._speaker.say(
                chat, words.t("What next?"), thread=album.thread, buttons=buttons, rank=Rank.NEWS
            )
        except TelegramError as error:
            log.warning("courier.buttons_not_sent", album=album.id, kind=type(error).__name__)


async def upload_marked(
    outbox: Outbox,
    chat: str,
    upload: Callable[[], Awaitable[T]],
    sending: Sending,
    *,
    weight: float = 1.0,
    rank: Rank = Rank.ANSWER,
) -> T:
    """Marked right before the bytes leave: what waits for its turn is not on its way yet.

    The mark is taken back where Telegram wants it later. Raises DeliveryError of kind `stopped` and
    TelegramError.
    """

    async def mark() -> None:
        if not await sending.begin():
            raise DeliveryError(kind="stopped")

    async def marked() -> T:
        try:
            return await upload()
        except TelegramError as error:
            if kind_of(error) == "later":
                await sending.withdraw()
            raise

    return await outbox.send(chat, marked, weight=weight, upload=True, rank=rank, first=mark)


def kind_of(error: TelegramError) -> str:
    """The kind of DeliveryError that an error of Telegram becomes."""
    return "later" if isinstance(error, OutboxFull) else _KINDS.get(fate_of(error), "refused")


def _after(album: Album, views: Sequence[View], words: Words) -> Buttons:
    retry = [(words.t("Retry the missing views"), f"r:{album.session_id}:{album.number}")]
    return car_keys(album.session_id, words, first=[retry] if len(views) < len(album.angles) else [])
