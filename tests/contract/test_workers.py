"""Do several workers on one Postgres share the work, and is a dead one's work done by another?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.pipeline.errors import FailureKind, StorageError
from bot.pipeline.fleet import FleetRunner, Share, Taken
from bot.pipeline.model import Album, AlbumState, Session, SessionId
from bot.pipeline.runs import Key
from bot.pipeline.spin import Spin
from storage import Storage, open_storage
from storage.claims import Claims
from storage.members import SILENT
from storage.schema import workers
from storage.shared_folder import FolderNotShared, shared_folder
from tests.contract.conftest import skip_without
from tests.fakes.cars import a_session, an_album, blank_views
from tests.fakes.clock import RealClock
from tests.fakes.courier import RecordingCourier, ScriptedDrawer
from tests.fakes.postgres import empty_database

pytestmark = pytest.mark.postgres
BRIEF = 4.0
"""A lease for tests: a server that has just started forgives a longer silence."""


@dataclass(slots=True)
class RecordingShowing:
    began: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    def took(self, session: Session, album: Album) -> None:
        self.began.append(album.id)

    def paused(self, session_id: SessionId, number: int) -> None: ...

    def left(self, session_id: SessionId, number: int) -> None:
        self.gone.append(f"{session_id}/{number}")


@dataclass(slots=True)
class Worker:
    """One process: its storage, what it drew and what it brought."""

    storage: Storage
    claims: Claims
    courier: RecordingCourier
    drawer: ScriptedDrawer
    showing: RecordingShowing = field(default_factory=RecordingShowing)
    runner: FleetRunner | None = None

    @property
    def number(self) -> int:
        assert self.storage.members.worker is not None
        return self.storage.members.worker

    async def run(self, *, at_once: int = 4, per_owner: int = 2) -> FleetRunner:
        self.runner = FleetRunner(
            store=self.storage.sessions,
            drawer=self.drawer,
            courier=self.courier,
            claims=self.claims,
            members=self.storage.members,
            clock=RealClock(),
            showing=self.showing,
            share=Share(at_once=at_once, per_owner=per_owner, grace=2),
        )
        await self.runner.start()
        return self.runner

    async def take(self, room: int = 9, per_owner: int = 2) -> Taken:
        return await self.claims.take(room=room, per_owner=per_owner)

    async def fall_silent(self, seconds: float) -> None:
        """As if it had not beaten for so long."""
        silent = sa.update(workers).where(workers.c.id == self.number).values(seen=workers.c.seen - seconds)
        await self.storage.database.execute(silent)

    async def cut_off(self) -> None:
        """What the server sees of a process that is killed: its connection ends."""
        await self.storage.members._hang_up()
        await self.fall_silent(SILENT + 0.1)


@dataclass(slots=True)
class Fleet:
    url: str
    folder: Path
    stack: AsyncExitStack
    all: list[Worker] = field(default_factory=list)

    async def worker(self) -> Worker:
        storage = await self.stack.enter_async_context(open_storage(self.url, media_dir=self.folder))
        await self.stack.enter_async_context(storage.members)
        worker = Worker(
            storage=storage,
            claims=Claims(database=storage.database, worker=lambda: storage.members.worker),
            courier=RecordingCourier(),
            drawer=ScriptedDrawer(store=storage.sessions),
        )
        self.all.append(worker)
        return worker

    async def accept(self, message: str = "1", *, owner: str = "7", created: float = 100.0) -> Album:
        session = a_session(message, owner=owner, chat=owner, created=created)
        album = an_album(session)
        assert await self.all[0].storage.sessions.accept(session, album, blank_views(album))
        return album

    async def is_in(self, album: Album, state: AlbumState) -> bool:
        row = await self.all[0].storage.sessions.album(album.session_id, album.number)
        return row is not None and row.state is state


@pytest.fixture
async def fleet(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Fleet]:
    address = skip_without(request.getfixturevalue("postgres"))
    url = empty_database(address, "rakurs_empty")
    async with AsyncExitStack() as stack:
        fleet = Fleet(url=url, folder=tmp_path, stack=stack)
        yield fleet
        for worker in fleet.all:
            if worker.runner is not None:
                await worker.runner.close()


def key(album: Album) -> Key:
    return album.session_id, album.number


async def until(true: Callable[[], object], seconds: float = 20) -> None:
    async def asked() -> object:
        return true()

    await until_said(asked, seconds)


async def until_said(true: Callable[[], Awaitable[object]], seconds: float = 20) -> None:
    for _ in range(round(seconds / 0.02)):
        if await true():
            return
        await asyncio.sleep(0.02)
    pytest.fail("it never came to that")


async def test_an_album_is_held_by_one_worker_until_it_is_given_back(fleet: Fleet) -> None:
    one, other = await fleet.worker(), await fleet.worker()
    album = await fleet.accept()
    taken = await asyncio.gather(one.take(), other.take())
    assert sorted(len(each.to_draw) for each in taken) == [0, 1]
    holder, idle = (one, other) if taken[0].to_draw else (other, one)
    await idle.claims.give_back([key(album)])
    assert (await idle.take()).to_draw == ()
    await holder.claims.give_back([key(album)])
    assert (await idle.take()).to_draw == (key(album),)


async def test_owners_take_turns_over_all_workers(fleet: Fleet) -> None:
    one, other = await fleet.worker(), await fleet.worker()
    many = [await fleet.accept(f"m{n}", owner="1", created=100.0 + n) for n in range(5)]
    few = [await fleet.accept(f"f{n}", owner=str(2 + n), created=200.0 + n) for n in range(2)]
    first = await one.take(room=1)
    assert first.to_draw == (key(many[0]),)
    assert first.line == ("2", "3", "1", "1", "1", "1")
    # nobody else is behind the second album of somebody
    assert (await other.take(room=3)).to_draw == (key(few[0]), key(few[1]), key(many[1]))
    assert (await other.take()).to_draw == (), "two of one person at most, whoever holds them"
    await one.claims.give_back([key(many[0])])
    await one.storage.sessions.move(*key(many[0]), old=AlbumState.OPEN, new=AlbumState.CANCELLED)
    late = await fleet.accept("late", owner="9", created=300.0)
    assert (await one.take(room=1)).to_draw == (key(late),), "whoever was served stands behind"


async def test_what_a_dead_worker_held_is_free(fleet: Fleet) -> None:
    dead, heir = await fleet.worker(), await fleet.worker()
    album, ended = await fleet.accept("1"), await fleet.accept("2", owner="8")
    assert len((await dead.take()).to_draw) == 2
    await dead.storage.sessions.move(*key(ended), old=AlbumState.OPEN, new=AlbumState.DELIVERING)
    await dead.storage.inbox.put(5, '{"update_id": 5}')
    film = Spin(
        session_id=album.session_id, owner="7", chat="7", request="q", language="uk",
        thread=None, reply_to=None, created=100.0,
    )  # fmt: skip
    assert await dead.storage.spins.accept(film)
    assert await heir.storage.inbox.pending() == ()
    assert await heir.storage.spins.under_way() == ()
    await dead.cut_off()
    # right after a start of the server itself nobody counts as dead
    await until_said(heir.storage.members.bury)
    taken = await heir.take()
    assert taken.to_draw == (key(album),)
    assert taken.to_settle == (key(ended),)
    assert await heir.storage.spins.under_way() == (film,)
    assert await heir.storage.inbox.pending() == ('{"update_id": 5}',)
    assert await heir.storage.inbox.pending() == ()


async def test_a_silent_worker_lives_while_its_connection_does_but_not_for_ever(fleet: Fleet) -> None:
    silent, judge = await fleet.worker(), await fleet.worker()
    judge.storage.members.lease = BRIEF
    await silent.fall_silent(BRIEF / 2)
    assert await judge.storage.members.bury() == 0
    assert await judge.storage.members.count() == 2
    await silent.fall_silent(BRIEF)
    assert await judge.storage.members.count() == 1
    await until_said(judge.storage.members.bury)
    assert not await silent.storage.members.beat()


async def test_nothing_is_written_by_a_worker_that_counts_as_dead(fleet: Fleet) -> None:
    zombie, judge = await fleet.worker(), await fleet.worker()
    album = await fleet.accept()
    await zombie.take()
    judge.storage.members.lease = BRIEF
    await zombie.fall_silent(BRIEF + 1)
    await until_said(judge.storage.members.bury)
    with pytest.raises(StorageError):
        await zombie.storage.sessions.move(*key(album), old=AlbumState.OPEN, new=AlbumState.DELIVERING)
    with pytest.raises(StorageError):
        await zombie.storage.sessions.mark_missing(album.session_id, album.angles[0], FailureKind.SERVER)
    assert await fleet.is_in(album, AlbumState.OPEN)
    assert not await zombie.storage.members.beat()
    await zombie.storage.members.join()
    assert (await zombie.take()).to_draw == (key(album),)


async def test_whoever_has_been_here_longest_leads_until_it_counts_as_dead(fleet: Fleet) -> None:
    first, second, third = [await fleet.worker() for _ in range(3)]

    async def leaders() -> list[bool]:
        return [await each.storage.members.leads() for each in (first, second, third)]

    assert await leaders() == [True, False, False]
    await first.cut_off()
    assert await leaders() == [True, False, False]
    await until_said(second.storage.members.bury)
    assert await leaders() == [False, True, False]
    await first.storage.members.join()
    assert await leaders() == [False, True, False]
    await second.storage.members.__aexit__(None, None, None)
    assert await leaders() == [False, False, True]
    await second.storage.members.join()


async def test_whoever_is_about_to_end_leads_no_more_and_finishes_what_it_holds(fleet: Fleet) -> None:
    first, second = await fleet.worker(), await fleet.worker()
    album = await fleet.accept()
    assert (await first.take()).to_draw == (key(album),)
    await first.storage.members.resign()
    assert not await first.storage.members.leads()
    assert await second.storage.members.leads()
    assert await first.storage.members.beat()
    await first.storage.sessions.move(*key(album), old=AlbumState.OPEN, new=AlbumState.DELIVERING)
    assert (await second.take()).to_draw == ()
    await first.storage.members.join()
    await second.storage.members.__aexit__(None, None, None)
    assert not await first.storage.members.leads()
    await second.storage.members.join()


async def test_the_same_update_at_two_workers_is_handled_once(fleet: Fleet) -> None:
    one, other = await fleet.worker(), await fleet.worker()
    fresh = await asyncio.gather(*(each.storage.inbox.put(7, "{}") for each in (one, other)))
    assert sorted(fresh) == [False, True]
    assert [await each.storage.inbox.pending() for each in (one, other)] == [(), ()]


async def test_workers_that_do_not_share_their_pictures_are_refused(fleet: Fleet) -> None:
    one, other = (await fleet.worker()).storage, (await fleet.worker()).storage
    elsewhere = fleet.folder / "elsewhere"
    elsewhere.mkdir()

    def opening(storage: Storage, folder: Path) -> AbstractAsyncContextManager[None]:
        return shared_folder(folder, database=storage.database, mark=storage.members.mark, step=0.02)

    async with AsyncExitStack() as stack:
        # each waits for the other's mark
        await asyncio.gather(
            *(stack.enter_async_context(opening(each, fleet.folder)) for each in (one, other))
        )
        with pytest.raises(FolderNotShared):
            await stack.enter_async_context(opening(other, elsewhere))
    assert [path.name for path in fleet.folder.iterdir()] == ["elsewhere"]


async def test_two_runners_share_the_albums_and_each_arrives_once(fleet: Fleet) -> None:
    one, other = await fleet.worker(), await fleet.worker()
    albums = [await fleet.accept(str(n), owner=str(n), created=100.0 + n) for n in range(12)]
    one.drawer.gate = other.drawer.gate = asyncio.Event()
    runner = await one.run(at_once=4)
    await other.run(at_once=4)
    await until(lambda: one.drawer.under_way + other.drawer.under_way == 8)
    assert one.drawer.under_way == 4
    await until(lambda: runner.waiting == 4)
    assert [runner.place(str(n)) for n in range(12)] == [*[0] * 8, 1, 2, 3, 4]
    one.drawer.gate.set()
    await until(lambda: len(one.courier.told) + len(other.courier.told) == 12)
    sent = sorted(album for worker in (one, other) for album, _ in worker.courier.sent)
    assert sent == sorted(album.id for album in albums)


async def test_whoever_was_asked_is_told_that_another_draws_it(fleet: Fleet) -> None:
    full, idle = await fleet.worker(), await fleet.worker()
    first = await fleet.accept("1", owner="1", created=1.0)
    full.drawer.gate = asyncio.Event()
    runner = await full.run(at_once=1)
    await until(lambda: full.drawer.under_way)
    second = await fleet.accept("2", owner="2", created=2.0)
    await runner.submit(*key(second))
    assert runner.place("2") == 1
    await idle.run()
    await until(lambda: full.showing.gone == [second.id])
    assert (full.showing.began, idle.showing.began) == ([first.id], [second.id])
    full.drawer.gate.set()


async def test_an_album_is_stopped_wherever_it_is_drawn(fleet: Fleet) -> None:
    drawing, asked = await fleet.worker(), await fleet.worker()
    album = await fleet.accept()
    drawing.drawer.gate = asyncio.Event()
    await drawing.run()
    await until(lambda: drawing.drawer.under_way)
    canceller = await asked.run()
    assert await canceller.cancel(*key(album))
    await until(lambda: not drawing.drawer.under_way)
    assert drawing.showing.gone == [album.id]
    assert not await canceller.cancel(*key(album))
    # taken up again by the person, it arrives
    await asked.storage.sessions.reopen(*key(album))
    drawing.drawer.gate.set()
    await canceller.submit(*key(album))
    await until(lambda: [*drawing.courier.told, *asked.courier.told] == [("arrived", album.id)])


async def test_a_worker_that_was_declared_dead_drops_everything_and_begins_anew(fleet: Fleet) -> None:
    zombie, judge = await fleet.worker(), await fleet.worker()
    album = await fleet.accept()
    zombie.courier.gate = asyncio.Event()
    await zombie.run()
    # the upload is under way when it is taken for dead
    await until_said(lambda: fleet.is_in(album, AlbumState.DELIVERING))
    number = zombie.number
    await judge.storage.database.execute(sa.delete(workers).where(workers.c.id == number))
    await until(lambda: zombie.storage.members.worker != number)
    zombie.courier.gate.set()
    assert zombie.courier.sent == []
    again = await fleet.accept("2", owner="8")
    await until(lambda: ("arrived", again.id) in zombie.courier.told)


async def test_a_worker_that_is_stopped_leaves_its_albums_to_the_others_at_once(fleet: Fleet) -> None:
    leaving = await fleet.worker()
    album = await fleet.accept()
    leaving.drawer.gate = asyncio.Event()
    runner = await leaving.run()
    await until(lambda: leaving.drawer.under_way)
    await runner.close()
    await leaving.storage.members.__aexit__(None, None, None)
    heir = await fleet.worker()
    await heir.run()
    await until(lambda: heir.courier.told == [("arrived", album.id)], seconds=SILENT)
    await leaving.storage.members.join()
