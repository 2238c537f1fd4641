"""Who films what? One film of a person at a time, few at once, taken up again at every start."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from bot.pipeline.errors import DeliveryError, ProviderError, StorageError
from bot.pipeline.marks import Marks, pause, surely
from bot.pipeline.model import Album, AlbumState, Session, SessionId
from bot.pipeline.spin import Films, Spin, SpinCourier, SpinStore, Taken
from bot.pipeline.turns import Turns

log = structlog.get_logger(__name__)
ATTEMPTS = 6
"""So many times a film may meet a broken disk or a Telegram that is away before it is given up."""


class Cars(Protocol):
    """Whose film is it? A part of SessionStore."""

    async def session(self, session_id: SessionId) -> Session | None: ...

    async def albums(self, session_id: SessionId) -> tuple[Album, ...]: ...


class Spinner:
    """Accepts wishes for films and sees each to its end.

    At most `most` are under way, `at_once` of them are rendered, `seconds` long each at most.
    `sleep` takes seconds.
    """

    def __init__(
        self,
        *,
        store: SpinStore,
        cars: Cars,
        films: Films,
        courier: SpinCourier,
        at_once: int = 1,
        most: int = 12,
        seconds: float = 600.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._cars = cars
        self._films = films
        self._courier = courier
        self._turns = Turns(at_once=at_once, each=1)
        self._most = most
        self._seconds = seconds
        self._sleep = sleep
        self._accepting = asyncio.Lock()
        self._tasks: dict[SessionId, tuple[Spin, asyncio.Task[None]]] = {}
        self._closed = False

    async def start(self) -> None:
        """Take up what a former process, or a broken disk, left."""
        for spin in await self._store.under_way():
            self._launch(spin)

    async def submit(self, spin: Spin) -> Taken:
        """Accept a wish and begin. Raises StorageError: whether it was accepted is found out later."""
        async with self._accepting:
            if any(known.request == spin.request and known.chat == spin.chat for known in self._running()):
                return Taken.REPEATED
            if any(known.owner == spin.owner for known in self._running()):
                return Taken.BUSY
            if len(self._tasks) >= self._most:
                return Taken.FULL
            try:
                accepted = await self._store.accept(spin)
            except StorageError:
                # committed, and only its answer lost? The film's own work finds out
                self._launch(spin)
                raise
            if accepted:
                self._launch(spin)
                return Taken.ACCEPTED
            if spin.session_id in self._tasks:
                return Taken.BUSY
            # one that could not even be given up lies there until somebody asks again
            await self.start()
            return Taken.REPEATED

    async def cancel(self, session_id: SessionId) -> bool:
        """Stop a film that is not being sent yet; False when it is too late."""
        stopped = await self._store.move(session_id, old=AlbumState.OPEN, new=AlbumState.CANCELLED)
        if stopped and session_id in self._tasks:
            spin, task = self._tasks[session_id]
            task.cancel()
            await self._courier.over(spin)
        return stopped

    def running(self, owner: str) -> SessionId | None:
        """The car whose film this person waits for."""
        return next((spin.session_id for spin in self._running() if spin.owner == owner), None)

    def place(self, owner: str) -> int:
        """Which turn that person's waiting film has, counted from 1; 0 when none waits."""
        return self._turns.place(owner)

    async def close(self) -> None:
        """Stop; what is under way is taken up at the next start."""
        self._closed = True
        tasks = [task for _, task in self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _running(self) -> tuple[Spin, ...]:
        return tuple(spin for spin, _ in self._tasks.values())

    def _launch(self, spin: Spin) -> None:
        if self._closed or spin.session_id in self._tasks:
            return
        name = f"spin {spin.session_id}"
        # the spinner owns its films: every task is in `_tasks` and ended in `close`
        task = asyncio.get_running_loop().create_task(self._work(spin), name=name)
        self._tasks[spin.session_id] = (spin, task)
        task.add_done_callback(lambda _: self._tasks.pop(spin.session_id, None))

    async def _work(self, spin: Spin) -> None:
        """See one film to its end, through broken disks and a Telegram that is away."""
        for attempt in range(ATTEMPTS):
            try:
                await self._film(spin)
            except (StorageError, DeliveryError) as error:
                log.warning("spin.later", session=spin.session_id, kind=type(error).__name__, exc_info=error)
                await self._sleep(pause(attempt))
            except Exception:  # one of the outermost places: one broken film stops no other
                log.exception("spin.crashed", session=spin.session_id)
                break
            else:
                return
        await self._give_up(spin)

    async def _film(self, spin: Spin) -> None:
        fresh, session = await self._store.spin(spin.session_id), await self._cars.session(spin.session_id)
        if fresh is None or session is None:
            await self._courier.over(spin)
            return
        if fresh.state is AlbumState.DELIVERING:
            await self._doubt(fresh)
        elif fresh.state is AlbumState.OPEN:
            film = fresh.file_id or await self._store.film(spin.session_id)
            try:
                film = film or await self._made(fresh, session)
            except (ProviderError, TimeoutError) as error:
                log.warning("spin.not_made", session=spin.session_id, kind=str(error))
                await self._give_up(fresh)
                return
            await self._bring(fresh, session, film)
        else:  # it ended meanwhile, and whoever ended it was not answered
            await self._courier.over(fresh)

    async def _made(self, spin: Spin, session: Session) -> bytes:
        self._courier.turning(spin, session, done=0, total=0)
        async with self._turns.turn(spin.owner), asyncio.timeout(self._seconds):
            film = await self._films.spin(
                session.spec,
                session.id,
                told=lambda done, total: self._courier.turning(spin, session, done=done, total=total),
            )
        await self._store.keep_film(session.id, film)
        log.info("spin.made", session=session.id, bytes=len(film))
        return film

    async def _bring(self, spin: Spin, session: Session, film: bytes | str) -> None:
        albums = await self._cars.albums(session.id)
        marks = Marks(
            move=lambda old, new: self._move(spin, old, new), what=spin.session_id, sleep=self._sleep
        )
        try:
            file_id = await self._courier.deliver(
                spin, session, film, drawn_by=albums[0].provider if albums else None, sending=marks
            )
        except DeliveryError as error:
            await self._not_brought(spin, marks, error, known=isinstance(film, str))
        except StorageError:  # the mark was not confirmed: nothing left
            await marks.withdraw()
            raise
        except Exception:  # code broke around the upload: whether it arrived is unknown
            if not marks.begun:
                raise
            log.exception("spin.crashed", session=spin.session_id)
            await self._doubt(spin)
        else:
            await self._note(spin, lambda: self._move(spin, AlbumState.DELIVERING, AlbumState.DELIVERED))
            await self._note(spin, lambda: self._store.set_file_id(session.id, file_id))
            log.info("spin.delivered", session=session.id)
            await self._courier.over(spin)

    async def _not_brought(self, spin: Spin, marks: Marks, error: DeliveryError, *, known: bool) -> None:
        log.warning("spin.not_delivered", session=spin.session_id, kind=error.kind)
        match error.kind:
            case "unknown":
                await self._doubt(spin)
            case "stopped":
                await self._courier.over(spin)
            case "blocked":
                await self._note(spin, lambda: self._move(spin, AlbumState.DELIVERING, AlbumState.FAILED))
            case "refused" if known:  # Telegram forgot the file: the bytes are sent, or made again
                await self._note(spin, lambda: self._store.set_file_id(spin.session_id, None))
                await marks.withdraw()
                raise error
            case "refused":
                await marks.withdraw()
                await self._give_up(spin)
            case _:
                await marks.withdraw()
                raise error

    async def _doubt(self, spin: Spin) -> None:
        """Nobody knows whether it arrived: told first, for a kill in between only tells it again."""
        await self._courier.unsure(spin)
        await self._note(spin, lambda: self._move(spin, AlbumState.DELIVERING, AlbumState.UNKNOWN))

    async def _move(self, spin: Spin, old: AlbumState, new: AlbumState) -> bool:
        return await self._store.move(spin.session_id, old=old, new=new)

    async def _note(self, spin: Spin, write: Callable[[], Awaitable[object]]) -> None:
        await surely(write, what=spin.session_id, sleep=self._sleep)

    async def _give_up(self, spin: Spin) -> None:
        try:
            await self._courier.failed(spin)
            await self._store.move(spin.session_id, old=AlbumState.OPEN, new=AlbumState.FAILED)
        except (StorageError, DeliveryError) as error:
            log.warning("spin.not_told", session=spin.session_id, kind=type(error).__name__)
