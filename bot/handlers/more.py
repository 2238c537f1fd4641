"""How does a car get more angles? /more with an id, in reply to an album, or by buttons."""

from __future__ import annotations

import re
from dataclasses import dataclass

from telegram import Update
from telegram.ext import CallbackContext

from bot.handlers.access import Access
from bot.handlers.labels import angle_label, car_head
from bot.handlers.orders import Orders
from bot.handlers.ports import Archive
from bot.handlers.speaker import Speaker, rows_of
from bot.handlers.visits import Desk, Visit
from bot.pipeline.angles import ALBUM_LIMIT, CATALOGUE, parse_angles
from bot.pipeline.model import AngleName, Session

_ID = re.compile(r"\bCAR-[0-9A-Za-z]{1,12}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """/more [CAR-id] [angles]."""

    desk: Desk
    speaker: Speaker
    access: Access
    orders: Orders
    archive: Archive

    async def __call__(self, update: Update, _context: CallbackContext) -> None:  # type: ignore[type-arg] # the library's own default parameters
        visit = await self.desk.visit(update)
        message = update.effective_message
        if visit is None or message is None:
            return
        wish = visit.text.partition(" ")[2]
        session = await self.session_for(visit, update, wish)
        if session is None:
            await self._say(visit, visit.words.t("You have no car yet. Describe one and I will draw it."))
            return
        angles = parse_angles(_ID.sub("", wish).strip(" ,"))
        if angles:
            await self.add(visit, session, angles)
        else:
            await self.offer(visit, session)

    async def session_for(self, visit: Visit, update: Update, wish: str) -> Session | None:
        """The car named by id, by the album replied to, or the person's newest one."""
        if named := _ID.search(wish):
            return await self.orders.owned(visit, named.group())
        replied = update.effective_message.reply_to_message if update.effective_message else None
        if replied is not None:
            inside = _ID.search(replied.text or replied.caption or "")
            word = inside.group() if inside else None
            word = word or await self.archive.session_of_message(visit.chat, str(replied.message_id))
            if word is not None:
                return await self.orders.owned(visit, word)
        page = await self.archive.sessions_of(visit.owner, offset=0, limit=1)
        return page.sessions[0] if page.sessions else None

    async def add(self, visit: Visit, session: Session, angles: tuple[AngleName, ...]) -> None:
        """Ask for those angles; raises TooManyAngles."""
        if (refusal := await self.access.refusal(visit)) is not None:
            await self._say(visit, refusal)
        elif not await self.orders.more(visit, session, angles):
            await self._say(visit, visit.words.t("This car already has these views."))

    async def offer(self, visit: Visit, session: Session) -> None:
        """Buttons with the angles still missing."""
        have = {view.angle for view in await self.orders.store.views(session.id)}
        words = visit.words
        if len(have) >= ALBUM_LIMIT:
            await self._say(
                visit,
                words.n(
                    "One car can have at most {count} view.",
                    "One car can have at most {count} views.",
                    ALBUM_LIMIT,
                ),
            )
            return
        left = [
            (angle_label(name, words), f"a:{session.id}:{name}") for name in CATALOGUE if name not in have
        ]
        text = "\n".join([car_head(session, words), words.t("Which angle shall I add?")])
        await self.speaker.say(
            visit.chat, text, thread=visit.thread, reply_to=visit.message, buttons=rows_of(left, 2)
        )

    async def _say(self, visit: Visit, text: str) -> None:
        await self.speaker.say(visit.chat, text, thread=visit.thread, reply_to=visit.message)
