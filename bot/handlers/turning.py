"""How does the film of a turning car reach the person? One status message, then one animation."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from telegram import Bot
from telegram.constants import ChatAction, ParseMode
from telegram.error import ChatMigrated, TelegramError

from bot.handlers.courier import kind_of, upload_marked
from bot.handlers.labels import car_title, provider_label
from bot.handlers.outbox import Outbox
from bot.handlers.ports import SpinMarks
from bot.handlers.speaker import Buttons, Speaker, keyboard
from bot.handlers.status_words import about_left
from bot.handlers.texts import Texts, Words
from bot.pipeline.errors import DeliveryError, StorageError
from bot.pipeline.model import Session, SessionId
from bot.pipeline.ports import Clock, Sending
from bot.pipeline.spin import Spin

log = structlog.get_logger(__name__)
_DOTS = 10
_STUDIO = "studio"


@dataclass(slots=True)
class _Live:
    """What is known of one film under way in this process. `started` is when its first frame began."""

    spin: Spin
    message: str | None
    started: float | None = None
    done: int = 0
    total: int = 0
    shown: str = ""
    over: bool = False


class TelegramSpins:
    """Implements the pipeline's SpinCourier."""

    def __init__(self, *, bot: Bot, outbox: Outbox, speaker: Speaker, texts: Texts, clock: Clock) -> None:
        self._bot = bot
        self._outbox = outbox
        self._speaker = speaker
        self._texts = texts
        self._clock = clock
        self._live: dict[SessionId, _Live] = {}
        self._marks: SpinMarks | None = None

    def mark_in(self, marks: SpinMarks) -> None:
        """Where to note the status message, for a later process."""
        self._marks = marks

    def turning(self, spin: Spin, session: Session, *, done: int, total: int) -> None:
        """See SpinCourier."""
        live = self._of(spin)
        live.done, live.total = done, total
        if total and live.started is None:
            live.started = self._clock.ticks()
        self._outbox.edit(spin.chat, _key(spin), lambda: self._refresh(live, session))
        self._outbox.edit(
            spin.chat, "action", lambda: self._act(spin, ChatAction.RECORD_VIDEO, live), weight=0
        )

    async def deliver(
        self, spin: Spin, session: Session, film: bytes | str, *, drawn_by: str | None, sending: Sending
    ) -> str:
        """See SpinCourier."""
        caption = _caption(session, drawn_by, self._texts.words(spin.language))
        try:
            try:
                return await self._upload(spin.chat, spin, film, caption, sending)
            except ChatMigrated as moved:
                return await self._upload(str(moved.new_chat_id), spin, film, caption, sending)
        except TelegramError as error:
            raise DeliveryError(kind=kind_of(error)) from error

    async def _upload(self, chat: str, spin: Spin, film: bytes | str, caption: str, sending: Sending) -> str:
        live = self._of(spin)

        async def upload() -> str:
            await self._act(spin, ChatAction.UPLOAD_VIDEO, live)
            sent = await self._bot.send_animation(
                int(chat),
                film,
                caption=caption,
                parse_mode=ParseMode.HTML,
                filename=None if isinstance(film, str) else f"{spin.session_id}.mp4",
                message_thread_id=int(spin.thread) if spin.thread else None,
                reply_to_message_id=int(spin.reply_to) if spin.reply_to else None,
                allow_sending_without_reply=True if spin.reply_to else None,
            )
            return sent.animation.file_id if sent.animation else ""

        return await upload_marked(self._outbox, chat, upload, sending)

    async def over(self, spin: Spin) -> None:
        """See SpinCourier."""
        live = self._live.pop(spin.session_id, None) or _Live(spin=spin, message=spin.status_message)
        live.over = True
        self._outbox.forget(spin.chat, _key(spin))
        try:
            # queued behind a status that is just being sent, so that its number is known by then
            await self._outbox.send(spin.chat, lambda: self._delete(live), weight=0)
        except TelegramError as error:
            log.info("spin.status_not_deleted", kind=type(error).__name__)

    async def unsure(self, spin: Spin) -> None:
        """See SpinCourier."""
        words = self._texts.words(spin.language)
        text = words.t(
            "Telegram did not confirm that your film arrived. If you do not see it, press the button."
        )
        await self._settle(spin, text, words.t("Send again"))

    async def failed(self, spin: Spin) -> None:
        """See SpinCourier."""
        words = self._texts.words(spin.language)
        text = words.t("Sorry, the car could not be filmed this time. You can try again.")
        await self._settle(spin, text, words.t("Try again"))

    async def _settle(self, spin: Spin, text: str, button: str) -> None:
        await self.over(spin)
        try:
            await self._speaker.say(
                spin.chat, text, thread=spin.thread, reply_to=spin.reply_to,
                buttons=[[(button, f"o:{spin.session_id}")]],
            )  # fmt: skip
        except TelegramError as error:
            log.warning("spin.not_told", session=spin.session_id, kind=type(error).__name__)
            if kind_of(error) == "later":
                raise DeliveryError(kind="later") from error

    def _of(self, spin: Spin) -> _Live:
        live = self._live.get(spin.session_id)
        if live is None:
            live = _Live(spin=spin, message=spin.status_message)
            self._live[spin.session_id] = live
        return live

    async def _refresh(self, live: _Live, session: Session) -> None:
        """Send the status message, or edit it; runs in the outbox, so nothing else is sent meanwhile."""
        text = self._text(live, session)
        if live.over or text == live.shown:
            return
        live.shown, spin, buttons = text, live.spin, keyboard(self._stop(live.spin))
        if live.message is not None:
            await self._bot.edit_message_text(
                text, int(spin.chat), int(live.message), parse_mode=ParseMode.HTML, reply_markup=buttons
            )
            return
        sent = await self._bot.send_message(
            int(spin.chat),
            text,
            parse_mode=ParseMode.HTML,
            reply_markup=buttons,
            message_thread_id=int(spin.thread) if spin.thread else None,
            reply_to_message_id=int(spin.reply_to) if spin.reply_to else None,
            allow_sending_without_reply=True if spin.reply_to else None,
        )
        live.message = str(sent.message_id)
        if self._marks is not None:
            try:
                await self._marks.set_status_message(spin.session_id, live.message)
            except StorageError as error:
                log.warning("spin.status_not_noted", session=spin.session_id, kind=str(error))

    async def _act(self, spin: Spin, action: ChatAction, live: _Live) -> None:
        if live.over:
            return
        try:
            thread = int(spin.thread) if spin.thread else None
            await self._bot.send_chat_action(int(spin.chat), action, message_thread_id=thread)
        except TelegramError as error:
            log.info("spin.action_not_sent", kind=type(error).__name__)

    async def _delete(self, live: _Live) -> None:
        if live.message is not None:
            await self._bot.delete_message(int(live.spin.chat), int(live.message))

    def _text(self, live: _Live, session: Session) -> str:
        words = self._texts.words(live.spin.language)
        lines = [words.t("Turning <b>{car}</b>", car=car_title(session.spec, words)[:200])]
        if live.total:
            full = round(_DOTS * live.done / live.total)
            lines.append("●" * full + "○" * (_DOTS - full))
        if live.done and live.started is not None:
            each = (self._clock.ticks() - live.started) / max(1, live.done - 1)
            left = round(each * (live.total - live.done))
            if live.done > 1 and left:
                lines.append(about_left(left, words))
        return "\n".join(lines)

    def _stop(self, spin: Spin) -> Buttons:
        return [[(self._texts.words(spin.language).t("Cancel"), f"O:{spin.session_id}")]]


def _key(spin: Spin) -> str:
    return f"spin {spin.session_id}"


def _caption(session: Session, drawn_by: str | None, words: Words) -> str:
    """Whose the film is stands there, most of all where another provider drew the pictures."""
    lines = [words.t("<b>{car}</b>", car=car_title(session.spec, words)[:200])]
    if drawn_by in {None, _STUDIO}:
        lines.append(words.t("The same 3D car, once round."))
    else:
        text = words.t(
            "The studio’s own 3D model of this car, once round. The album is by {provider}, so details differ.",
            provider=provider_label(drawn_by or "", words),
        )
        lines.append(text)
    lines.append(words.t("Session <code>{session}</code>", session=session.id))
    return "\n".join(lines)
