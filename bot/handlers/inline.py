"""What does somebody see who types the bot's name in another chat? The pictures of their own cars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from telegram import InlineQueryResultCachedPhoto, InlineQueryResultsButton, Update
from telegram.constants import ParseMode
from telegram.error import TelegramError
from telegram.ext import CallbackContext

from bot.handlers.labels import angle_label, car_title, car_words
from bot.handlers.ports import Archive
from bot.handlers.texts import Words
from bot.handlers.visits import Desk
from bot.pipeline.model import AngleName, Session, SessionId

log = structlog.get_logger(__name__)
CARS, RESULTS = 20, 50
"""Cars that are looked at for one page, and pictures that Telegram takes in one answer."""
_PAGES = 10
"""So many pages are looked through for one answer at most."""
Pictures = Mapping[SessionId, Sequence[tuple[AngleName, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inline:
    """Without words one picture a car, with words every picture of the cars that they fit."""

    desk: Desk
    archive: Archive

    async def __call__(self, update: Update, _context: CallbackContext) -> None:  # type: ignore[type-arg] # the library's own default parameters
        query = update.inline_query
        if query is None:
            return
        words = await self.desk.words(query.from_user)
        offset = int(query.offset) if query.offset.isdecimal() and len(query.offset) < 7 else 0  # noqa: PLR2004 - a number of cars
        wanted = query.query.strip().lower().split()
        fitting, offset = await self._fitting(str(query.from_user.id), wanted, words, offset)
        pictures = await self.archive.sent_pictures([session.id for session in fitting])
        button = InlineQueryResultsButton(words.t("Draw a car"), start_parameter="new")
        try:
            await query.answer(
                results(fitting, pictures, words, every=bool(wanted)),
                cache_time=0,
                is_personal=True,
                next_offset=str(offset or ""),
                button=button,
            )
        except TelegramError as error:
            # the next letter was typed before this answer came
            log.info("inline.not_answered", kind=type(error).__name__)

    async def _fitting(
        self, owner: str, wanted: Sequence[str], words: Words, offset: int
    ) -> tuple[list[Session], int]:
        """The next cars that fit, and where to go on (0: nowhere). An empty page would be the last one shown."""
        for _ in range(_PAGES):
            page = await self.archive.sessions_of(owner, offset=offset, limit=CARS)
            offset = offset + CARS if offset + CARS < page.total else 0
            fitting = [session for session in page.sessions if fits(session, wanted, words)]
            if fitting or not offset:
                return fitting, offset
        return [], offset


def fits(session: Session, wanted: Sequence[str], words: Words) -> bool:
    """Whether every word typed is found in the car, in the person's language or in English."""
    spec = session.spec
    known = (session.id, car_words(spec, words), spec.color or "", spec.body.value if spec.body else "")
    text = " ".join(known).lower()
    return all(word in text for word in wanted)


def results(
    sessions: Sequence[Session], pictures: Pictures, words: Words, *, every: bool
) -> list[InlineQueryResultCachedPhoto]:
    """At most as many as one answer holds, the newest car first."""
    found: list[InlineQueryResultCachedPhoto] = []
    for session in sessions:
        car = car_title(session.spec, words)
        sent = pictures.get(session.id, ())
        for angle, file_id in sent if every else sent[:1]:
            found.append(
                InlineQueryResultCachedPhoto(
                    id=f"{session.id}:{angle}",
                    photo_file_id=file_id,
                    title=car[:100],
                    description=angle_label(angle, words),
                    caption=words.t("<b>{car}</b>", car=car[:200]),
                    parse_mode=ParseMode.HTML,
                )
            )
    return found[:RESULTS]
