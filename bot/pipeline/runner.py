"""Who runs what, in one process? One task an album, in turns, taken up again at every start."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

import structlog

from bot.pipeline.angles import DEFAULT_ALBUM
from bot.pipeline.model import AlbumState, SessionId
from bot.pipeline.ports import Courier, SessionStore
from bot.pipeline.runs import Drawer, Key, Runs, Showing, always
from bot.pipeline.turns import Turns

log = structlog.get_logger(__name__)
PER_OWNER = 2
"""Albums of one person that are drawn at a time."""
MOST_ALBUMS = 64
"""Albums under way hold their pictures in memory."""


def albums_at_once(pictures_at_once: int) -> int:
    """How many albums keep a provider busy that makes so many pictures at once.

    Twice as many views as it has places, of five an album: while some are looked up and composed,
    others are drawn. More would only let everybody wait for everybody.
    """
    return max(2, min(MOST_ALBUMS, math.ceil(2 * pictures_at_once / len(DEFAULT_ALBUM))))


class EmbeddedRunner:
    """Implements Runner with tasks of this process.

    At most `at_once` albums are drawn at a time, `per_owner` of one person; `ready` raises
    StorageError while a picture could not be
    stored: nothing is bought then. `sleep` takes seconds. `grace` is how many seconds `close`
    waits for uploads under way.
    """

    def __init__(  # noqa: PLR0913 - one word a collaborator
        self,
        *,
        store: SessionStore,
        drawer: Drawer,
        courier: Courier,
        at_once: int = 4,
        per_owner: int = PER_OWNER,
        ready: Callable[[], Awaitable[None]] = always,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        grace: float = 20.0,
        showing: Showing | None = None,
    ) -> None:
        self._store = store
        self._drawing = Turns(at_once=at_once, each=per_owner)
        self._runs = Runs(
            store=store,
            drawer=drawer,
            courier=courier,
            drawing=self._drawing,
            ready=ready,
            sleep=sleep,
            ended=self._ended,
            showing=showing,
        )
        self._grace = grace
        self._again: set[Key] = set()

    @property
    def waiting(self) -> int:
        """How many albums wait for their turn."""
        return self._drawing.waiting

    def place(self, owner: str) -> int:
        """Which turn that person's last waiting album has, counted from 1; 0 when none waits."""
        return self._drawing.place(owner)

    def coming(self, owner: str) -> int:
        """The same of an album of that person that was submitted this very moment, and is not in line yet."""
        return self._drawing.coming(owner)

    async def start(self) -> None:
        """Take up every unfinished album, and tell what a former process had no time to tell."""
        untold = await self._store.unsettled()
        open_ones = await self._store.unfinished()
        for album in open_ones:
            self._runs.launch((album.session_id, album.number))
        for album in untold:
            self._runs.launch((album.session_id, album.number), untold=True)
        log.info("runner.started", resumed=len(open_ones) + len(untold))

    async def submit(self, session_id: SessionId, number: int) -> None:
        """Run an album that the store has accepted. Idempotent."""
        key = (session_id, number)
        if key in self._runs:
            self._again.add(key)
        else:
            self._runs.launch(key)

    async def cancel(self, session_id: SessionId, number: int) -> bool:
        """Stop an album that is not being delivered yet; False when it is too late."""
        stopped = await self._store.move(session_id, number, old=AlbumState.OPEN, new=AlbumState.CANCELLED)
        if stopped:
            self._runs.stop((session_id, number))
        return stopped

    async def close(self) -> None:
        """Stop at once what can be resumed; let uploads end, for `grace` seconds at most."""
        await self._runs.close(self._grace)

    def _ended(self, key: Key) -> None:
        """Whoever submitted it again meanwhile must not be forgotten."""
        if key in self._again:
            self._again.discard(key)
            self._runs.launch(key)
