"""Is every accepted album drawn and brought, once, whatever breaks?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import pytest

from bot.pipeline.errors import DeliveryError, FailureKind, StorageError
from bot.pipeline.model import Album, AlbumState, Picture, Session, View, ViewState
from bot.pipeline.ports import Receipt, Sending
from bot.pipeline.runner import EmbeddedRunner
from tests.fakes.cars import FRONT, SIDE, a_picture, a_session, an_album, blank_views
from tests.fakes.courier import RecordingCourier, ScriptedDrawer
from tests.fakes.store import MemoryStore


@dataclass(slots=True)
class House:
    store: MemoryStore
    courier: RecordingCourier
    drawer: ScriptedDrawer
    naps: list[float] = field(default_factory=list)
    runners: list[EmbeddedRunner] = field(default_factory=list)
    full: bool = False

    def runner(self, *, at_once: int = 4, per_owner: int = 2, grace: float = 5.0) -> EmbeddedRunner:
        """Another process on the same store."""
        runner = EmbeddedRunner(
            store=self.store,
            drawer=self.drawer,
            courier=self.courier,
            at_once=at_once,
            per_owner=per_owner,
            ready=self.ready,
            sleep=self.nap,
            grace=grace,
        )
        self.runners.append(runner)
        return runner

    async def ready(self) -> None:
        if self.full:
            raise StorageError("room")

    async def nap(self, seconds: float) -> None:
        self.naps.append(seconds)
        await asyncio.sleep(0)

    async def accept(self, message: str = "1", *, owner: str = "7", created: float = 1.0) -> Album:
        session = a_session(message, owner=owner, chat=owner, created=created)
        album = an_album(session)
        assert await self.store.accept(session, album, blank_views(album))
        return album

    def state(self, album: Album) -> AlbumState:
        return self.store.rows[album.id].state

    def session(self, album: Album) -> Session:
        return self.store.sessions[album.session_id]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    store = MemoryStore()
    house = House(store=store, courier=RecordingCourier(), drawer=ScriptedDrawer(store=store))
    yield house
    for runner in house.runners:
        await runner.close()


async def until(true: Callable[[], object]) -> None:
    for _ in range(2000):
        if true():
            return
        await asyncio.sleep(0)
    pytest.fail("it never came to that")


async def quiet() -> None:
    for _ in range(100):
        await asyncio.sleep(0)


async def test_an_accepted_album_is_drawn_and_brought(house: House) -> None:
    album, runner = await house.accept(), house.runner()
    await runner.submit(album.session_id, 1)
    await until(lambda: house.courier.told)
    assert house.courier.sent == [(album.id, (FRONT, SIDE))]
    assert house.courier.told == [("arrived", album.id)]
    assert house.state(album) is AlbumState.DELIVERED
    assert house.store.moves == [(album.id, AlbumState.DELIVERING), (album.id, AlbumState.DELIVERED)]
    assert {view.file_id for view in house.store.view_rows[album.session_id]} == {"file-front", "file-side"}


async def test_submitting_again_and_again_changes_nothing(house: House) -> None:
    album, runner = await house.accept(), house.runner()
    for _ in range(3):
        await runner.submit(album.session_id, 1)
    await until(lambda: house.courier.told)
    await runner.submit(album.session_id, 1)
    await quiet()
    assert len(house.courier.sent) == len(house.courier.told) == len(house.drawer.calls) == 1


async def test_what_was_open_or_drawn_halfway_is_taken_up_at_start(house: House) -> None:
    album = await house.accept()
    await house.store.save_picture(album.session_id, FRONT, a_picture())
    await house.store.choose(album.session_id, FRONT, "fake")
    await house.runner().start()
    await until(lambda: house.courier.told)
    assert house.drawer.drawn == [f"{album.session_id} side"]
    assert house.courier.sent == [(album.id, (FRONT, SIDE))]


async def test_found_between_the_marks_it_is_asked_about_and_not_sent(house: House) -> None:
    album = await house.accept()
    await house.store.move(album.session_id, 1, old=AlbumState.OPEN, new=AlbumState.DELIVERING)
    await house.runner().start()
    await until(lambda: house.courier.told)
    assert house.courier.told == [("unsure", album.id)]
    assert not house.courier.sent
    assert house.state(album) is AlbumState.UNKNOWN
    assert not house.store.untold


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (AlbumState.DELIVERED, "arrived"),
        (AlbumState.UNKNOWN, "unsure"),
        (AlbumState.FAILED, "failed"),
    ],
)
async def test_what_a_killed_process_did_not_tell_is_told_once(
    house: House, state: AlbumState, word: str
) -> None:
    album = await house.accept()
    await house.store.move(album.session_id, 1, old=AlbumState.OPEN, new=state)
    for _ in range(2):
        await house.runner().start()
        await quiet()
    assert house.courier.told == [(word, album.id)]
    assert not house.courier.sent


async def test_a_lost_answer_is_no_reason_to_send_twice_but_a_button_is(house: House) -> None:
    album, runner = await house.accept(), house.runner()
    house.courier.fails = [DeliveryError(kind="unknown")]
    await runner.submit(album.session_id, 1)
    await until(lambda: house.courier.told)
    assert house.courier.told == [("unsure", album.id)]
    assert len(house.courier.sent) == 1
    await house.store.reopen(album.session_id, 1)
    await runner.submit(album.session_id, 1)
    await until(lambda: len(house.courier.told) == 2)
    assert house.state(album) is AlbumState.DELIVERED
    assert len(house.drawer.drawn) == 2


async def test_a_button_pressed_before_the_task_has_ended_is_not_lost(house: House) -> None:
    album, runner = await house.accept(), house.runner()

    class PressedAtOnce(RecordingCourier):
        async def unsure(self, session: Session, album: Album) -> None:
            await RecordingCourier.unsure(self, session, album)
            await house.store.reopen(album.session_id, 1)
            await runner.submit(album.session_id, 1)

    courier = PressedAtOnce(fails=[DeliveryError(kind="unknown")])
    house.courier = courier
    runner = house.runner()
    await runner.submit(album.session_id, 1)
    await until(lambda: house.state(album) is AlbumState.DELIVERED)
    assert len(courier.sent) == 2


@pytest.mark.parametrize(("kind", "told"), [("refused", ["failed"]), ("blocked", [])])
async def test_a_refused_album_has_failed(house: House, kind: str, told: list[str]) -> None:
    album = await house.accept()
    house.courier.fails = [DeliveryError(kind=kind)]
    await house.runner().submit(album.session_id, 1)
    await until(lambda: house.state(album) is AlbumState.FAILED)
    await quiet()
    assert [word for word, _ in house.courier.told] == told
    assert not house.store.untold


async def test_a_courier_that_breaks_leaves_a_doubt(house: House) -> None:
    album = await house.accept()
    house.courier.fails = [ValueError("a bug")]
    await house.runner().submit(album.session_id, 1)
    await until(lambda: house.courier.told)
    assert house.courier.told == [("unsure", album.id)]


async def test_nothing_drawn_is_told_as_failed(house: House) -> None:
    album = await house.accept()
    house.drawer.fails = {album.session_id}
    await house.runner().submit(album.session_id, 1)
    await until(lambda: house.courier.told)
    assert house.courier.told == [("failed", album.id)]
    assert house.state(album) is AlbumState.FAILED


async def test_a_deaf_person_stops_nothing(house: House) -> None:
    album = await house.accept()
    house.drawer.fails = {album.session_id}
    house.courier.deaf = True
    await house.runner().submit(album.session_id, 1)
    await until(lambda: house.state(album) is AlbumState.FAILED)
    await until(lambda: not house.store.untold)
    assert not house.naps


async def test_a_partial_album_is_brought_and_its_retry_draws_only_the_rest(house: House) -> None:
    album, runner = await house.accept(), house.runner()
    house.drawer.partly = {album.session_id}
    await runner.submit(album.session_id, 1)
    await until(lambda: house.courier.told)
    assert house.courier.sent == [(album.id, (FRONT,))]
    house.drawer.partly = set()
    await house.store.reopen(album.session_id, 1)
    await runner.submit(album.session_id, 1)
    await until(lambda: len(house.courier.told) == 2)
    assert house.courier.sent[1] == (album.id, (FRONT, SIDE))
    assert house.drawer.drawn == [f"{album.session_id} front", f"{album.session_id} side"]


async def test_one_broken_album_stops_no_other_and_is_told_as_failed(house: House) -> None:
    broken, fine, runner = await house.accept("1"), await house.accept("2", owner="8"), house.runner()
    house.drawer.breaks[broken.session_id] = 100
    for album in (broken, fine):
        await runner.submit(album.session_id, 1)
    await until(lambda: len(house.courier.told) == 2)
    assert house.state(fine) is AlbumState.DELIVERED
    assert house.state(broken) is AlbumState.FAILED
    assert house.drawer.calls.count(broken.id) == 3
    assert house.naps == [1.0, 2.0, 4.0]


async def test_a_disk_that_comes_back_loses_nothing(house: House) -> None:
    album = await house.accept()
    house.drawer.breaks[album.session_id] = 9
    house.drawer.error = StorageError("full")
    await house.runner().submit(album.session_id, 1)
    await until(lambda: house.courier.told)
    assert house.courier.told == [("arrived", album.id)]
    assert house.naps == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


async def test_nothing_is_bought_while_there_is_no_room(house: House) -> None:
    album = await house.accept()
    house.full = True
    await house.runner().submit(album.session_id, 1)
    await until(lambda: len(house.naps) > 2)
    assert not house.drawer.calls
    house.full = False
    await until(lambda: house.courier.told)


async def test_a_receipt_that_cannot_be_stored_at_once_is_stored_later(house: House) -> None:
    album = await house.accept()

    class FillsTheDisk(RecordingCourier):
        async def deliver(
            self,
            session: Session,
            album: Album,
            views: Sequence[View],
            pictures: Sequence[Picture],
            sending: Sending,
        ) -> Receipt:
            receipt = await RecordingCourier.deliver(self, session, album, views, pictures, sending)
            house.store.broken = True
            return receipt

    house.courier = FillsTheDisk()
    await house.runner().submit(album.session_id, 1)
    await until(lambda: len(house.naps) > 3)
    house.store.broken = False
    await until(lambda: house.courier.told)
    assert house.state(album) is AlbumState.DELIVERED
    assert len(house.courier.sent) == 1


async def test_a_stopped_album_is_neither_drawn_nor_brought_and_can_be_taken_up(house: House) -> None:
    album, runner = await house.accept(), house.runner()
    house.drawer.gate = asyncio.Event()
    await runner.submit(album.session_id, 1)
    await until(lambda: house.drawer.under_way)
    assert await runner.cancel(album.session_id, 1)
    assert not await runner.cancel(album.session_id, 1)
    await until(lambda: not house.drawer.under_way)
    assert house.state(album) is AlbumState.CANCELLED
    house.drawer.gate.set()
    await quiet()
    assert not house.courier.sent
    await house.store.reopen(album.session_id, 1)
    await runner.submit(album.session_id, 1)
    await until(lambda: house.courier.told)
    assert house.courier.told == [("arrived", album.id)]


async def test_stopped_and_taken_up_in_one_breath_it_still_arrives(house: House) -> None:
    album, runner = await house.accept(), house.runner()
    house.drawer.gate = asyncio.Event()
    await runner.submit(album.session_id, 1)
    await until(lambda: house.drawer.under_way)
    assert await runner.cancel(album.session_id, 1)
    await house.store.reopen(album.session_id, 1)
    await runner.submit(album.session_id, 1)
    house.drawer.gate.set()
    await until(lambda: house.courier.told)
    assert len(house.courier.sent) == 1


async def test_what_is_on_its_way_cannot_be_stopped(house: House) -> None:
    album, runner = await house.accept(), house.runner()
    house.courier.gate = asyncio.Event()
    await runner.submit(album.session_id, 1)
    await until(lambda: house.state(album) is AlbumState.DELIVERING)
    assert not await runner.cancel(album.session_id, 1)
    house.courier.gate.set()
    await until(lambda: house.courier.told)


async def test_closing_leaves_drawing_to_the_next_start(house: House) -> None:
    album, runner = await house.accept(), house.runner()
    house.drawer.gate = asyncio.Event()
    await runner.submit(album.session_id, 1)
    await until(lambda: house.drawer.under_way)
    await runner.close()
    assert house.state(album) is AlbumState.OPEN
    house.drawer.gate.set()
    await runner.submit(album.session_id, 1)
    await quiet()
    assert not house.courier.sent
    await house.runner().start()
    await until(lambda: house.courier.told)
    assert len(house.courier.sent) == 1


async def test_closing_lets_an_upload_end(house: House) -> None:
    album, runner = await house.accept(), house.runner()
    house.courier.gate = asyncio.Event()
    await runner.submit(album.session_id, 1)
    await until(lambda: house.state(album) is AlbumState.DELIVERING)
    closing = asyncio.ensure_future(runner.close())
    await quiet()
    house.courier.gate.set()
    await closing
    assert house.state(album) is AlbumState.DELIVERED


async def test_closing_does_not_wait_for_ever(house: House) -> None:
    album, runner = await house.accept(), house.runner(grace=0.01)
    house.courier.gate = asyncio.Event()
    await runner.submit(album.session_id, 1)
    await until(lambda: house.state(album) is AlbumState.DELIVERING)
    await runner.close()
    assert house.state(album) is AlbumState.DELIVERING


async def test_owners_take_turns_and_nobody_holds_all_of_them(house: House) -> None:
    runner = house.runner(at_once=3, per_owner=2)
    house.drawer.gate = asyncio.Event()
    many = [await house.accept(str(n), owner="7") for n in range(6)]
    for album in many:
        await runner.submit(album.session_id, 1)
    await until(lambda: runner.waiting == 4)
    assert house.drawer.under_way == 2
    others = [await house.accept("1", owner=str(n)) for n in (8, 9)]
    for album in others:
        await runner.submit(album.session_id, 1)
    await until(lambda: house.drawer.under_way == 3)
    assert others[0].id in house.drawer.calls
    house.drawer.gate.set()
    await until(lambda: len(house.courier.told) == 8)
    assert house.drawer.calls.index(others[1].id) <= 5
    assert house.drawer.most == 3


async def test_a_view_whose_bytes_are_lost_is_missing_and_the_rest_arrives(house: House) -> None:
    album = await house.accept()
    for angle in (FRONT, SIDE):
        await house.store.save_picture(album.session_id, angle, a_picture())
        await house.store.choose(album.session_id, angle, "fake")
    del house.store.pictures[(album.session_id, FRONT, "fake")]
    await house.runner().start()
    await until(lambda: house.courier.told)
    assert house.courier.sent == [(album.id, (SIDE,))]
    front = house.store.view_rows[album.session_id][0]
    assert (front.state, front.failure) == (ViewState.MISSING, FailureKind.CRASHED)


async def test_bytes_that_telegram_still_holds_are_not_missed(house: House) -> None:
    album = await house.accept()
    for angle in (FRONT, SIDE):
        await house.store.save_picture(album.session_id, angle, a_picture())
        await house.store.choose(album.session_id, angle, "fake")
    await house.store.save_receipt(album.session_id, 1, Receipt(messages=(), file_ids={FRONT: "file-1"}))
    del house.store.pictures[(album.session_id, FRONT, "fake")]
    await house.runner().start()
    await until(lambda: house.courier.told)
    assert house.courier.sent == [(album.id, (FRONT, SIDE))]


async def test_what_waits_for_its_turn_to_be_sent_is_not_in_doubt_after_a_kill(house: House) -> None:
    album, runner = await house.accept(), house.runner(grace=0.01)
    house.courier.line = asyncio.Event()
    await runner.submit(album.session_id, 1)
    await until(lambda: house.drawer.drawn)
    await quiet()
    await runner.close()
    assert house.state(album) is AlbumState.OPEN
    house.courier.line.set()
    await house.runner().start()
    await until(lambda: house.courier.told)
    assert house.courier.told == [("arrived", album.id)]
    assert len(house.drawer.drawn) == 2


async def test_what_waits_for_its_turn_to_be_sent_can_still_be_stopped(house: House) -> None:
    album, runner = await house.accept(), house.runner()
    house.courier.line = asyncio.Event()
    await runner.submit(album.session_id, 1)
    await until(lambda: len(house.drawer.drawn) == 2)
    await quiet()
    assert await runner.cancel(album.session_id, 1)
    house.courier.line.set()
    await quiet()
    assert not house.courier.sent
    assert house.state(album) is AlbumState.CANCELLED


async def test_what_surely_did_not_arrive_is_sent_later(house: House) -> None:
    album = await house.accept()
    house.courier.fails = [DeliveryError(kind="later"), DeliveryError(kind="later")]
    await house.runner().submit(album.session_id, 1)
    await until(lambda: house.courier.told)
    assert house.courier.told == [("arrived", album.id)]
    assert house.naps == [1.0, 2.0]
    assert house.state(album) is AlbumState.DELIVERED


async def test_what_could_not_be_told_is_told_later(house: House) -> None:
    album = await house.accept()
    house.drawer.fails = {album.session_id}
    house.courier.lost = [DeliveryError(kind="later"), DeliveryError(kind="later")]
    await house.runner().submit(album.session_id, 1)
    await until(lambda: not house.store.untold and house.courier.told)
    assert house.courier.told == [("failed", album.id)] * 3
    assert house.naps == [1.0, 2.0]
