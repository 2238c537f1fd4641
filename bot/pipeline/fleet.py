"""Who runs what, among many processes on one database? Each takes what nobody holds, in one common order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.pipeline.errors import StorageError
from bot.pipeline.model import AlbumState, SessionId
from bot.pipeline.ports import Clock, Courier, SessionStore
from bot.pipeline.runs import Drawer, Key, Runs, Showing, Unshown, always

log = structlog.get_logger(__name__)
POLL = 0.5
"""Seconds between two looks at what others may have left; what is submitted here is looked at at once."""
BREATH = 0.2
"""Seconds between two looks while this worker has its hands full, whatever is submitted meanwhile."""
BEAT = 1.0
"""Seconds between two signs of life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What this worker holds from now on.

    `to_draw` are open albums; `to_settle` are those whose end somebody dead has not told. `line`
    are the owners of the albums that still wait, in their order.
    """

    to_draw: tuple[Key, ...] = ()
    to_settle: tuple[Key, ...] = ()
    line: tuple[str, ...] = ()


class Claims(Protocol):
    """Which albums does this worker hold? Every call is one transaction and raises StorageError."""

    async def take(self, *, room: int, per_owner: int) -> Taken:
        """Hold up to `room` open albums, so that no owner has more than `per_owner` anywhere."""
        ...

    async def give_back(self, keys: Sequence[Key]) -> None:
        """Hold them no longer."""
        ...

    async def unwanted(self) -> tuple[Key, ...]:
        """What this worker holds though it was cancelled meanwhile."""
        ...

    async def waiting(self, keys: Sequence[Key]) -> tuple[Key, ...]:
        """Which of those are open and held by nobody."""
        ...


class Members(Protocol):
    """This process among the workers. Nothing is written for a worker that counts as dead.

    `lease` is after how many seconds without a beat others may think so. Raises StorageError.
    """

    lease: float

    async def beat(self) -> bool:
        """Give a sign of life; False when others have declared this worker dead."""
        ...

    async def bury(self) -> int:
        """Declare silent workers dead, so that what they held is free; how many there were."""
        ...

    async def join(self) -> None:
        """Become a new worker that holds nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """At most `at_once` albums are drawn here at a time, and `per_owner` of one person anywhere.

    `grace` is how many seconds `close` waits for uploads under way.
    """

    at_once: int = 4
    per_owner: int = 2
    grace: float = 20.0


