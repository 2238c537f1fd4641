"""How is an album brought once, and its end told, whatever is killed in between?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import structlog

from bot.pipeline.errors import DeliveryError, FailureKind, StorageError
from bot.pipeline.marks import Marks, surely
from bot.pipeline.model import Album, AlbumState, Picture, Session, View, ViewState
from bot.pipeline.ports import Courier, Receipt, SessionStore

log = structlog.get_logger(__name__)
T = TypeVar("T")


class Delivery:
    """Brings drawn albums. The album's state is marked before and after the upload.

    An album that is found between the marks is never sent again: whether it arrived is unknown,
    and only the person can ask for it once more.
    """

    def __init__(
        self,
        *,
        store: SessionStore,
        courier: Courier,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._courier = courier
        self._sleep = sleep

    async def bring(self, session: Session, album: Album) -> None:
        """Send what is drawn of an OPEN album, or settle it where nothing is.

        Raises StorageError, and DeliveryError of kind `later`: the album is OPEN then.
        """
        views, pictures = await self._drawn(album)
        if not views:
            await self.give_up(session, album)
            return
        marks = Marks(move=lambda old, new: self._move(album, old, new), what=album.id, sleep=self._sleep)
        try:
            receipt = await self._courier.deliver(session, album, views, pictures, marks)
        except DeliveryError as error:
            await self._not_brought(session, album, marks, error)
        except StorageError:
            if marks.begun:
                await self._not_confirmed(session, album, "unknown")
            else:
                await marks.withdraw()
            raise
        except Exception:  # code broke around the upload: whether it arrived is unknown
            if not marks.begun:
                raise
            log.exception("delivery.crashed", album=album.id)
            await self._not_confirmed(session, album, "unknown")
        else:
            await self._confirmed(session, album, receipt)

    async def doubt(self, session: Session, album: Album) -> None:
        """Settle an album that was found between the marks."""
        await self._not_confirmed(session, album, "unknown")

    async def give_up(self, session: Session, album: Album) -> None:
        """Settle an OPEN album that has no picture. Raises StorageError."""
        if await self._move(album, AlbumState.OPEN, AlbumState.FAILED):
            await self.tell(session, replace(album, state=AlbumState.FAILED))

    async def tell(self, session: Session, album: Album) -> None:
        """Tell the person how that album ended, and note that it was told.

        Raises DeliveryError of kind `later` when that has to be done again.
        """
        try:
            match album.state:
                case AlbumState.DELIVERED:
                    views = await self._store.views(session.id)
                    mine = [v for v in views if v.angle in album.angles and v.state is ViewState.DRAWN]
                    await self._courier.arrived(session, album, mine)
                case AlbumState.UNKNOWN:
                    await self._courier.unsure(session, album)
                case AlbumState.FAILED:
                    await self._courier.failed(session, album)
                case _:
                    return
        except DeliveryError as error:
            log.warning("delivery.not_told", album=album.id, state=album.state.value, kind=error.kind)
            if error.kind == "later":
                raise
        await self._note_told(album)

    async def _note_told(self, album: Album) -> None:
        await self._surely(album, lambda: self._store.settled(album.session_id, album.number))

    async def _confirmed(self, session: Session, album: Album, receipt: Receipt) -> None:
        await self._surely(album, lambda: self._store.save_receipt(album.session_id, album.number, receipt))
        log.info("album.delivered", album=album.id, messages=len(receipt.messages))
        stored = await self._store.album(album.session_id, album.number)
        if stored is not None:
            await self.tell(session, stored)

    async def _not_brought(self, session: Session, album: Album, marks: Marks, error: DeliveryError) -> None:
        if error.kind == "stopped":
            return
        if error.kind == "later":
            await marks.withdraw()
            raise error
        if marks.begun or await marks.begin():
            await self._not_confirmed(session, album, error.kind)

    async def _not_confirmed(self, session: Session, album: Album, kind: str) -> None:
        new = AlbumState.UNKNOWN if kind == "unknown" else AlbumState.FAILED
        log.warning("album.not_delivered", album=album.id, kind=kind)
        moved = await self._surely(album, lambda: self._move(album, AlbumState.DELIVERING, new))
        if not moved:
            return
        if kind == "blocked":
            await self._note_told(album)
        else:
            await self.tell(session, replace(album, state=new))

    async def _drawn(self, album: Album) -> tuple[list[View], list[Picture]]:
        """What is drawn, in the album's order. A view whose bytes are lost becomes a missing one."""
        stored = {view.angle: view for view in await self._store.views(album.session_id)}
        views, pictures = [], []
        for view in (stored[angle] for angle in album.angles if angle in stored):
            if view.state is not ViewState.DRAWN or view.provider is None:
                continue
            picture = await self._store.picture(view.session_id, view.angle, view.provider)
            if picture is None and view.file_id is None:
                await self._store.mark_missing(view.session_id, view.angle, FailureKind.CRASHED)
                continue
            views.append(view)
            pictures.append(picture or _only_at_telegram(view, view.provider))
        return views, pictures

    async def _move(self, album: Album, old: AlbumState, new: AlbumState) -> bool:
        return await self._store.move(album.session_id, album.number, old=old, new=new)

    async def _surely(self, album: Album, write: Callable[[], Awaitable[T]]) -> T:
        return await surely(write, what=album.id, sleep=self._sleep)


def _only_at_telegram(view: View, provider: str) -> Picture:
    """A picture whose bytes were cleaned away: its file id still sends it."""
    return Picture(
        content=b"",
        media_type="image/jpeg",
        width=view.width,
        height=view.height,
        provider=provider,
        model="",
        seconds=view.seconds,
    )
