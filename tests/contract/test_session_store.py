"""What must every SessionStore keep?"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.pipeline.accept import under_free_id
from bot.pipeline.errors import FailureKind, IdTaken, StorageError
from bot.pipeline.model import (
    Album,
    AlbumState,
    AngleName,
    Credit,
    Origin,
    Rung,
    Session,
    SessionId,
    Strength,
    ViewState,
    origin_for,
    session_id_for,
)
from bot.pipeline.ports import Receipt, SessionStore
from tests.contract.conftest import NOW, Kept
from tests.fakes.cars import FRONT, PROMPT, REAR, SIDE, a_picture, a_session, an_album, blank_views

NOBODY = SessionId("CAR-00000000")


@pytest.fixture
def store(kept: Kept) -> SessionStore:
    return kept.sessions


async def accepted(
    store: SessionStore, message: str = "1", *angles: AngleName, created: float = 1_799_999_000.0
) -> tuple[Session, Album]:
    session = a_session(message, created=created)
    album = an_album(session, *angles)
    assert await store.accept(session, album, blank_views(album))
    return session, album


async def drawn(store: SessionStore, session: Session, angle: AngleName, provider: str = "fake") -> None:
    await store.save_picture(session.id, angle, a_picture(provider=provider))
    await store.choose(session.id, angle, provider)


async def test_what_was_accepted_comes_back_exactly(store: SessionStore) -> None:
    session, album = await accepted(store)
    assert await store.session(session.id) == session
    assert await store.album(session.id, 1) == album
    assert await store.albums(session.id) == (album,)
    assert await store.views(session.id) == tuple(blank_views(album))


async def test_the_same_message_again_changes_nothing(store: SessionStore) -> None:
    session, album = await accepted(store)
    other = an_album(session, REAR)
    assert not await store.accept(replace(session, owner="8"), other, blank_views(other))
    assert await store.session(session.id) == session
    assert await store.album(session.id, 1) == album
    assert len(await store.views(session.id)) == 2


async def test_of_many_at_once_one_is_accepted(store: SessionStore) -> None:
    session = a_session()
    album = an_album(session)
    answers = await asyncio.gather(*(store.accept(session, album, blank_views(album)) for _ in range(20)))
    assert sorted(answers) == [False] * 19 + [True]


async def taken_or_new(store: SessionStore, session: Session) -> bool:
    album = an_album(session)
    return await store.accept(session, album, blank_views(album))


async def under(store: SessionStore, origin: Origin) -> SessionId:
    """Where a message's car is accepted."""

    async def accept(session_id: SessionId) -> SessionId:
        await taken_or_new(store, replace(a_session(), id=session_id, origin=origin))
        return session_id

    return await under_free_id(origin, accept)


FIRST, SECOND = (origin_for(bot="1", chat="7", message=message) for message in ("71005", "103494"))
"""Two messages whose hashes begin with the same 32 bits."""


async def test_two_messages_with_one_id_are_two_cars_however_often_they_come(store: SessionStore) -> None:
    assert session_id_for(FIRST) == session_id_for(SECOND)
    ids = [await under(store, origin) for origin in (FIRST, SECOND, FIRST, SECOND, SECOND)]
    assert ids == [ids[0], ids[1], ids[0], ids[1], ids[1]]
    assert ids[:2] == [session_id_for(FIRST), session_id_for(SECOND, 1)]
    for session_id, origin in zip(ids[:2], (FIRST, SECOND), strict=True):
        session = await store.session(session_id)
        assert session is not None
        assert session.origin == origin
        assert len(await store.views(session_id)) == 2


async def test_two_messages_with_one_id_at_once_are_two_cars(store: SessionStore) -> None:
    ids = await asyncio.gather(*(under(store, origin) for origin in (FIRST, SECOND) * 8))
    assert len(set(ids)) == len({ids[0], ids[1]}) == 2
    assert ids == ids[:2] * 8
    assert set(ids) == {session_id_for(FIRST), session_id_for(SECOND, 1)} or set(ids) == {
        session_id_for(SECOND),
        session_id_for(FIRST, 1),
    }


async def test_a_message_keeps_its_id_when_the_car_in_its_way_is_gone(kept: Kept) -> None:
    first, second = [await under(kept.sessions, origin) for origin in (FIRST, SECOND)]
    await kept.archive.delete_session(first)
    assert await under(kept.sessions, SECOND) == second
    assert await kept.sessions.session(first) is None