class FleetRunner:
    """Implements Runner for one of several workers.

    Owners take turns: whoever was served stands behind those who were not.
    """

    def __init__(  # noqa: PLR0913 - one word a collaborator
        self,
        *,
        store: SessionStore,
        drawer: Drawer,
        courier: Courier,
        claims: Claims,
        members: Members,
        clock: Clock,
        ready: Callable[[], Awaitable[None]] = always,
        share: Share | None = None,
        showing: Showing | None = None,
    ) -> None:
        self._store = store
        self._claims = claims
        self._members = members
        self._clock = clock
        self._share = share or Share()
        self._showing = showing or Unshown()
        self._runs = Runs(
            store=store,
            drawer=drawer,
            courier=courier,
            drawing=self,
            ready=ready,
            sleep=clock.sleep,
            ended=self._ended,
            drawn=self._drawn,
            showing=self._showing,
        )
        self._asked: set[Key] = set()
        self._to_draw: set[Key] = set()
        self._over: set[Key] = set()
        self._line: tuple[str, ...] = ()
        self._nudge = asyncio.Event()
        self._hands_free = asyncio.Event()
        self._next_look = asyncio.Event()
        self._beaten = clock.ticks()
        self._beat_due = self._beaten
        self._tending: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many albums wait for a worker."""
        return len(self._line)

    def place(self, owner: str) -> int:
        """Which turn that person's last waiting album has, counted from 1; 0 when none waits."""
        return max((place for place, name in enumerate(self._line, 1) if name == owner), default=0)

    def coming(self, owner: str) -> int:
        """The same: `submit` has seen to it that its place is known."""
        return self.place(owner)

    @contextlib.asynccontextmanager
    async def turn(self, owner: str) -> AsyncIterator[None]:  # noqa: ARG002 - taking was the turn
        """What this worker has taken may be drawn at once."""
        yield

    async def start(self) -> None:
        """Take what nobody holds, again and again."""
        self._tending = asyncio.get_running_loop().create_task(self._tend(), name="fleet")
        log.info("fleet.started")

    async def submit(self, session_id: SessionId, number: int) -> None:
        """Look at what is open. Returns when that was done, so that the album's place is known."""
        look = self._next_look
        self._asked.add((session_id, number))
        self._nudge.set()
        await _for_a_while(look, 2 * POLL)

    async def cancel(self, session_id: SessionId, number: int) -> bool:
        """Stop an album that is not being delivered yet, wherever it is; False when it is too late."""
        stopped = await self._store.move(session_id, number, old=AlbumState.OPEN, new=AlbumState.CANCELLED)
        if stopped:
            self._runs.stop((session_id, number))
        return stopped

    async def close(self) -> None:
        """Stop at once what another worker can resume; let uploads end."""
        if self._tending is not None:
            self._tending.cancel()
            await asyncio.gather(self._tending, return_exceptions=True)
        await self._runs.close(self._share.grace)

    def _drawn(self, key: Key) -> None:
        self._to_draw.discard(key)
        self._hands_free.set()
        self._nudge.set()

    def _ended(self, key: Key) -> None:
        self._over.add(key)
        self._drawn(key)

    async def _tend(self) -> None:
        while True:
            look, self._next_look = self._next_look, asyncio.Event()
            self._nudge.clear()
            self._hands_free.clear()
            try:
                await self._look()
            except StorageError:
                log.exception("fleet.not_tended")
                if self._clock.ticks() - self._beaten > self._members.lease:
                    # by now others see to what was ours
                    await self._drop()
                await self._clock.sleep(POLL)
            except Exception:  # an outermost place: who no longer tends is buried with all that it holds
                log.exception("fleet.crashed")
                await self._clock.sleep(POLL)
            finally:
                look.set()
            if len(self._to_draw) >= self._share.at_once:
                await _for_a_while(self._hands_free, BREATH)
            await _for_a_while(self._nudge, POLL)

    async def _look(self) -> None:
        if self._clock.ticks() >= self._beat_due:
            await self._beat()
        if self._over:
            over = tuple(self._over)
            await self._claims.give_back(over)
            self._over.difference_update(over)
        room = self._share.at_once - len(self._to_draw)
        taken = await self._claims.take(room=room, per_owner=self._share.per_owner)
        self._line = taken.line
        self._asked.difference_update(taken.to_draw)
        for key in taken.to_draw:
            self._to_draw.add(key)
            self._runs.launch(key)
        for key in taken.to_settle:
            self._runs.launch(key, untold=True)
        if taken.to_draw or taken.to_settle:
            log.info("fleet.took", to_draw=len(taken.to_draw), to_settle=len(taken.to_settle))

    async def _drop(self) -> None:
        """What was held here is another's now."""
        for key in await self._runs.halt():
            self._showing.left(*key)

    async def _beat(self) -> None:
        if not await self._members.beat():
            log.warning("fleet.declared_dead")
            await self._drop()
            self._over.clear()
            await self._members.join()
        self._beaten = self._clock.ticks()
        self._beat_due = self._beaten + BEAT
        if buried := await self._members.bury():
            log.warning("fleet.buried", workers=buried)
        for key in await self._claims.unwanted():
            self._runs.stop(key)
            self._showing.left(*key)
        if self._asked:
            asked = tuple(self._asked)
            for key in set(asked).difference(await self._claims.waiting(asked), self._to_draw):
                self._asked.discard(key)
                self._showing.left(*key)


async def _for_a_while(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
