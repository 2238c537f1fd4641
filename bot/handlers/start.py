"""What do the small commands answer? /start, /help, /new, /cars, /credits, /cancel, /language, /quota."""

from __future__ import annotations

from dataclasses import dataclass

from telegram import Update
from telegram.ext import CallbackContext

from bot.handlers.access import Access
from bot.handlers.keys import car_keys
from bot.handlers.labels import car_head, car_title
from bot.handlers.money_words import left_words
from bot.handlers.more import More
from bot.handlers.orders import Orders
from bot.handlers.ports import Archive
from bot.handlers.shares import Sharing
from bot.handlers.speaker import Buttons, Speaker
from bot.handlers.spins import Spinning
from bot.handlers.texts import LANGUAGES
from bot.handlers.visits import Desk, Visit
from bot.pipeline.model import OWN_PHOTO, Session

PAGE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """Every command that answers with one message."""

    desk: Desk
    speaker: Speaker
    access: Access
    orders: Orders
    archive: Archive
    more: More
    spinning: Spinning
    sharing: Sharing

    async def __call__(self, update: Update, _context: CallbackContext) -> None:  # type: ignore[type-arg] # the library's own default parameters
        """Dispatch on the command's word."""
        visit = await self.desk.visit(update)
        if visit is None:
            return
        command, _, rest = visit.text.partition(" ")
        name = command.lstrip("/").partition("@")[0].lower()
        if name == "start" and rest.strip().upper().startswith("CAR-"):
            await self._open(visit, rest.strip())
        elif name in {"start", "help", "new"}:
            await self._say(visit, self._greeting(visit))
        elif name == "cars":
            await self.cars(visit, 0)
        elif name == "cancel":
            await self._cancel(visit)
        elif name == "language":
            rows = [[(label, f"l:{tag}")] for tag, label in LANGUAGES.items()]
            await self._say(visit, visit.words.t("Choose a language:"), rows)
        elif name == "quota":
            await self._quota(visit)
        elif name == "credits":
            await self._credits(visit, await self.more.session_for(visit, update, rest))
        elif not visit.group:
            await self.unknown(visit)

    async def _open(self, visit: Visit, payload: str) -> None:
        """A link to a car: somebody else's that is shared, or one's own by its id."""
        if await self.sharing.open(visit, payload):
            return
        await self.car(visit, await self.orders.owned(visit, payload))

    async def car(self, visit: Visit, session: Session, *, album: bool = False) -> None:
        """One car with everything that can be done with it, or its pictures once more."""
        words = visit.words
        if album:
            title = words.t("<b>{car}</b>", car=car_title(session.spec, words)[:200])
            if not await self.sharing.show(visit, session, title):
                await self._say(visit, words.t("Its pictures are not ready yet."))
            return
        show = [(words.t("Show the album"), f"v:{session.id}")]
        await self._say(visit, car_head(session, words), car_keys(session.id, words, first=[show]))

    async def unknown(self, visit: Visit) -> None:
        """Also what everybody but admins hears for the admins' commands."""
        await self._say(visit, visit.words.t("I do not know this command. /help shows what I can do."))

    async def cars(self, visit: Visit, offset: int) -> None:
        """One page of this person's cars."""
        page = await self.archive.sessions_of(visit.owner, offset=offset, limit=PAGE)
        words = visit.words
        if not page.sessions:
            await self._say(visit, words.t("You have no car yet. Describe one and I will draw it."))
            return
        titles = [car_title(session.spec, words)[:40] for session in page.sessions]
        rows = [
            # a phone cuts long labels: an id stands only where two look alike
            [(title if titles.count(title) == 1 else f"{title} · {session.id[4:]}", f"c:{session.id}")]
            for title, session in zip(titles, page.sessions, strict=True)
        ]
        turns = [("◀", f"p:{max(0, offset - PAGE)}")] if offset else []
        turns += [("▶", f"p:{offset + PAGE}")] if offset + PAGE < page.total else []
        await self._say(
            visit,
            words.n("You have {count} car:", "You have {count} cars:", page.total),
            [*rows, turns] if turns else rows,
        )

    def _greeting(self, visit: Visit) -> str:
        return visit.words.t(
            "Describe a car, and I draw it from every angle: one car, one album.\n"
            "For example: <i>red BMW X5 2021</i>\n"
            "A photo with the description helps, too.\n\n"
            "/more — more angles\n"
            "/spin — see it turn\n"
            "/colour — another colour\n"
            "/share — a link for a friend\n"
            "/cars — your cars\n"
            "/language — choose a language"
        )

    async def _credits(self, visit: Visit, session: Session | None) -> None:
        """Whose photos helped to draw a car."""
        words = visit.words
        if session is None:
            await self._say(visit, words.t("You have no car yet. Describe one and I will draw it."))
            return
        lines = [
            words.t("Your own photo")
            if one.url == OWN_PHOTO
            else words.t(
                "{author}, {licence}: {url}",
                author=one.author or "?",
                licence=one.licence or "?",
                url=one.url,
            )[:300]
            for one in (await self.orders.store.credits(session.id))[:10]
        ]
        if lines:
            head = words.t("Photos that helped to draw {session}:", session=session.id)
            await self._say(visit, "\n".join([head, *lines]))
        else:
            await self._say(visit, words.t("No photo of anybody was used for {session}.", session=session.id))

    async def _cancel(self, visit: Visit) -> None:
        stopped = 0
        for album in await self.archive.running(visit.owner):
            if album.chat == visit.chat and await self.orders.cancel(album.session_id, album.number):
                stopped += 1
        words = visit.words
        film = await self.spinning.stop_running(visit)
        if stopped:
            await self._say(visit, words.n("Stopped {count} album.", "Stopped {count} albums.", stopped))
        elif film:
            await self._say(visit, words.t("Stopped."))
        else:
            await self._say(visit, words.t("Nothing is being drawn right now."))

    async def _quota(self, visit: Visit) -> None:
        left, _hours = await self.access.left_today(visit.owner)
        words = visit.words
        purse = self.orders.purse
        money = await purse.left(visit.owner, visit.chat)
        lines = []
        if left is not None:
            lines.append(words.n("{count} album is left today.", "{count} albums are left today.", left))
        if money is not None:
            lines.append(left_words(money, purse.renewed_in(), words))
        await self._say(visit, "\n".join(lines) or words.t("There is no daily limit."))

    async def _say(self, visit: Visit, text: str, buttons: Buttons | None = None) -> None:
        await self.speaker.say(visit.chat, text, thread=visit.thread, buttons=buttons)