async def test_a_car_from_before_origins_were_noted_is_known_by_its_chat(store: SessionStore) -> None:
    old = replace(a_session(), origin=None)
    assert await taken_or_new(store, old)
    assert not await taken_or_new(store, a_session())
    with pytest.raises(IdTaken):
        await taken_or_new(store, replace(a_session(), chat="8"))


async def test_further_albums_follow_in_the_order_they_were_asked(store: SessionStore) -> None:
    session, _ = await accepted(store, "1", SIDE, FRONT)
    more = an_album(session, REAR, AngleName("wheel"), number=2)
    assert await store.accept(session, more, blank_views(more))
    assert [view.angle for view in await store.views(session.id)] == [SIDE, FRONT, REAR, "wheel"]
    assert [album.number for album in await store.albums(session.id)] == [1, 2]


async def test_an_angle_is_asked_for_once_a_car(store: SessionStore) -> None:
    session, _ = await accepted(store)
    more = an_album(session, FRONT, REAR, number=2)
    assert not await store.accept(session, more, blank_views(more))
    assert await store.album(session.id, 2) is None
    assert len(await store.views(session.id)) == 2


async def test_of_two_wishes_for_one_angle_one_is_accepted(store: SessionStore) -> None:
    session, _ = await accepted(store)
    both = [an_album(session, REAR, number=number) for number in (2, 3)]
    answers = await asyncio.gather(*(store.accept(session, one, blank_views(one)) for one in both))
    assert sorted(answers) == [False, True]
    assert len(await store.albums(session.id)) == 2


async def test_a_car_that_was_deleted_gets_no_further_album(store: SessionStore) -> None:
    session = a_session()
    more = an_album(session, REAR, number=2)
    assert not await store.accept(session, more, blank_views(more))
    assert await store.session(session.id) is None


async def test_what_nobody_asked_for_is_none(store: SessionStore) -> None:
    assert await store.session(NOBODY) is None
    assert await store.album(NOBODY, 1) is None
    assert await store.albums(NOBODY) == ()
    assert await store.views(NOBODY) == ()
    assert await store.picture(NOBODY, FRONT, "fake") is None
    assert not await store.move(NOBODY, 1, old=AlbumState.OPEN, new=AlbumState.FAILED)


async def test_work_on_what_was_deleted_is_refused_before_it_costs_more(store: SessionStore) -> None:
    with pytest.raises(StorageError):
        await store.save_prompts(NOBODY, {FRONT: PROMPT})
    with pytest.raises(StorageError):
        await store.save_picture(NOBODY, FRONT, a_picture())
    with pytest.raises(StorageError):
        await store.mark_missing(NOBODY, FRONT, FailureKind.SERVER)
    await store.set_status_message(NOBODY, 1, "5")
    await store.set_provider(NOBODY, 1, "fake", Strength.SEEDS)
    await store.save_receipt(NOBODY, 1, Receipt(messages=("1",), file_ids={FRONT: "f"}))
    await store.reopen(NOBODY, 1)


async def test_a_picture_comes_back_byte_for_byte_and_its_facts_with_the_view(store: SessionStore) -> None:
    session, _ = await accepted(store)
    picture = a_picture(b"\x00\xff" * 100_000)
    await store.save_prompts(session.id, {FRONT: PROMPT})
    await store.save_picture(session.id, FRONT, picture)
    front = (await store.views(session.id))[0]
    assert (front.state, front.provider, front.width) == (ViewState.BLANK, None, 0)
    assert await store.picture(session.id, FRONT, "fake") == picture
    assert await store.picture(session.id, SIDE, "fake") is None
    await store.choose(session.id, FRONT, "fake")
    front = (await store.views(session.id))[0]
    assert front.state is ViewState.DRAWN
    assert front.prompt == PROMPT
    assert (front.width, front.height, front.seconds, front.cost) == (1536, 1024, 2.5, 0.25)
    assert (front.rung, front.mesh, front.paint) == (Rung.UNBADGED, "abc", (1.5, -2.25, 3.125))
    assert front.warnings == ("off_color",)


