"""What does a person see while the album is being made? One message with a sheet that fills as views finish."""

from __future__ import annotations

import asyncio
from itertools import cycle, islice

import structlog
from telegram import Bot, InputMediaPhoto
from telegram.constants import ChatAction, ParseMode
from telegram.error import TelegramError

from bot.handlers.labels import angle_label
from bot.handlers.outbox import Outbox
from bot.handlers.outlook import Live, Outlook
from bot.handlers.ports import Line, Measured
from bot.handlers.speaker import Buttons, Speaker, keyboard
from bot.handlers.status_words import DRAWN, GIVEN_UP
from bot.handlers.texts import Texts, Words
from bot.handlers.turnstile import Rank
from bot.pipeline.live_sheet import LiveSheet
from bot.pipeline.model import Album, Session, SessionId, Strength
from bot.pipeline.ports import Clock, Event, Step

log = structlog.get_logger(__name__)
_OTHERS = 40
"""People in the queue who are looked at in one beat."""
_SHEETS, _SIGNS = 16, 24
"""So many albums have a sheet at a time, for its pictures lie in memory, the others tell it in words; and so
many give signs of life in one beat, for those are calls as well."""
_BEAT = 4.5
"""Seconds between signs of life: "typing" lasts five at Telegram."""


class Status:
    """Implements the pipeline's Progress and Showing: told of every step, it only notes it and queues an edit."""

    def __init__(
        self,
        *,
        bot: Bot,
        outbox: Outbox,
        speaker: Speaker,
        texts: Texts,
        clock: Clock,
        measured: Measured | None = None,
    ) -> None:
        self._texts = texts
        self._bot = bot
        self._outbox = outbox
        self._speaker = speaker
        self._clock = clock
        self._measured = measured
        self._live: dict[str, Live] = {}
        self._sheets: set[str] = set()
        self._outlook = Outlook(live=self._live, clock=clock, measured=measured)

    def stand_in(self, line: Line) -> None:
        """Where to ask how long people wait for their turn."""
        self._outlook.line = line

    def begin(self, session: Session, album: Album, words: Words) -> None:
        """Start to note the album's steps, before it is submitted; once, however many ask at the same time."""
        if (known := self._live.get(album.id)) is not None and not known.settled:
            return
        if self._measured is not None and self._outlook.line is not None and not self._outlook.line.waiting:
            self._measured.rested()
        self._live[album.id] = Live(session=session, album=album, words=words, started=self._clock.ticks())

    def took(self, session: Session, album: Album) -> None:
        """See Showing: what another process had begun to note goes on here, in the same message."""
        if album.id not in self._live:
            words = self._texts.words(session.language)
            self.begin(session, album, words)
            self._live[album.id].message = album.status_message

    def paused(self, session_id: SessionId, number: int) -> None:
        """See Showing."""
        live = self._live.get(f"{session_id}/{number}")
        if live is not None and not live.settled:
            live.paused = True
            self._edit(live)

    def left(self, session_id: SessionId, number: int) -> None:
        """See Showing."""
        live = self._live.pop(f"{session_id}/{number}", None)
        self._sheets.discard(f"{session_id}/{number}")
        if live is not None:
            live.settled = True
            self._outbox.forget(live.album.chat, f"status {live.album.id}")

    async def show(self, album_id: str) -> str | None:
        """Send the message; None where Telegram did not take it, the album was faster or there is one."""
        live = self._live.get(album_id)
        if live is None or live.asked:
            return None
        live.asked = True
        album, text = live.album, self._outlook.text(live, entering=True)
        try:
            live.message = await self._speaker.say(
                album.chat,
                text,
                thread=album.thread,
                reply_to=album.reply_to,
                buttons=_stop(live),
                rank=Rank.NEWS,
            )
        except TelegramError as error:
            log.warning("status.not_sent", album=album_id, kind=type(error).__name__)
            live.asked = False
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
        live.album, live.paused = event.album, event.step is Step.PAUSED
        if not live.drawing:
            live.drawing, live.started = True, self._clock.ticks()
        if live.session.photo and event.strength is not None:
            live.blind = event.provider if event.strength is not Strength.REFERENCES else None
        if event.angle is not None and event.step is Step.DRAWN and event.picture is not None:
            if self._has_sheet(live):
                live.fresh[event.angle] = event.picture.content
            live.marks[event.angle] = DRAWN
        elif event.angle is not None and event.step is Step.MISSING:
            live.marks[event.angle] = GIVEN_UP
            live.fresh[event.angle] = None
        elif event.step in {Step.STARTED, Step.NEXT_PROVIDER, Step.SEQUENTIAL}:
            live.marks = {angle: mark for angle, mark in live.marks.items() if mark == DRAWN}
        self._edit(live)
        if len(self._live) <= _SIGNS:
            # in a crowd the beat alone gives signs: each is a call, and everybody's answers need those too
            action = ChatAction.UPLOAD_PHOTO if event.step is Step.FINISHED else ChatAction.TYPING
            self._sign(live, action)

    async def run_for_ever(self) -> None:
        """Keep the signs of life, the seconds left and the places in the queue fresh."""
        seen = 0
        while True:
            await self._clock.sleep(_BEAT)
            drawing = [live for live in self._live.values() if live.drawing and not live.settled]
            for live in islice(drawing, _SIGNS):
                self._edit(live)
                done = len(live.marks) == len(live.album.angles)
                self._sign(live, ChatAction.UPLOAD_PHOTO if done else ChatAction.TYPING)
            # of all others a few at a time: the queue moves for all of them
            others = [live for live in self._live.values() if not live.drawing] + drawing[_SIGNS:]
            for live in islice(cycle(others), seen, seen + min(_OTHERS, len(others))):
                if live.message is not None and self._outlook.text(live) != live.shown:
                    self._edit(live)
            seen = (seen + _OTHERS) % max(1, len(others))

    def _has_sheet(self, live: Live) -> bool:
        """Whether that album shows its pictures as they come; decided before its first one."""
        if DRAWN not in live.marks.values() and len(self._sheets) < _SHEETS and not live.settled:
            self._sheets.add(live.album.id)
        return live.album.id in self._sheets

    def _edit(self, live: Live) -> None:
        # the first picture does not wait for the gap that is kept between edits
        first = live.sheet is None and any(live.fresh.values())
        key = f"status {live.album.id}"
        self._outbox.edit(live.album.chat, key, lambda: self._refresh(live), urgent=first)

    def _sign(self, live: Live, action: ChatAction) -> None:
        self._outbox.edit(live.album.chat, "action", lambda: self._act(live, action), weight=0)

    def over(self, album_id: str) -> None:
        """The album has just arrived: nothing that still waits is told any more."""
        if (live := self._live.get(album_id)) is not None:
            live.settled = True
        if self._measured is not None:
            self._measured.arrived()

    async def settle(self, album: Album) -> None:
        """Take the message away: the album is there, or another message says why not."""
        self._outbox.forget(album.chat, f"status {album.id}")
        live = self._live.pop(album.id, None)
        self._sheets.discard(album.id)
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

    async def _act(self, live: Live, action: ChatAction) -> None:
        if not (live.settled or live.paused):
            thread = int(live.album.thread) if live.album.thread else None
            await self._bot.send_chat_action(int(live.album.chat), action, message_thread_id=thread)

    async def _refresh(self, live: Live) -> None:
        if live.settled or live.message is None:
            return
        chat, message, buttons = int(live.album.chat), int(live.message), keyboard(_stop(live))
        sheet = await self._sheet(live)
        text = self._outlook.text(live)
        if sheet is None and text == live.shown:
            return
        live.shown = text
        if sheet is not None:
            photo = InputMediaPhoto(sheet, caption=text, parse_mode=ParseMode.HTML)
            await self._bot.edit_message_media(photo, chat, message, reply_markup=buttons)
        elif live.sheet is not None:
            await self._bot.edit_message_caption(
                chat, message, caption=text, parse_mode=ParseMode.HTML, reply_markup=buttons
            )
        else:
            await self._bot.edit_message_text(
                text, chat, message, parse_mode=ParseMode.HTML, reply_markup=buttons
            )

    async def _sheet(self, live: Live) -> bytes | None:
        """The sheet with everything that came since it was shown last; None when that is nothing."""
        fresh, live.fresh = live.fresh, {}
        if live.sheet is None and not any(fresh.values()):
            live.fresh = fresh
            return None
        if not fresh:
            return None
        labels = [(angle, angle_label(angle, live.words)) for angle in live.album.angles]

        def compose() -> tuple[LiveSheet, bytes]:
            sheet = live.sheet or LiveSheet(labels)
            for angle, content in fresh.items():
                if content is None:
                    sheet.give_up(angle)
                else:
                    sheet.add(angle, content)
            return sheet, sheet.jpeg()

        live.sheet, shown = await asyncio.to_thread(compose)
        return shown


def _stop(live: Live) -> Buttons:
    return [[(live.words.t("Cancel"), f"x:{live.session.id}:{live.album.number}")]]
