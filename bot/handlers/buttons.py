"""What does a pressed button mean? Every payload is looked up anew with its owner: none is trusted."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from telegram import CallbackQuery, Message, Update
from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError
from telegram.ext import CallbackContext

from bot.handlers.deeds import Deeds
from bot.handlers.describe import Describe
from bot.handlers.edited import Edited
from bot.handlers.errors import sentence
from bot.handlers.orders import Orders
from bot.handlers.photos import photo_in
from bot.handlers.ports import Preferences
from bot.handlers.shares import Sharing
from bot.handlers.speaker import Speaker
from bot.handlers.start import Small
from bot.handlers.texts import LANGUAGES, Texts
from bot.handlers.visits import Desk, Visit
from bot.pipeline.errors import BadInput, BudgetExceeded, UnknownSession
from bot.pipeline.model import Session, parse_session_id

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """The one handler of callback queries."""

    desk: Desk
    speaker: Speaker
    orders: Orders
    deeds: Deeds
    preferences: Preferences
    describe: Describe
    edited: Edited
    small: Small
    sharing: Sharing
    texts: Texts

    async def __call__(self, update: Update, _context: CallbackContext) -> None:  # type: ignore[type-arg] # the library's own default parameters
        query = update.callback_query
        visit = await self.desk.visit(update)
        if query is None or visit is None:
            return
        await self._calm(query)
        verb, _, rest = (query.data or "").partition(":")
        try:
            if verb in {"u", "l", "p", "M", "g"}:
                await self._general(query, visit, verb, rest)
            else:
                word, _, choice = rest.partition(":")
                session = await self._session(query, visit, word)
                await self.deeds(visit, session, verb, choice)
        except (BadInput, BudgetExceeded) as error:
            await self._say(visit, sentence(error, visit.words))

    async def _calm(self, query: CallbackQuery) -> None:
        """Stop the button's spinner; a button pressed long ago cannot be answered any more."""
        try:
            await query.answer()
        except TelegramError as error:
            log.info("button.not_answered", kind=type(error).__name__)

    async def _session(self, query: CallbackQuery, visit: Visit, word: str) -> Session:
        session_id = parse_session_id(word)
        session = await self.orders.store.session(session_id) if session_id else None
        if session is None:
            raise UnknownSession(session_id=word[:20])
        if session.owner != visit.owner and not (
            visit.group and session.chat == visit.chat and await _administers(query, visit)
        ):
            raise UnknownSession(session_id=word[:20])
        return session

    async def _general(self, query: CallbackQuery, visit: Visit, verb: str, rest: str) -> None:
        if verb == "l" and rest in LANGUAGES:
            await self.preferences.set_language(visit.owner, rest)
            await self._say(visit, self.texts.words(rest).t("From now on I write in this language."))
        elif verb == "p" and rest.isdecimal() and len(rest) < 7:  # noqa: PLR2004 - a page number, not a bomb
            await self.small.cars(visit, int(rest))
        elif verb == "M":
            await self.sharing.make_mine(visit, rest)
        elif verb == "g":
            asked = self._asked(query, visit)
            if asked is None:
                await self._say(visit, visit.words.t("Please describe the car once more."))
            else:
                await self.edited.draw(visit, *asked)
        elif verb == "u" and rest.isdecimal() and len(rest) < 3:  # noqa: PLR2004 - an index of a button
            await self._chosen(query, visit, int(rest))

    def _asked(self, query: CallbackQuery, visit: Visit) -> tuple[Message, str] | None:
        """The message that the question answered, and what it says; only where this person wrote it."""
        asked = query.message.reply_to_message if isinstance(query.message, Message) else None
        if asked is None or asked.from_user is None or str(asked.from_user.id) != visit.owner:
            return None
        return asked, (asked.text or asked.caption or "").replace(f"@{query.get_bot().username}", "").strip()

    async def _chosen(self, query: CallbackQuery, visit: Visit, index: int) -> None:
        """Read the message that the question answered once more and draw the chosen reading."""
        asked = self._asked(query, visit)
        reading = self.describe.read(asked[1]) if asked else None
        if asked is None or reading is None or index >= len(reading.specs):
            await self._say(visit, visit.words.t("Please describe the car once more."))
            return
        key = f"{asked[0].message_id}#{index}"
        await self.describe.draw(visit, reading.specs[index], (), key, photo=photo_in(asked[0]))

    async def _say(self, visit: Visit, text: str) -> None:
        await self.speaker.say(visit.chat, text, thread=visit.thread)


async def _administers(query: CallbackQuery, visit: Visit) -> bool:
    try:
        member = await query.get_bot().get_chat_member(int(visit.chat), int(visit.owner))
    except TelegramError:
        return False
    return member.status in {ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER}