async def test_the_first_picture_of_a_provider_stays(store: SessionStore) -> None:
    session, _ = await accepted(store)
    for content in (b"first", b"second"):
        await store.save_picture(session.id, FRONT, a_picture(content))
    await store.save_picture(session.id, FRONT, a_picture(b"other", provider="studio"))
    first = await store.picture(session.id, FRONT, "fake")
    other = await store.picture(session.id, FRONT, "studio")
    assert first is not None
    assert other is not None
    assert (first.content, other.content) == (b"first", b"other")


async def test_a_better_picture_of_a_provider_takes_the_place_of_the_first(store: SessionStore) -> None:
    session, _ = await accepted(store)
    await store.save_picture(session.id, FRONT, a_picture(b"first"), choose=True)
    better = replace(a_picture(b"better"), warnings=(), width=1200)
    for _ in range(2):
        await store.save_better(session.id, FRONT, better)
    assert await store.picture(session.id, FRONT, "fake") == better
    front = (await store.views(session.id))[0]
    assert (front.state, front.width, front.warnings) == (ViewState.DRAWN, 1200, ())
    with pytest.raises(StorageError):
        await store.save_better(NOBODY, FRONT, better)


async def test_the_same_bytes_for_two_views_are_kept_for_both(store: SessionStore) -> None:
    session, _ = await accepted(store)
    for angle in (FRONT, SIDE):
        await store.save_picture(session.id, angle, a_picture(b"same"))
    assert await store.picture(session.id, SIDE, "fake") == await store.picture(session.id, FRONT, "fake")


async def test_only_a_stored_picture_can_be_chosen(store: SessionStore) -> None:
    session, _ = await accepted(store)
    with pytest.raises(StorageError):
        await store.choose(session.id, FRONT, "fake")
    assert (await store.views(session.id))[0].state is ViewState.BLANK


async def test_a_missing_view_says_why_and_a_retry_makes_it_blank(store: SessionStore) -> None:
    session, _ = await accepted(store)
    await drawn(store, session, FRONT)
    await store.mark_missing(session.id, SIDE, FailureKind.REFUSED)
    assert (await store.views(session.id))[1].failure is FailureKind.REFUSED
    await store.move(session.id, 1, old=AlbumState.OPEN, new=AlbumState.FAILED)
    await store.reopen(session.id, 1)
    front, side = await store.views(session.id)
    assert (front.state, side.state, side.failure) == (ViewState.DRAWN, ViewState.BLANK, None)
    album = await store.album(session.id, 1)
    assert album is not None
    assert (album.state, album.finished) == (AlbumState.OPEN, None)


async def test_a_retry_leaves_other_albums_alone(store: SessionStore) -> None:
    session, _ = await accepted(store)
    more = an_album(session, REAR, number=2)
    await store.accept(session, more, blank_views(more))
    for angle in (FRONT, REAR):
        await store.mark_missing(session.id, angle, FailureKind.SERVER)
    await store.move(session.id, 2, old=AlbumState.OPEN, new=AlbumState.FAILED)
    await store.reopen(session.id, 2)
    states = [view.state for view in await store.views(session.id)]
    assert states == [ViewState.MISSING, ViewState.BLANK, ViewState.BLANK]


@pytest.mark.parametrize("state", [AlbumState.OPEN, AlbumState.DELIVERING])
async def test_what_is_under_way_is_not_opened_again(store: SessionStore, state: AlbumState) -> None:
    session, _ = await accepted(store)
    if state is AlbumState.DELIVERING:
        await store.move(session.id, 1, old=AlbumState.OPEN, new=state)
    await store.mark_missing(session.id, SIDE, FailureKind.SERVER)
    await store.reopen(session.id, 1)
    album = await store.album(session.id, 1)
    assert album is not None
    assert album.state is state
    assert (await store.views(session.id))[1].state is ViewState.MISSING


async def test_what_has_arrived_whole_is_not_opened_again(store: SessionStore) -> None:
    session, _ = await accepted(store)
    more = an_album(session, REAR, number=2)
    await store.accept(session, more, blank_views(more))
    for angle in (FRONT, SIDE):
        await drawn(store, session, angle)
    for number in (1, 2):
        await store.move(session.id, number, old=AlbumState.OPEN, new=AlbumState.DELIVERED)
        await store.reopen(session.id, number)
    states = [album.state for album in await store.albums(session.id)]
    # the second one lacks its view
    assert states == [AlbumState.DELIVERED, AlbumState.OPEN]


