"""How does a wish become an accepted album? A committed row first, everything else after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from bot.handlers.ports import Purse
from bot.handlers.status import Status
from bot.handlers.visits import Visit
from bot.pipeline.accept import under_free_id
from bot.pipeline.angles import ALBUM_LIMIT, CATALOGUE, DEFAULT_ALBUM
from bot.pipeline.errors import BudgetExceeded, NobodyDraws, StorageError, TooManyAngles, UnknownSession
from bot.pipeline.model import (
    Album,
    AlbumState,
    AngleName,
    CarSpec,
    Session,
    SessionId,
    View,
    ViewState,
    origin_for,
    parse_session_id,
    seeds_for,
    session_id_for,
)
from bot.pipeline.ports import Clock, Runner, SessionStore
from bot.pipeline.tracing import Tracer

_IDS = 4
"""So many ids a message may have had to go through are tried."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Accepts albums. `bot_id` is the number in front of the token's colon."""

    bot_id: str
    store: SessionStore
    runner: Runner
    status: Status
    purse: Purse
    clock: Clock
    tracer: Tracer

    async def draw(
        self,
        visit: Visit,
        spec: CarSpec,
        angles: Sequence[AngleName],
        key: str,
        *,
        photo: bytes | None = None,
    ) -> SessionId:
        """A new car. `key` names the wish within the chat: the same key is the same session.

        `photo` is a JPEG of the real car that the person sent.
        """
        origin = origin_for(bot=self.bot_id, chat=visit.chat, message=key)
        now = self.clock.now()

        async def accept(session_id: SessionId) -> SessionId:
            session = Session(
                id=session_id,
                spec=spec,
                owner=visit.owner,
                chat=visit.chat,
                language=visit.words.language,
                created=now,
                origin=origin,
                photo=await self.store.keep_photo(session_id, photo) if photo else None,
            )
            if not await self._accept(
                visit, session, number=1, angles=tuple(angles) or DEFAULT_ALBUM, now=now
            ):
                await self._again_if_open(session_id)
            return session_id

        return await under_free_id(origin, accept)

    async def more(self, visit: Visit, session: Session, angles: Sequence[AngleName]) -> bool:
        """Further angles of the same car; False when the car already has every one of them.

        Raises TooManyAngles when the car would have more than fit one album, UnknownSession when it
        was deleted meanwhile. Of two such wishes at once, the one that comes second looks again.
        """
        while await self.store.session(session.id) is not None:
            have = {view.angle for view in await self.store.views(session.id)}
            new = tuple(angle for angle in angles if angle not in have)
            if not new:
                return False
            if len(have) + len(new) > ALBUM_LIMIT:
                raise TooManyAngles(asked=len(have) + len(new), limit=ALBUM_LIMIT)
            number = max((album.number for album in await self.store.albums(session.id)), default=0) + 1
            if await self._accept(visit, session, number=number, angles=new, now=self.clock.now()):
                return True
        raise UnknownSession(session_id=session.id)

    async def again(self, session: Session, number: int, visit: Visit) -> None:
        """Draw what is missing (or send what is stored) once more, at a person's wish.

        Raises BudgetExceeded or NobodyDraws, and nothing has changed, where what is missing cannot be drawn now.
        """
        album = await self.store.album(session.id, number)
        if album is not None and album.state is not AlbumState.UNKNOWN:
            views = [view for view in await self.store.views(session.id) if view.angle in album.angles]
            missing = [view.angle for view in views if view.state is not ViewState.DRAWN]
            begun = album.provider if len(missing) < len(views) else None
            await self.purse.check(session.owner, album.chat, missing, begun)
        try:
            await self.store.reopen(session.id, number)
        except StorageError:
            await self._look_later(session.id, number)
            raise
        album = await self.store.album(session.id, number)
        if album is not None:
            await self._start(visit, session, album)

    async def of_message(self, chat: str, message: str) -> Session | None:
        """The car that was asked for by that message."""
        origin = origin_for(bot=self.bot_id, chat=chat, message=message)
        for attempt in range(_IDS):
            session = await self.store.session(session_id_for(origin, attempt))
            if session is None or session.origin == origin:
                return session
        return None

    async def cancel(self, session_id: SessionId, number: int) -> bool:
        """Stop an album and take its status away; False when it is too late."""
        album = await self.store.album(session_id, number)
        if album is None or not await self.runner.cancel(session_id, number):
            return False
        await self.status.settle(album)
        return True

    async def owned(self, visit: Visit, word: str) -> Session:
        """The session of that id if this person asked for it; raises UnknownSession otherwise."""
        session_id = parse_session_id(word)
        session = await self.store.session(session_id) if session_id else None
        if session is None or session.owner != visit.owner:
            raise UnknownSession(session_id=word[:20])
        return session

    async def _accept(
        self, visit: Visit, session: Session, *, number: int, angles: tuple[AngleName, ...], now: float
    ) -> bool:
        if len(angles) > ALBUM_LIMIT:
            raise TooManyAngles(asked=len(angles), limit=ALBUM_LIMIT)
        await self._payable(visit, session, number, angles)
        seeds = seeds_for(session.id, CATALOGUE)
        views = [View(session_id=session.id, angle=angle, seed=seeds[angle]) for angle in angles]
        album = Album(
            session_id=session.id,
            number=number,
            angles=angles,
            chat=visit.chat,
            thread=visit.thread,
            reply_to=visit.message,
            created=now,
        )
        try:
            with self.tracer.span("accept", album=album.id, views=len(views)):
                accepted = await self.store.accept(session, album, views)
        except StorageError:
            await self._look_later(session.id, number)
            raise
        if not accepted:
            return False
        log.info("order.accepted", album=album.id, views=len(views))
        await self._start(visit, session, album)
        return True

    async def _look_later(self, session_id: SessionId, number: int) -> None:
        """Committed, and only its answer lost? The runner finds out once the rows can be read again."""
        await self.runner.submit(session_id, number)

    async def _again_if_open(self, session_id: SessionId) -> None:
        """The same message again, perhaps because its first handler was killed before it submitted."""
        known = await self.store.album(session_id, 1)
        if known is not None and known.state is AlbumState.OPEN:
            await self.runner.submit(session_id, 1)

    async def _payable(
        self, visit: Visit, session: Session, number: int, angles: tuple[AngleName, ...]
    ) -> None:
        """Raises BudgetExceeded and NobodyDraws; what was accepted before is no new wish."""
        try:
            await self.purse.check(visit.owner, visit.chat, angles)
        except (BudgetExceeded, NobodyDraws):
            if await self.store.album(session.id, number) is None:
                raise

    async def _start(self, visit: Visit, session: Session, album: Album) -> None:
        """Submit first: what Telegram does with the status message must not hold the car up."""
        self.status.begin(session, album, visit.words)
        await self.runner.submit(session.id, album.number)
        message = await self.status.show(album.id)
        if message is None:
            return
        await self.store.set_status_message(session.id, album.number, message)
        known = await self.store.album(session.id, album.number)
        if known is None or not known.state.under_way:
            # deleted, or brought by another process, while its status was on its way
            await self.status.settle(known or replace(album, status_message=message))
