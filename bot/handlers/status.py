"""What does a person see while the album is being made? One message, edited as views finish."""

from __future__ import annotations

from dataclasses import dataclass, field

import structlog
from telegram import Bot, InputMediaPhoto
from telegram.constants import ChatAction, ParseMode
from telegram.error import TelegramError

from bot.handlers.labels import angle_label, car_words
from bot.handlers.outbox import Outbox
from bot.handlers.ports import Line, Measured
from bot.handlers.speaker import Buttons, Speaker, keyboard
from bot.handlers.texts import Words
from bot.pipeline.model import Album, AngleName, Session
from bot.pipeline.ports import Clock, Event, Step

log = structlog.get_logger(__name__)
_A_WHILE = 90
"""Seconds above which minutes are told."""


@dataclass(slots=True)
class _Live:
    """What is known of one album under way in this process."""

    session: Session
    album: Album
    words: Words
    started: float
    message: str | None = None
    marks: dict[AngleName, str] = field(default_factory=dict)
    first: bytes | None = None
    shown_as_photo: bool = False
    shown: str = ""
    settled: bool = False


class Status:
    """Implements the pipeline's Progress: told of every step, it only notes it and queues an edit."""

    def __init__(
        self, *, bot: Bot, outbox: Outbox, speaker: Speaker, clock: Clock, measured: Measured | None = None
    ) -> None:
        self._bot = bot
        self._outbox = outbox
        self._speaker = speaker
        self._clock = clock
        self._measured = measured
        self._live: dict[str, _Live] = {}
        self._line: Line | None = None

    def stand_in(self, line: Line) -> None:
        """Where to ask how long people wait for their turn."""
        self._line = line

    def begin(self, session: Session, album: Album, words: Words) -> None:
        """Start to note the album's steps, before it is submitted."""
        self._live[album.id] = _Live(session=session, album=album, words=words, started=self._clock.ticks())

    async def show(self, album_id: str) -> str | None:
        """Send the message; None where Telegram did not take it or the album was faster."""
        live = self._live.get(album_id)
        if live is None:
            return None
        album, text = live.album, self._text(live)
        try:
            live.message = await self._speaker.say(
                album.chat,
                text,
                thread=album.thread,
                reply_to=album.reply_to,
                buttons=_stop(live),
            )
        except TelegramError as error:
            log.warning("status.not_sent", album=album_id, kind=type(error).__name__)
            return None
        live.shown = text
        if live.settled:
            await self._delete(album.chat, live.message)
            return None
        return live.message

    def happened(self, event: Event) -> None:
        """One step of an album."""
        live = self._live.get(event.album.id)
        if live is None:
            return
        if event.angle is not None and event.step is Step.DRAWN:
            live.marks[event.angle] = "✅"
            live.first = live.first or (event.picture.content if event.picture else None)
        elif event.angle is not None and event.step is Step.MISSING:
            live.marks[event.angle] = "✖"
        elif event.step in {Step.STARTED, Step.NEXT_PROVIDER, Step.SEQUENTIAL}:
            live.marks = {angle: mark for angle, mark in live.marks.items() if mark == "✅"}
        chat = event.album.chat
        self._outbox.edit(chat, f"status {event.album.id}", lambda: self._refresh(live))
        action = ChatAction.UPLOAD_PHOTO if event.step is Step.FINISHED else ChatAction.TYPING
        self._outbox.edit(chat, "action", lambda: self._act(live, action), weight=0)

    def over(self, album_id: str) -> None:
        """The album has just arrived: nothing that still waits is told any more."""
        if (live := self._live.get(album_id)) is not None:
            live.settled = True

    async def settle(self, album: Album) -> None:
        """Take the message away: the album is there, or another message says why not."""
        self._outbox.forget(album.chat, f"status {album.id}")
        live = self._live.pop(album.id, None)
        if live is not None:
            live.settled = True
        message = (live.message if live else None) or album.status_message
        if message is not None:
            await self._delete(album.chat, message)

    async def _delete(self, chat: str, message: str) -> None:
        try:
            await self._outbox.send(chat, lambda: self._bot.delete_message(int(chat), int(message)), weight=0)
        except TelegramError as error:
            log.info("status.not_deleted", kind=type(error).__name__)

    async def _act(self, live: _Live, action: ChatAction) -> None:
        if not live.settled:
            thread = int(live.album.thread) if live.album.thread else None
            await self._bot.send_chat_action(int(live.album.chat), action, message_thread_id=thread)

    async def _refresh(self, live: _Live) -> None:
        if live.settled or live.message is None:
            return
        chat, message = int(live.album.chat), int(live.message)
        text, buttons = self._text(live), keyboard(_stop(live))
        if text == live.shown and (live.first is None or live.shown_as_photo):
            return
        live.shown = text
        if live.first is not None and not live.shown_as_photo:
            photo = InputMediaPhoto(live.first, caption=text, parse_mode=ParseMode.HTML)
            await self._bot.edit_message_media(
                media=photo, reply_markup=buttons, chat_id=chat, message_id=message
            )
            live.shown_as_photo, live.first = True, b""
        elif live.shown_as_photo:
            await self._bot.edit_message_caption(
                caption=text,
                parse_mode=ParseMode.HTML,
                reply_markup=buttons,
                chat_id=chat,
                message_id=message,
            )
        else:
            await self._bot.edit_message_text(
                text=text, parse_mode=ParseMode.HTML, reply_markup=buttons, chat_id=chat, message_id=message
            )

    def _text(self, live: _Live) -> str:
        words, album = live.words, live.album
        lines = [words.t("Drawing <b>{car}</b>", car=car_words(live.session.spec, words)[:200])]
        lines += [f"{live.marks.get(angle, '⏳')} {angle_label(angle, words)}" for angle in album.angles]
        place = self._line.place(live.session.owner) if self._line and not live.marks else 0
        if place > 0:
            lines.append(words.t("You are number {place} in the queue.", place=place))
        if self._measured is not None:
            expected = self._measured.expected_seconds(album.angles) * (1 + place)
            left = max(1, round(expected - (self._clock.ticks() - live.started)))
            if left > _A_WHILE:
                minutes = -(-left // 60)
                lines.append(words.n("About {count} minute left", "About {count} minutes left", minutes))
            else:
                lines.append(words.n("About {count} second left", "About {count} seconds left", left))
        return "\n".join(lines)


def _stop(live: _Live) -> Buttons:
    return [[(live.words.t("Cancel"), f"x:{live.session.id}:{live.album.number}")]]
