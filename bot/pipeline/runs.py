"""How does one accepted album get to its end, whatever breaks? One task an album, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog

from bot.pipeline.deliver import Delivery
from bot.pipeline.errors import DeliveryError, SetFailed, StorageError
from bot.pipeline.marks import pause
from bot.pipeline.model import Album, AlbumState, Session, SessionId
from bot.pipeline.ports import Courier, SessionStore
from bot.pipeline.turns import Turns

log = structlog.get_logger(__name__)
Key = tuple[SessionId, int]
CRASHES = 3
"""So many times an album may break the code before it is given up."""
UPLOADS = 14
"""Drawn albums that are held in memory and brought at a time, one a chat."""


class Drawer(Protocol):
    """Fills the blank views of an album and stores their pictures; may be called again after a kill."""

    async def draw_set(self, session: Session, album: Album) -> Album:
        """The album with its provider; views that failed are MISSING in the store.

        Raises SetFailed when not one view could be drawn, and StorageError.
        """
        ...


class Queueing(Protocol):
    """Decides when an album of that owner may be drawn."""

    def turn(self, owner: str) -> AbstractAsyncContextManager[None]:
        """Wait for a turn and hold it while the album is drawn."""
        ...


class Showing(Protocol):
    """Shows people how far their album is, from the process that draws it. Neither waits nor raises."""

    def took(self, session: Session, album: Album) -> None:
        """Its turn has come here, wherever it was asked for."""
        ...

    def paused(self, session_id: SessionId, number: int) -> None:
        """Nothing can be stored: it goes on by itself when that works again."""
        ...

    def left(self, session_id: SessionId, number: int) -> None:
        """What was asked for here is drawn by another process."""
        ...


class Unshown:
    """A Showing that nobody looks at."""

    def took(self, session: Session, album: Album) -> None:
        """Nothing."""

    def paused(self, session_id: SessionId, number: int) -> None:
        """Nothing."""

    def left(self, session_id: SessionId, number: int) -> None:
        """Nothing."""


async def always() -> None:
    """There is room."""


def never_mind(_key: Key) -> None:
    """Nobody waits for that."""


class Runs:
    """The albums that this process sees to. What they do is in the rows: they may all be killed.

    `ready` raises StorageError while a picture could not be stored: nothing is bought then. `sleep`
    takes seconds. `drawn` is told of every album whose turn to be drawn is over, `ended` of every task.
    """

    def __init__(  # noqa: PLR0913 - one word a collaborator
        self,
        *,
        store: SessionStore,
        drawer: Drawer,
        courier: Courier,
        drawing: Queueing,
        ready: Callable[[], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]],
        ended: Callable[[Key], None],
        drawn: Callable[[Key], None] = never_mind,
        showing: Showing | None = None,
    ) -> None:
        self._store = store
        self._drawer = drawer
        self._delivery = Delivery(store=store, courier=courier, sleep=sleep)
        self._drawing = drawing
        self._bringing = Turns(at_once=UPLOADS, each=1)
        self._ready = ready
        self._sleep = sleep
        self._told_of, self._drawn = ended, drawn
        self._showing = showing or Unshown()
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._untold: set[Key] = set()
        self._sending: set[Key] = set()
        self._closed = False

    def __contains__(self, key: Key) -> bool:
        return key in self._tasks

    def launch(self, key: Key, *, untold: bool = False) -> None:
        """See to an album that no task sees to yet; `untold`: it is over, but its person does not know."""
        if self._closed or key in self._tasks:
            return
        if untold:
            self._untold.add(key)
        task = asyncio.get_running_loop().create_task(self._work(key), name=f"album {key[0]}/{key[1]}")
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._ended(key))

    def stop(self, key: Key) -> None:
        """Drop an album whose row says that it is not wanted any more."""
        if (task := self._tasks.get(key)) is not None:
            task.cancel()

    async def close(self, grace: float) -> None:
        """Stop at once what can be resumed; let uploads end, for `grace` seconds at most. For good."""
        self._closed = True
        for key, task in self._tasks.items():
            if key not in self._sending:
                task.cancel()
        tasks = list(self._tasks.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def halt(self) -> tuple[Key, ...]:
        """Drop everything at once, uploads as well; what was dropped."""
        tasks = dict(self._tasks)
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        return tuple(tasks)

    def _ended(self, key: Key) -> None:
        del self._tasks[key]
        self._untold.discard(key)
        self._told_of(key)

    async def _work(self, key: Key) -> None:
        """See one album to its end, through broken disks and broken code."""
        failures = crashes = 0
        while crashes < CRASHES:
            try:
                await self._album(key)
            except StorageError:
                log.exception("album.storage_failed", album=_name(key), attempt=failures)
                self._showing.paused(*key)
                await self._sleep(pause(failures))
                failures += 1
            except DeliveryError as error:
                log.warning("album.later", album=_name(key), kind=error.kind, attempt=failures)
                self._untold.add(key)
                await self._sleep(pause(failures))
                failures += 1
            except Exception:  # one of the outermost places: one broken album stops no other
                log.exception("album.crashed", album=_name(key), attempt=crashes)
                await self._sleep(pause(crashes))
                crashes += 1
            else:
                return
        await self._give_up(key)

    async def _album(self, key: Key) -> None:
        session, album = await self._store.session(key[0]), await self._store.album(*key)
        if session is None or album is None:
            return
        if album.state is AlbumState.DELIVERING:
            await self._delivery.doubt(session, album)
        elif album.state is AlbumState.OPEN:
            await self._draw(session, album)
            self._drawn(key)
            async with self._bringing.turn(album.chat):
                await self._bring(session, key)
        elif key in self._untold:
            self._untold.discard(key)
            await self._delivery.tell(session, album)

    async def _draw(self, session: Session, album: Album) -> None:
        async with self._drawing.turn(session.owner):
            fresh = await self._store.album(album.session_id, album.number)
            if fresh is None or fresh.state is not AlbumState.OPEN:
                return
            self._showing.took(session, fresh)
            await self._ready()
            try:
                await self._drawer.draw_set(session, fresh)
            except SetFailed as failure:
                log.warning("album.failed", album=album.id, kinds=str(failure))

    async def _bring(self, session: Session, key: Key) -> None:
        """The album is read again: its status message and provider came while it was drawn."""
        album = await self._store.album(*key)
        if album is None or album.state is not AlbumState.OPEN:
            return
        self._sending.add(key)
        try:
            await self._delivery.bring(session, album)
        finally:
            self._sending.discard(key)

    async def _give_up(self, key: Key) -> None:
        """What breaks the code again and again is told as failed; a retry stays possible."""
        try:
            session, album = await self._store.session(key[0]), await self._store.album(*key)
            if session is not None and album is not None:
                await self._delivery.give_up(session, album)
        except Exception:  # the same outermost place: the next start takes it up again
            log.exception("album.not_given_up", album=_name(key))


def _name(key: Key) -> str:
    return f"{key[0]}/{key[1]}"
