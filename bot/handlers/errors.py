"""Which sentence does an error become? And the last stop for errors that nobody expected."""

from __future__ import annotations

import structlog
from telegram import Update
from telegram.error import TelegramError
from telegram.ext import CallbackContext

from bot.handlers.excuse import Excuse
from bot.handlers.labels import angle_label
from bot.handlers.money_words import too_dear
from bot.handlers.speaker import Speaker
from bot.handlers.telegram_errors import Fate, fate_of
from bot.handlers.texts import Words
from bot.handlers.updates import DurableQueue
from bot.handlers.visits import Desk
from bot.pipeline.errors import (
    BadDescription,
    BadPhoto,
    BudgetExceeded,
    NobodyDraws,
    StorageError,
    TooManyAngles,
    UnknownAngle,
    UnknownSession,
)

log = structlog.get_logger(__name__)


def sentence(error: BaseException, words: Words) -> str:  # noqa: PLR0911, PLR0912 - one line an error reads best
    """A clear sentence for a person, never the error's own text."""
    match error:
        case BadDescription(kind="too_long"):
            return words.n(
                "That is too long for me: please use at most {count} character.",
                "That is too long for me: please use at most {count} characters.",
                error.limit,
            )
        case BadDescription():
            return words.t("Please describe a car, for example: <i>red BMW X5 2021</i>")
        case BadPhoto(kind="too_large"):
            return words.t(
                "This photo is too large for me: at most {megabytes} MB, please.",
                megabytes=error.limit // 1_000_000,
            )
        case BadPhoto(kind="unreachable"):
            return words.t("I could not fetch your photo from Telegram. Please send it once more.")
        case BadPhoto():
            return words.t(
                "I cannot open this photo. A JPEG or PNG of at least 200 pixels a side works best."
            )
        case UnknownAngle() if error.near:
            near = ", ".join(angle_label(name, words) for name in error.near)
            return words.t("I know no angle “{word}”. Did you mean: {near}?", word=error.word, near=near)
        case UnknownAngle():
            return words.t("I know no angle “{word}”. Send /more to choose one.", word=error.word)
        case UnknownSession():
            return words.t("I know no car {session} of yours.", session=error.session_id)
        case TooManyAngles():
            return words.n(
                "One car can have at most {count} view.",
                "One car can have at most {count} views.",
                error.limit,
            )
        case NobodyDraws():
            views = ", ".join(angle_label(name, words) for name in error.angles)
            return words.t(
                "There is nobody here who draws this: {views}. The built-in studio draws cars from outside only.",
                views=views,
            )
        case BudgetExceeded():
            return too_dear(error, words)
        case StorageError():
            return words.t("I cannot save anything right now. Please try again in a minute.")
        case _:
            return words.t("Something went wrong on my side. Please try again.")


class ErrorDesk:
    """The application's error handler."""

    def __init__(self, *, desk: Desk, speaker: Speaker, queue: DurableQueue, excuse: Excuse) -> None:
        self._desk = desk
        self._speaker = speaker
        self._queue = queue
        self._excuse = excuse

    async def __call__(self, update: object, context: CallbackContext) -> None:  # type: ignore[type-arg] # the library's own default parameters
        """Answer where there is somebody to answer; log what is ours to mend."""
        error = context.error
        if isinstance(error, TelegramError):
            log.warning("telegram.error", kind=type(error).__name__, fate=fate_of(error).value)
            if fate_of(error) is not Fate.REFUSED:
                return
        elif not isinstance(
            error,
            BadDescription
            | BadPhoto
            | UnknownAngle
            | UnknownSession
            | TooManyAngles
            | NobodyDraws
            | BudgetExceeded,
        ):
            log.error("handler.failed", exc_info=error)
        if isinstance(error, StorageError) and isinstance(update, Update) and self._queue.not_stored(update):
            # it was taken from Telegram: it is not for the person to send it again
            await self._excuse(update, meant=True)
            return
        visit = await self._desk.visit(update) if isinstance(update, Update) else None
        if visit is None or error is None:
            return
        try:
            await self._speaker.say(visit.chat, sentence(error, visit.words), thread=visit.thread)
        except TelegramError as second:
            log.warning("error.not_told", kind=type(second).__name__)