async def test_a_move_happens_only_from_the_state_that_was_named(store: SessionStore) -> None:
    session, _ = await accepted(store)
    moves = [store.move(session.id, 1, old=AlbumState.OPEN, new=AlbumState.DELIVERING) for _ in range(10)]
    assert sorted(await asyncio.gather(*moves)) == [False] * 9 + [True]
    assert not await store.move(session.id, 1, old=AlbumState.OPEN, new=AlbumState.CANCELLED)
    album = await store.album(session.id, 1)
    assert album is not None
    assert (album.state, album.finished) == (AlbumState.DELIVERING, None)
    assert await store.move(session.id, 1, old=AlbumState.DELIVERING, new=AlbumState.UNKNOWN)
    album = await store.album(session.id, 1)
    assert album is not None
    assert album.finished == NOW


async def test_unfinished_albums_come_oldest_first(store: SessionStore) -> None:
    late, _ = await accepted(store, "1", created=300.0)
    early, _ = await accepted(store, "2", created=100.0)
    over, _ = await accepted(store, "3", created=200.0)
    await store.move(over.id, 1, old=AlbumState.OPEN, new=AlbumState.CANCELLED)
    await store.move(late.id, 1, old=AlbumState.OPEN, new=AlbumState.DELIVERING)
    assert [album.session_id for album in await store.unfinished()] == [early.id, late.id]


async def test_provider_and_status_message_stand_with_the_album(store: SessionStore) -> None:
    session, _ = await accepted(store)
    await store.set_provider(session.id, 1, "openai", Strength.REFERENCES)
    await store.set_status_message(session.id, 1, "77")
    album = await store.album(session.id, 1)
    assert album is not None
    assert (album.provider, album.strength, album.status_message) == ("openai", Strength.REFERENCES, "77")
    await store.set_status_message(session.id, 1, None)
    album = await store.album(session.id, 1)
    assert album is not None
    assert album.status_message is None


async def test_a_receipt_is_the_delivery(store: SessionStore, kept: Kept) -> None:
    session, _ = await accepted(store)
    await drawn(store, session, FRONT)
    await store.move(session.id, 1, old=AlbumState.OPEN, new=AlbumState.DELIVERING)
    await store.save_receipt(session.id, 1, Receipt(messages=("11", "12"), file_ids={FRONT: "file-1"}))
    album = await store.album(session.id, 1)
    assert album is not None
    assert (album.state, album.finished) == (AlbumState.DELIVERED, NOW)
    assert [view.file_id for view in await store.views(session.id)] == ["file-1", None]
    assert await kept.archive.session_of_message("7", "12") == session.id
    assert await kept.archive.session_of_message("8", "12") is None


async def test_another_picture_forgets_the_file_of_the_one_before(store: SessionStore) -> None:
    session, _ = await accepted(store)
    await drawn(store, session, FRONT)
    await store.save_receipt(session.id, 1, Receipt(messages=("11",), file_ids={FRONT: "file-1"}))
    await store.choose(session.id, FRONT, "fake")
    assert (await store.views(session.id))[0].file_id == "file-1"
    await drawn(store, session, FRONT, "studio")
    front = (await store.views(session.id))[0]
    assert (front.file_id, front.provider) == (None, "studio")


async def test_a_late_receipt_ends_the_doubt(store: SessionStore, kept: Kept) -> None:
    session, _ = await accepted(store)
    await store.move(session.id, 1, old=AlbumState.OPEN, new=AlbumState.UNKNOWN)
    await store.save_receipt(session.id, 1, Receipt(messages=("11",), file_ids={}, chat="-100"))
    album = await store.album(session.id, 1)
    assert album is not None
    assert (album.state, album.chat) == (AlbumState.DELIVERED, "-100")
    assert await kept.archive.session_of_message("-100", "11") == session.id


