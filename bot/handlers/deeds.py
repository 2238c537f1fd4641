"""What can people do with one of their cars, by its buttons or by commands?"""

from __future__ import annotations

from dataclasses import dataclass

from telegram import InputMediaDocument

from bot.handlers.access import Access
from bot.handlers.labels import COLORS, car_head, color_label
from bot.handlers.more import More
from bot.handlers.orders import Orders
from bot.handlers.ports import Archive, Understanding
from bot.handlers.shares import Sharing
from bot.handlers.speaker import Buttons, Speaker, rows_of
from bot.handlers.spins import Spinning
from bot.handlers.start import Small
from bot.handlers.visits import Visit
from bot.pipeline.angles import find_angle
from bot.pipeline.errors import UnknownSession
from bot.pipeline.model import Album, AlbumState, Session, ViewState

_SHORT = 8
"""Letters of a label of which three fit beside each other on a phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """Is called with a car that this person may do everything with: whoever calls has seen to that."""

    speaker: Speaker
    access: Access
    orders: Orders
    archive: Archive
    understanding: Understanding
    more: More
    small: Small
    spinning: Spinning
    sharing: Sharing

    async def __call__(self, visit: Visit, session: Session, verb: str, choice: str) -> None:
        """Do it; `choice` is an angle, a colour, a year or an album's number."""
        match verb:
            case "c" | "v":
                await self.small.car(visit, session, album=verb == "v")
            case "m":
                await self.more.offer(visit, session)
            case "a":
                await self.more.add(visit, session, (find_angle(choice).name,))
            case "k" | "y":
                await self._offer_change(visit, session, verb)
            case "K" | "Y":
                await self._change(visit, session, choice)
            case "r" | "s" | "x" if choice.isdecimal() and len(choice) < 4:  # noqa: PLR2004 - an album's number
                await self._on_album(visit, session, verb, int(choice))
            case "o" | "O":
                spinning = self.spinning.ask if verb == "o" else self.spinning.cancel
                await spinning(visit, session)
            case "e" | "E":
                sharing = self.sharing.offer if verb == "e" else self.sharing.stop
                await sharing(visit, session)
            case "f":
                await self._files(visit, session)
            case "d":
                text = visit.words.t("Delete this car with all its pictures?")
                await self._ask(visit, session, text, [[(visit.words.t("Yes, delete"), f"D:{session.id}")]])
            case "D":
                await self.spinning.turntable.cancel(session.id)
                await self._delete(session)
                await self._say(visit, visit.words.t("{session} is deleted.", session=session.id))

    async def _delete(self, session: Session) -> None:
        """What is being drawn is stopped first, and its status goes as well."""
        albums = [album for album in await self.orders.store.albums(session.id) if album.state.under_way]
        for album in albums:
            await self.orders.runner.cancel(session.id, album.number)
        await self.archive.delete_session(session.id)
        for album in albums:
            await self.orders.status.settle(album)

    async def _offer_change(self, visit: Visit, session: Session, verb: str) -> None:
        words = visit.words
        if verb == "k":
            items = [
                (color_label(name, words), f"K:{session.id}:{name}")
                for name in COLORS
                if name != session.spec.color
            ]
            width = 3 if max(len(label) for label, _ in items) <= _SHORT else 2
            await self._ask(visit, session, words.t("Which colour?"), rows_of(items, width))
            return
        year = session.spec.year or 2020
        years = [y for y in range(year - 6, year + 7) if y != year]
        buttons = rows_of([(str(y), f"Y:{session.id}:{y}") for y in years], 4)
        await self._ask(visit, session, words.t("Which year?"), buttons)

    async def _change(self, visit: Visit, session: Session, choice: str) -> None:
        """The same car with one thing different is a session of its own."""
        if choice not in COLORS and not (choice.isdecimal() and len(choice) == 4):  # noqa: PLR2004 - a year
            return
        spec = self.understanding.understand(choice, previous=session.spec).spec
        if spec is None:
            return
        if (refusal := await self.access.refusal(visit)) is not None:
            await self._say(visit, refusal)
            return
        photo = await self.orders.store.photo(session)
        await self.orders.draw(visit, spec, (), f"{session.id}/{choice}", photo=photo)

    async def _on_album(self, visit: Visit, session: Session, verb: str, number: int) -> None:
        album = await self.orders.store.album(session.id, number)
        words = visit.words
        if album is None:
            raise UnknownSession(session_id=session.id)
        if verb == "x":
            if await self.orders.cancel(session.id, number):
                await self._say(visit, words.t("Stopped."))
            else:
                await self._say(visit, words.t("Too late to stop: the album is already on its way."))
        elif not await self._may_repeat(verb, album):
            await self._say(visit, words.t("This album is already on its way or has arrived."))
        else:
            await self.orders.again(session, number, visit)

    async def _may_repeat(self, verb: str, album: Album) -> bool:
        """Send again only what is unknown; retry only what failed, was stopped or lacks a view."""
        if verb == "s" or album.state is AlbumState.UNKNOWN:
            return album.state is AlbumState.UNKNOWN
        if album.state is AlbumState.DELIVERED:
            views = await self.orders.store.views(album.session_id)
            return any(view.state is not ViewState.DRAWN for view in views if view.angle in album.angles)
        return album.state in {AlbumState.FAILED, AlbumState.CANCELLED}

    async def _files(self, visit: Visit, session: Session) -> None:
        """The pictures as files, as they came, without Telegram's compression."""
        views = [view for view in await self.orders.store.views(session.id) if view.state is ViewState.DRAWN]
        files: list[InputMediaDocument] = []
        for view in views[:10]:
            picture = await self.orders.store.picture(session.id, view.angle, view.provider or "")
            if picture is not None:
                ending = picture.media_type.rpartition("/")[2].replace("jpeg", "jpg")
                name = f"{session.id}-{view.angle}.{ending}"
                files.append(InputMediaDocument(picture.content, filename=name))
        if not files:
            await self._say(visit, visit.words.t("The pictures of this car are not stored any more."))
            return
        await self.speaker.documents(visit.chat, files, thread=visit.thread)

    async def _ask(self, visit: Visit, session: Session, question: str, buttons: Buttons) -> None:
        text = f"{car_head(session, visit.words)}\n{question}"
        await self.speaker.say(visit.chat, text, thread=visit.thread, buttons=buttons)

    async def _say(self, visit: Visit, text: str) -> None:
        await self.speaker.say(visit.chat, text, thread=visit.thread)
