"""Who runs what, in one process? One task an album, in turns, taken up again at every start."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from bot.pipeline.deliver import Delivery, pause
from bot.pipeline.errors import DeliveryError, SetFailed, StorageError
from bot.pipeline.model import Album, AlbumState, Session, SessionId
from bot.pipeline.ports import Courier, SessionStore
from bot.pipeline.turns import Turns

log = structlog.get_logger(__name__)
_Key = tuple[SessionId, int]
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


async def _always() -> None:
    """There is room."""


class EmbeddedRunner:
    """Implements Runner with tasks of this process.

    At most `at_once` albums are drawn at a time, `per_owner` of one person; `ready` raises StorageError while a picture could not be
    stored: nothing is bought then. `sleep` takes seconds. `grace` is how many seconds `close`
    waits for uploads under way.
    """

    def __init__(
        self,
        *,
        store: SessionStore,
        drawer: Drawer,
        courier: Courier,
        at_once: int = 4,
        per_owner: int = 2,
        ready: Callable[[], Awaitable[None]] = _always,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        grace: float = 20.0,
    ) -> None:
        self._store = store
        self._drawer = drawer
        self._delivery = Delivery(store=store, courier=courier, sleep=sleep)
        self._drawing = Turns(at_once=at_once, each=per_owner)
        self._bringing = Turns(at_once=UPLOADS, each=1)
        self._ready = ready
        self._sleep = sleep
        self._grace = grace
        self._tasks: dict[_Key, asyncio.Task[None]] = {}
        self._again: set[_Key] = set()
        self._untold: set[_Key] = set()
        self._sending: set[_Key] = set()
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many albums wait for their turn."""
        return self._drawing.waiting

    def place(self, owner: str) -> int:
        """Which turn that person's last waiting album has, counted from 1; 0 when none waits."""
        return self._drawing.place(owner)

    async def start(self) -> None:
        """Take up every unfinished album, and tell what a former process had no time to tell."""
        untold = await self._store.unsettled()
        self._untold.update((album.session_id, album.number) for album in untold)
        albums = (*await self._store.unfinished(), *untold)
        for album in albums:
            self._launch((album.session_id, album.number))
        log.info("runner.started", resumed=len(albums))

    async def submit(self, session_id: SessionId, number: int) -> None:
        """Run an album that the store has accepted. Idempotent."""
        key = (session_id, number)
        if key in self._tasks:
            self._again.add(key)
        else:
            self._launch(key)

    async def cancel(self, session_id: SessionId, number: int) -> bool:
        """Stop an album that is not being delivered yet; False when it is too late."""
        stopped = await self._store.move(session_id, number, old=AlbumState.OPEN, new=AlbumState.CANCELLED)
        task = self._tasks.get((session_id, number))
        if stopped and task is not None:
            task.cancel()
        return stopped

    async def close(self) -> None:
        """Stop at once what can be resumed; let uploads end, for `grace` seconds at most."""
        self._closed = True
        for key, task in self._tasks.items():
            if key not in self._sending:
                task.cancel()
        tasks = list(self._tasks.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=self._grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _launch(self, key: _Key) -> None:
        if self._closed or key in self._tasks:
            return
        task = asyncio.get_running_loop().create_task(self._work(key), name=f"album {key[0]}/{key[1]}")
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._ended(key))

    def _ended(self, key: _Key) -> None:
        """Whoever submitted it again meanwhile must not be forgotten."""
        del self._tasks[key]
        if key in self._again:
            self._again.discard(key)
            self._launch(key)

    async def _work(self, key: _Key) -> None:
        """See one album to its end, through broken disks and broken code."""
        failures = crashes = 0
        while crashes < CRASHES:
            try:
                await self._album(key)
            except StorageError:
                log.exception("album.storage_failed", album=_name(key), attempt=failures)
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

    async def _album(self, key: _Key) -> None:
        session, album = await self._store.session(key[0]), await self._store.album(*key)
        if session is None or album is None:
            return
        if album.state is AlbumState.DELIVERING:
            await self._delivery.doubt(session, album)
        elif album.state is AlbumState.OPEN:
            await self._draw(session, album)
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
            await self._ready()
            try:
                await self._drawer.draw_set(session, fresh)
            except SetFailed as failure:
                log.warning("album.failed", album=album.id, kinds=str(failure))

    async def _bring(self, session: Session, key: _Key) -> None:
        """The album is read again: its status message and provider came while it was drawn."""
        album = await self._store.album(*key)
        if album is None or album.state is not AlbumState.OPEN:
            return
        self._sending.add(key)
        try:
            await self._delivery.bring(session, album)
        finally:
            self._sending.discard(key)

    async def _give_up(self, key: _Key) -> None:
        """What breaks the code again and again is told as failed; a retry stays possible."""
        try:
            session, album = await self._store.session(key[0]), await self._store.album(*key)
            if session is not None and album is not None:
                await self._delivery.give_up(session, album)
        except Exception:  # the same outermost place: the next start takes it up again
            log.exception("album.not_given_up", album=_name(key))


def _name(key: _Key) -> str:
    return f"{key[0]}/{key[1]}"
