"""Who may see somebody's car? Whoever has the link that its owner asked for, until it is taken back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from bot.handlers.access import Access
from bot.handlers.labels import car_title
from bot.handlers.orders import Orders
from bot.handlers.ports import Archive, Shares
from bot.handlers.speaker import Buttons, Speaker
from bot.handlers.texts import Markup
from bot.handlers.visits import Visit
from bot.pipeline.angles import ALBUM_LIMIT
from bot.pipeline.errors import UnknownSession
from bot.pipeline.model import Session, parse_session_id

_LINK = re.compile(r"(CAR-[0-9A-F]{8})-([A-Za-z0-9_-]{8,40})")
"""What follows `?start=`: at most 64 characters of these, as Telegram asks."""


def _token() -> str:
    """Twelve characters that nobody guesses."""
    return secrets.token_urlsafe(9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """Links to cars. The id of a car alone opens nothing."""

    speaker: Speaker
    access: Access
    orders: Orders
    archive: Archive
    shares: Shares
    bot_name: Callable[[], str]
    token: Callable[[], str] = _token

    async def offer(self, visit: Visit, session: Session) -> None:
        """The link of a car whose owner was checked."""
        words = visit.words
        token = await self.shares.share(session.id, self.token())
        link = f"https://t.me/{self.bot_name()}?start={session.id}-{token}"
        car = car_title(session.spec, words)
        text = words.t("Whoever has this link can see <b>{car}</b>:\n{link}", car=car[:200], link=link)
        share = "https://t.me/share/url?" + urlencode({"url": link, "text": car[:100]})
        buttons = [[(words.t("Send to a friend"), share)], [(words.t("Stop sharing"), f"E:{session.id}")]]
        await self._say(visit, text, buttons)

    async def stop(self, visit: Visit, session: Session) -> None:
        """The link opens nothing from now on."""
        words = visit.words
        if await self.shares.unshare(session.id):
            await self._say(
                visit, words.t("The link of {session} does not work any more.", session=session.id)
            )
        else:
            await self._say(visit, words.t("{session} is not shared.", session=session.id))

    async def open(self, visit: Visit, payload: str) -> bool:
        """Show the car of a link; False where the payload is none. Raises UnknownSession."""
        if (match := _LINK.fullmatch(payload)) is None:
            return False
        if (refusal := self.access.knock(visit)) is not None:
            await self._say(visit, refusal)
            return True
        session = await self._shared(match[1], match[2])
        words = visit.words
        title = words.t("<b>{car}</b>", car=car_title(session.spec, words)[:200])
        if not await self.show(visit, session, words.t("{title}\nShared with you", title=Markup(title))):
            text = words.t(
                "{title}\nIts pictures are not ready yet. Try the link again soon.", title=Markup(title)
            )
            await self._say(visit, text)
            return True
        if session.owner != visit.owner:
            mine = [[(words.t("Make it mine"), f"M:{payload}")]]
            await self._say(
                visit,
                words.t("Would you like one of your own? I draw it afresh, and you can change it."),
                mine,
            )
        return True

    async def show(self, visit: Visit, session: Session, html: str) -> bool:
        """Send what Telegram has of a car, with these words; False where that is nothing."""
        pictures = (await self.archive.sent_pictures((session.id,))).get(session.id, ())
        if pictures:
            file_ids = [file_id for _, file_id in pictures[:ALBUM_LIMIT]]
            await self.speaker.pictures(visit.chat, file_ids, html, thread=visit.thread)
        return bool(pictures)

    async def make_mine(self, visit: Visit, payload: str) -> None:
        """The same car as a session of this person's own. Raises UnknownSession."""
        if (match := _LINK.fullmatch(payload)) is None:
            return
        session = await self._shared(match[1], match[2])
        if (refusal := await self.access.refusal(visit)) is not None:
            await self._say(visit, refusal)
            return
        albums = await self.orders.store.albums(session.id)
        await self.orders.draw(visit, session.spec, albums[0].angles if albums else (), f"{session.id}/mine")

    async def _shared(self, word: str, token: str) -> Session:
        session_id = parse_session_id(word)
        session = await self.orders.store.session(session_id) if session_id else None
        if session is None or not await self.shares.shared(session.id, token):
            raise UnknownSession(session_id=word)
        return session

    async def _say(self, visit: Visit, text: str, buttons: Buttons | None = None) -> None:
        await self.speaker.say(visit.chat, text, thread=visit.thread, buttons=buttons)
