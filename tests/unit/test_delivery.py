"""What is brought, what is told, and what is left alone, whatever the courier and the disk answer?"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest
from structlog.testing import capture_logs

from bot.pipeline.deliver import Delivery
from bot.pipeline.errors import DeliveryError, FailureKind, StorageError
from bot.pipeline.marks import pause
from bot.pipeline.model import Album, AlbumState, AngleName, Picture, Session, SessionId, View, ViewState
from bot.pipeline.ports import Receipt, Sending
from tests.fakes.cars import FRONT, REAR, SIDE, a_picture, a_session, an_album, blank_views
from tests.fakes.store import MemoryStore


@dataclass(slots=True)
class Hands:
    """A courier that keeps what it is given; `upload` says how an upload goes, `answer` how telling goes.

    `before` is done before it begins.
    """

    before: Callable[[Sending], Awaitable[None]] | None = None
    upload: Callable[[Sending], None] | None = None
    begins: bool = True
    answer: DeliveryError | None = None
    views: list[View] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    albums: list[Album] = field(default_factory=list)
    told: list[tuple[str, Album, tuple[AngleName, ...]]] = field(default_factory=list)
    sessions: set[Session] = field(default_factory=set)

    async def deliver(
        self,
        session: Session,
        album: Album,
        views: Sequence[View],
        pictures: Sequence[Picture],
        sending: Sending,
    ) -> Receipt:
        if self.before is not None:
            await self.before(sending)
        self.views, self.pictures = list(views), list(pictures)
        self.albums.append(album)
        self.sessions.add(session)
        if self.begins:
            assert await sending.begin()
        if self.upload is not None:
            self.upload(sending)
        return Receipt(messages=("1",), file_ids={view.angle: f"file-{view.angle}" for view in views})

    async def arrived(self, session: Session, album: Album, views: Sequence[View]) -> None:
        self.sessions.add(session)
        self._tell("arrived", album, tuple(view.angle for view in views))

    async def unsure(self, session: Session, album: Album) -> None:
        self.sessions.add(session)
        self._tell("unsure", album)

    async def failed(self, session: Session, album: Album) -> None:
        self.sessions.add(session)
        self._tell("failed", album)

    def _tell(self, word: str, album: Album, angles: tuple[AngleName, ...] = ()) -> None:
        self.told.append((word, album, angles))
        if self.answer is not None:
            raise self.answer

    @property
    def words(self) -> list[str]:
        return [word for word, _, _ in self.told]


@dataclass(slots=True)
class House:
    store: MemoryStore
    hands: Hands
    session: Session
    album: Album
    naps: list[float] = field(default_factory=list)
    delivery: Delivery = field(init=False)

    def __post_init__(self) -> None:
        self.delivery = Delivery(store=self.store, courier=self.hands, sleep=self.nap)

    async def nap(self, seconds: float) -> None:
        self.naps.append(seconds)
        if len(self.naps) == 3:
            self.store.broken = False

    @property
    def state(self) -> AlbumState:
        return self.store.rows[self.album.id].state

    async def draw(self, *angles: AngleName) -> None:
        for angle in angles:
            await self.store.save_picture(
                self.album.session_id, angle, a_picture(angle.encode()), choose=True
            )

    async def bring(self) -> None:
        await self.delivery.bring(self.session, self.album)


async def a_house(store: MemoryStore) -> House:
    session = a_session()
    album = an_album(session, FRONT, SIDE)
    assert await store.accept(session, album, blank_views(album))
    return House(store=store, hands=Hands(), session=session, album=album)


@pytest.fixture
async def house() -> House:
    return await a_house(MemoryStore())


def raises(error: Exception) -> Callable[[Sending], None]:
    def upload(_sending: Sending) -> None:
        raise error

    return upload


def test_a_pause_doubles_up_to_a_minute() -> None:
    assert [pause(attempt) for attempt in (0, 1, 5, 6, 7, 5000)] == [1.0, 2.0, 32.0, 60.0, 60.0, 60.0]


async def test_views_and_pictures_run_in_parallel_in_the_albums_order(house: House) -> None:
    await house.draw(SIDE, FRONT)
    await house.bring()
    assert [view.angle for view in house.hands.views] == [FRONT, SIDE]
    assert [picture.content for picture in house.hands.pictures] == [b"front", b"side"]
    assert (house.hands.words, house.hands.sessions) == (["arrived"], {house.session})
    assert house.state is AlbumState.DELIVERED
    assert not house.store.untold


async def test_only_what_was_drawn_for_this_album_is_told_to_have_arrived(house: House) -> None:
    await house.draw(FRONT)
    await house.store.mark_missing(house.album.session_id, SIDE, FailureKind.SERVER)
    more = an_album(house.session, REAR, number=2)
    await house.store.accept(house.session, more, blank_views(more))
    await house.draw(REAR)
    await house.bring()
    (told,) = house.hands.told
    assert (told[0], told[1].state, told[2]) == ("arrived", AlbumState.DELIVERED, (FRONT,))


async def test_what_only_telegram_still_holds_goes_with_the_facts_of_its_view(house: House) -> None:
    await house.draw(FRONT, SIDE)
    await house.store.save_receipt(
        house.album.session_id, 1, Receipt(messages=(), file_ids={FRONT: "file-1"})
    )
    del house.store.pictures[house.album.session_id, FRONT, "fake"]
    await house.bring()
    front, side = house.hands.pictures
    assert side.content == b"side"
    assert front == Picture(
        content=b"", media_type="image/jpeg", width=1536, height=1024, provider="fake", model="", seconds=2.5
    )
    assert house.hands.views[0].file_id == "file-1"


async def test_a_view_that_waits_again_is_not_sent_though_its_maker_is_known(house: House) -> None:
    await house.draw(FRONT, SIDE)
    rows = house.store.view_rows[house.album.session_id]
    rows[0] = replace(rows[0], state=ViewState.BLANK)
    await house.bring()
    assert [view.angle for view in house.hands.views] == [SIDE]


async def test_a_view_that_was_given_up_again_is_not_sent_though_its_bytes_are_there(house: House) -> None:
    await house.draw(FRONT, SIDE)
    await house.store.mark_missing(house.album.session_id, FRONT, FailureKind.SERVER)
    await house.bring()
    assert [view.angle for view in house.hands.views] == [SIDE]


async def test_an_album_without_any_picture_has_failed_and_nobody_uploads(house: House) -> None:
    await house.bring()
    assert (house.state, house.hands.albums) == (AlbumState.FAILED, [])
    ((word, album, _),) = house.hands.told
    assert (word, album.state) == ("failed", AlbumState.FAILED)
    assert house.hands.sessions == {house.session}


async def test_what_was_stopped_before_it_left_is_told_nothing(house: House) -> None:
    await house.draw(FRONT)
    house.hands.begins, house.hands.upload = False, raises(DeliveryError(kind="stopped"))
    await house.bring()
    assert (house.state, house.hands.told) == (AlbumState.OPEN, [])


@pytest.mark.parametrize("begins", [True, False])
async def test_what_surely_did_not_arrive_is_open_again(house: House, begins: bool) -> None:
    await house.draw(FRONT)
    house.hands.begins, house.hands.upload = begins, raises(DeliveryError(kind="later"))
    with pytest.raises(DeliveryError) as raised:
        await house.bring()
    assert raised.value.kind == "later"
    assert (house.state, house.hands.told) == (AlbumState.OPEN, [])
    moved = [AlbumState.DELIVERING, AlbumState.OPEN] if begins else []
    assert [state for _, state in house.store.moves] == moved


@pytest.mark.parametrize("begins", [True, False])
@pytest.mark.parametrize(
    ("kind", "state", "words"),
    [
        ("unknown", AlbumState.UNKNOWN, ["unsure"]),
        ("refused", AlbumState.FAILED, ["failed"]),
        ("blocked", AlbumState.FAILED, []),
    ],
)
async def test_how_it_ended_is_told_unless_nobody_is_there(
    house: House, begins: bool, kind: str, state: AlbumState, words: list[str]
) -> None:
    await house.draw(FRONT)
    house.hands.begins, house.hands.upload = begins, raises(DeliveryError(kind=kind))
    await house.bring()
    assert (house.state, house.hands.words) == (state, words)
    assert all(album.state is state for _, album, _ in house.hands.told)
    assert house.hands.sessions == {house.session}
    assert not house.store.untold


@pytest.mark.parametrize("error", [StorageError("gone"), ValueError("a bug")])
async def test_what_breaks_before_the_upload_began_leaves_the_album_open(
    house: House, error: Exception
) -> None:
    await house.draw(FRONT)
    house.hands.begins, house.hands.upload = False, raises(error)
    with pytest.raises(type(error)):
        await house.bring()
    assert (house.state, house.hands.told) == (AlbumState.OPEN, [])


async def test_a_disk_that_breaks_in_the_upload_leaves_a_doubt_and_is_heard(house: House) -> None:
    await house.draw(FRONT)
    house.hands.upload = raises(StorageError("gone"))
    with pytest.raises(StorageError):
        await house.bring()
    assert (house.state, house.hands.words) == (AlbumState.UNKNOWN, ["unsure"])
    assert house.hands.sessions == {house.session}


async def test_code_that_breaks_in_the_upload_leaves_a_doubt(house: House) -> None:
    await house.draw(FRONT)
    house.hands.upload = raises(ValueError("a bug"))
    await house.bring()
    assert (house.state, house.hands.words) == (AlbumState.UNKNOWN, ["unsure"])
    assert house.hands.sessions == {house.session}


def refusals(logs: Sequence[Mapping[str, object]]) -> list[tuple[object, object]]:
    """What the disk refused to write, and which time that was."""
    return [(entry["what"], entry["attempt"]) for entry in logs if entry["event"] == "delivery.not_stored"]


async def test_what_happened_out_there_is_written_however_long_the_disk_refuses(house: House) -> None:
    await house.draw(FRONT)

    def fills(_sending: Sending) -> None:
        house.store.broken = True

    house.hands.upload = fills
    with capture_logs() as logs:
        await house.bring()
    assert house.naps == [1.0, 2.0, 4.0]
    assert refusals(logs) == [(house.album.id, 0), (house.album.id, 1), (house.album.id, 2)]
    assert (house.state, house.hands.words) == (AlbumState.DELIVERED, ["arrived"])


@pytest.mark.parametrize(
    ("kind", "state"),
    [("unknown", AlbumState.UNKNOWN), ("blocked", AlbumState.FAILED), ("later", AlbumState.OPEN)],
)
async def test_how_an_upload_failed_is_written_however_long_the_disk_refuses(
    house: House, kind: str, state: AlbumState
) -> None:
    await house.draw(FRONT)

    def fills(_sending: Sending) -> None:
        house.store.broken = True
        raise DeliveryError(kind=kind)

    house.hands.upload = fills
    with contextlib.suppress(DeliveryError), capture_logs() as logs:
        await house.bring()
    assert (house.naps, house.state) == ([1.0, 2.0, 4.0], state)
    assert refusals(logs) == [(house.album.id, 0), (house.album.id, 1), (house.album.id, 2)]


async def test_that_it_was_told_is_written_however_long_the_disk_refuses(house: House) -> None:
    class FillsTheDisk(Hands):
        async def failed(self, session: Session, album: Album) -> None:
            house.store.broken = True

    delivery = Delivery(store=house.store, courier=FillsTheDisk(), sleep=house.nap)
    await delivery.give_up(house.session, house.album)
    assert (house.naps, house.store.untold) == ([1.0, 2.0, 4.0], set())


async def test_a_doubt_is_told_to_the_person_whose_album_it_is(house: House) -> None:
    await house.store.move(house.album.session_id, 1, old=AlbumState.OPEN, new=AlbumState.DELIVERING)
    await house.delivery.doubt(house.session, house.album)
    assert (house.hands.words, house.hands.sessions) == (["unsure"], {house.session})


class Unanswered(MemoryStore):
    """Once, the mark stands and its answer is lost, or neither; then calls fail until somebody has slept."""

    def __init__(self, *, stands: bool) -> None:
        super().__init__()
        self.stands, self.lost = stands, False

    async def move(self, session_id: SessionId, number: int, *, old: AlbumState, new: AlbumState) -> bool:
        if new is AlbumState.DELIVERING and not self.lost:
            self.lost = True
            if self.stands:
                assert await super().move(session_id, number, old=old, new=new)
            self.broken = True
            raise StorageError("connection lost")
        return await super().move(session_id, number, old=old, new=new)


@pytest.mark.parametrize("stands", [True, False])
async def test_a_mark_without_an_answer_is_taken_back_and_the_album_sent_once(stands: bool) -> None:
    house = await a_house(Unanswered(stands=stands))
    await house.draw(FRONT)
    with pytest.raises(StorageError):
        await house.bring()
    assert house.naps == [1.0, 2.0, 4.0]
    assert (house.state, house.hands.words) == (AlbumState.OPEN, [])
    await house.bring()
    assert (house.state, house.hands.words) == (AlbumState.DELIVERED, ["arrived"])
    assert [view.angle for view in house.hands.views] == [FRONT]


async def test_what_was_withdrawn_may_begin_again(house: House) -> None:
    await house.draw(FRONT)

    async def hesitates(sending: Sending) -> None:
        await sending.withdraw()
        assert await sending.begin()
        await sending.withdraw()

    await Delivery(store=house.store, courier=Hands(before=hesitates)).bring(house.session, house.album)
    s = AlbumState
    assert [state for _, state in house.store.moves] == [s.DELIVERING, s.OPEN, s.DELIVERING, s.DELIVERED]


async def test_a_begin_is_a_begin_only_once(house: House) -> None:
    await house.draw(FRONT)
    begun: list[bool] = []

    async def begins_twice(sending: Sending) -> None:
        begun.extend([await sending.begin(), await sending.begin()])

    await Delivery(store=house.store, courier=Hands(before=begins_twice)).bring(house.session, house.album)
    assert begun == [True, True]
    assert [state for _, state in house.store.moves] == [AlbumState.DELIVERING, AlbumState.DELIVERED]


@pytest.mark.parametrize("begins", [True, False])
async def test_the_mark_of_another_is_not_taken_back(house: House, begins: bool) -> None:
    await house.draw(FRONT)
    await house.store.move(house.album.session_id, 1, old=AlbumState.OPEN, new=AlbumState.DELIVERING)

    async def asks(sending: Sending) -> None:
        assert not (begins and await sending.begin())
        raise DeliveryError(kind="later")

    delivery = Delivery(store=house.store, courier=Hands(before=asks))
    with pytest.raises(DeliveryError):
        await delivery.bring(house.session, house.album)
    assert house.state is AlbumState.DELIVERING


async def test_an_album_that_was_cancelled_meanwhile_does_not_begin(house: House) -> None:
    await house.draw(FRONT)
    await house.store.move(house.album.session_id, 1, old=AlbumState.OPEN, new=AlbumState.CANCELLED)

    async def asks(sending: Sending) -> None:
        assert not await sending.begin()
        raise DeliveryError(kind="refused")

    await Delivery(store=house.store, courier=Hands(before=asks)).bring(house.session, house.album)
    assert house.state is AlbumState.CANCELLED


async def test_a_doubt_about_an_album_that_was_settled_meanwhile_is_told_to_nobody(house: House) -> None:
    await house.delivery.doubt(house.session, house.album)
    assert (house.state, house.hands.told) == (AlbumState.OPEN, [])


async def test_giving_up_an_album_that_is_not_open_any_more_tells_nobody(house: House) -> None:
    await house.store.move(house.album.session_id, 1, old=AlbumState.OPEN, new=AlbumState.CANCELLED)
    await house.delivery.give_up(house.session, house.album)
    assert (house.state, house.hands.told) == (AlbumState.CANCELLED, [])


@pytest.mark.parametrize("state", [AlbumState.OPEN, AlbumState.DELIVERING, AlbumState.CANCELLED])
async def test_there_is_nothing_to_tell_of_an_album_that_has_not_ended(
    house: House, state: AlbumState
) -> None:
    house.store.untold.add(house.album.id)
    await house.delivery.tell(house.session, replace(house.album, state=state))
    assert house.hands.told == []
    assert house.store.untold == {house.album.id}


@pytest.mark.parametrize(("kind", "again"), [("later", True), ("blocked", False), ("refused", False)])
async def test_what_could_not_be_told_is_told_again_only_where_that_may_help(
    house: House, kind: str, again: bool
) -> None:
    await house.draw(FRONT)
    house.hands.answer = DeliveryError(kind=kind)
    if again:
        with pytest.raises(DeliveryError):
            await house.bring()
    else:
        await house.bring()
    assert house.state is AlbumState.DELIVERED
    assert house.store.untold == ({house.album.id} if again else set())


async def test_lost_bytes_are_a_missing_view_with_a_reason(house: House) -> None:
    await house.draw(FRONT, SIDE)
    del house.store.pictures[house.album.session_id, SIDE, "fake"]
    await house.bring()
    side = house.store.view_rows[house.album.session_id][1]
    assert (side.state, side.failure) == (ViewState.MISSING, FailureKind.CRASHED)
    assert house.hands.told[0][2] == (FRONT,)