@pytest.mark.parametrize("state", [AlbumState.UNKNOWN, AlbumState.FAILED, AlbumState.DELIVERED])
async def test_how_an_album_ended_is_to_be_told_once(store: SessionStore, state: AlbumState) -> None:
    session, _ = await accepted(store)
    assert await store.unsettled() == ()
    await store.move(session.id, 1, old=AlbumState.OPEN, new=state)
    assert [album.session_id for album in await store.unsettled()] == [session.id]
    await store.settled(session.id, 1)
    assert await store.unsettled() == ()
    await store.reopen(session.id, 1)
    await store.settled(session.id, 1)
    assert await store.unsettled() == ()
    await store.move(session.id, 1, old=AlbumState.OPEN, new=state)
    assert len(await store.unsettled()) == 1
    await store.reopen(session.id, 1)
    assert await store.unsettled() == ()


async def test_what_a_person_stopped_needs_no_telling(store: SessionStore) -> None:
    session, _ = await accepted(store)
    await store.move(session.id, 1, old=AlbumState.OPEN, new=AlbumState.CANCELLED)
    assert await store.unsettled() == ()


async def test_what_arrived_is_there_until_it_was_looked_at(store: SessionStore) -> None:
    session, _ = await accepted(store)
    raw = a_picture(b"as it came")
    assert await store.arrival(session.id, FRONT, "fake") is None
    await store.save_arrival(session.id, FRONT, raw)
    assert await store.arrival(session.id, FRONT, "fake") == raw
    assert await store.arrival(session.id, FRONT, "studio") is None
    assert await store.picture(session.id, FRONT, "fake") is None
    with pytest.raises(StorageError):
        await store.choose(session.id, FRONT, "fake")
    await store.save_picture(session.id, FRONT, a_picture(b"looked at"))
    assert await store.arrival(session.id, FRONT, "fake") is None
    assert await store.picture(session.id, FRONT, "fake") == a_picture(b"looked at")
    await store.save_arrival(session.id, FRONT, raw)
    assert await store.arrival(session.id, FRONT, "fake") is None
    assert await store.picture(session.id, FRONT, "fake") == a_picture(b"looked at")
    await store.drop_arrival(session.id, FRONT, "fake")
    assert await store.picture(session.id, FRONT, "fake") == a_picture(b"looked at")


async def test_an_arrival_that_is_no_picture_makes_room_for_the_next(store: SessionStore) -> None:
    session, _ = await accepted(store)
    for content in (b"html", b"html again"):
        await store.save_arrival(session.id, FRONT, a_picture(content))
    again = await store.arrival(session.id, FRONT, "fake")
    assert again is not None
    assert again.content == b"html again"
    await store.drop_arrival(session.id, FRONT, "fake")
    await store.drop_arrival(session.id, FRONT, "fake")
    assert await store.arrival(session.id, FRONT, "fake") is None
    with pytest.raises(StorageError):
        await store.save_arrival(NOBODY, FRONT, a_picture())


async def test_an_arrival_that_needed_no_change_stays_as_the_picture(store: SessionStore) -> None:
    session, _ = await accepted(store)
    for angle in (FRONT, SIDE):
        await store.save_arrival(session.id, angle, a_picture(b"same"))
    await store.save_picture(session.id, FRONT, a_picture(b"same"))
    await store.drop_arrival(session.id, SIDE, "fake")
    assert await store.picture(session.id, FRONT, "fake") == a_picture(b"same")


async def test_credits_are_kept_once_a_page_and_go_with_the_car(kept: Kept) -> None:
    session, _ = await accepted(kept.sessions)
    one = Credit(url="https://example.org/a", author="Ann", licence="CC BY-SA 4.0")
    two = Credit(url="https://example.org/b")
    await kept.sessions.save_credits(session.id, [two, one])
    await kept.sessions.save_credits(session.id, [one])
    await kept.sessions.save_credits(session.id, [])
    assert await kept.sessions.credits(session.id) == (one, two)
    await kept.archive.delete_session(session.id)
    assert await kept.sessions.session(session.id) is None


async def test_a_photo_lies_there_before_its_car_and_goes_with_it(kept: Kept) -> None:
    session = a_session("photo")
    name = await kept.sessions.keep_photo(session.id, b"a photo")
    named = replace(session, photo=name)
    album = an_album(named)
    assert await kept.sessions.accept(named, album, blank_views(album))
    assert await kept.sessions.session(session.id) == named
    assert await kept.sessions.photo(named) == b"a photo"
    assert await kept.sessions.photo(session) is None
    await kept.archive.delete_session(session.id)
    assert await kept.sessions.photo(named) is None
