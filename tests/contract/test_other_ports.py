"""What must every Archive, Inbox, Preferences, SearchCache and StatsSource keep?"""

from __future__ import annotations

from bot.pipeline.errors import FailureKind
from bot.pipeline.model import AlbumState, Session, SessionId
from bot.pipeline.money import Limits, Outcome
from bot.pipeline.ports import CachedSearch, Receipt
from tests.contract.conftest import NOW, Kept
from tests.fakes.cars import FRONT, SIDE, a_call, a_picture, a_session, an_album, blank_views


async def accepted(kept: Kept, message: str, *, owner: str = "7", created: float = 100.0) -> Session:
    session = a_session(message, owner=owner, created=created)
    album = an_album(session)
    assert await kept.sessions.accept(session, album, blank_views(album))
    return session


async def finished(kept: Kept, session_id: SessionId, state: AlbumState, *, complete: bool) -> None:
    store = kept.sessions
    for angle in (FRONT, SIDE) if complete else (FRONT,):
        await store.save_picture(session_id, angle, a_picture(angle.encode()))
        await store.choose(session_id, angle, "fake")
    if not complete:
        await store.mark_missing(session_id, SIDE, FailureKind.SERVER)
    await store.move(session_id, 1, old=AlbumState.OPEN, new=AlbumState.DELIVERING)
    await store.move(session_id, 1, old=AlbumState.DELIVERING, new=state)


async def test_a_persons_sessions_come_in_pages_newest_first(kept: Kept) -> None:
    mine = [await accepted(kept, str(n), created=100.0 + n) for n in range(5)]
    await accepted(kept, "9", owner="8")
    page = await kept.archive.sessions_of("7", offset=1, limit=2)
    assert page.total == 5
    assert page.sessions == (mine[3], mine[2])
    assert (await kept.archive.sessions_of("nobody", offset=0, limit=5)).total == 0


async def test_albums_of_a_day_are_counted_for_their_owner(kept: Kept) -> None:
    first = await accepted(kept, "1", created=100.0)
    await accepted(kept, "2", created=200.0)
    await accepted(kept, "3", owner="8", created=300.0)
    more = an_album(first, number=2, created=250.0)
    await kept.sessions.accept(first, more, [])
    assert await kept.archive.albums_since("7", 200.0) == 2
    assert await kept.archive.albums_since("7", 251.0) == 0


async def test_running_albums_are_those_under_way(kept: Kept) -> None:
    first, second = await accepted(kept, "1", created=200.0), await accepted(kept, "2", created=100.0)
    over = await accepted(kept, "3")
    await accepted(kept, "4", owner="8")
    await kept.sessions.move(over.id, 1, old=AlbumState.OPEN, new=AlbumState.CANCELLED)
    running = await kept.archive.running("7")
    assert [album.session_id for album in running] == [second.id, first.id]


async def test_what_telegram_has_of_a_car_is_found_in_the_order_it_was_asked(kept: Kept) -> None:
    one, other = await accepted(kept, "1"), await accepted(kept, "2")
    for session in (one, other):
        await finished(kept, session.id, AlbumState.DELIVERED, complete=True)
    receipt = Receipt(messages=("5", "6"), file_ids={SIDE: "f-side", FRONT: "f-front"})
    await kept.sessions.save_receipt(one.id, 1, receipt)
    sent = await kept.archive.sent_pictures((one.id, other.id))
    assert {key: list(pictures) for key, pictures in sent.items()} == {
        one.id: [(FRONT, "f-front"), (SIDE, "f-side")]
    }


async def test_a_car_is_shared_by_its_first_token_until_it_is_not(kept: Kept) -> None:
    session = await accepted(kept, "1")
    assert not await kept.shares.shared(session.id, "first-token")
    assert await kept.shares.share(session.id, "first-token") == "first-token"
    assert await kept.shares.share(session.id, "other-token") == "first-token"
    assert await kept.shares.shared(session.id, "first-token")
    assert not await kept.shares.shared(session.id, "other-token")
    assert await kept.shares.unshare(session.id)
    assert not await kept.shares.unshare(session.id)
    assert not await kept.shares.shared(session.id, "first-token")
    await kept.shares.share(session.id, "third-token")
    await kept.archive.delete_session(session.id)
    assert not await kept.shares.shared(session.id, "third-token")


async def test_a_deleted_session_is_gone_with_everything(kept: Kept) -> None:
    gone, stays = await accepted(kept, "1"), await accepted(kept, "2")
    for session in (gone, stays):
        await kept.sessions.save_picture(session.id, FRONT, a_picture(b"same bytes"))
    await kept.archive.delete_session(gone.id)
    await kept.archive.delete_session(gone.id)
    assert await kept.sessions.session(gone.id) is None
    assert await kept.sessions.albums(gone.id) == ()
    assert await kept.sessions.views(gone.id) == ()
    assert await kept.sessions.picture(gone.id, FRONT, "fake") is None
    assert [album.session_id for album in await kept.sessions.unfinished()] == [stays.id]
    assert await kept.sessions.picture(stays.id, FRONT, "fake") == a_picture(b"same bytes")


async def test_an_update_is_stored_once_and_pending_until_it_is_done(kept: Kept) -> None:
    inbox = kept.inbox
    assert await inbox.put(2, '{"b": "й"}')
    assert await inbox.put(1, "{}")
    assert not await inbox.put(2, "other")
    assert list(await inbox.pending()) == ["{}", '{"b": "й"}']
    await inbox.done(1)
    assert list(await inbox.pending()) == ['{"b": "й"}']
    assert not await inbox.put(1, "{}")
    await inbox.done(3)


async def test_an_update_of_large_number_fits(kept: Kept) -> None:
    assert await kept.inbox.put(2**40, "{}")
    assert list(await kept.inbox.pending()) == ["{}"]


async def test_the_chosen_language_stays(kept: Kept) -> None:
    assert await kept.preferences.language("7") is None
    for language in ("uk", "de"):
        await kept.preferences.set_language("7", language)
    assert await kept.preferences.language("7") == "de"
    assert await kept.preferences.language("8") is None


async def test_searches_are_remembered_also_when_expired(kept: Kept) -> None:
    key = "к" * 200
    assert await kept.searches.find(key) is None
    await kept.searches.keep(key, CachedSearch(value=b"", expires=1.0))
    assert await kept.searches.find(key) == CachedSearch(value=b"", expires=1.0)
    await kept.searches.keep(key, CachedSearch(value=b"\x00\xff", expires=2.5))
    assert await kept.searches.find(key) == CachedSearch(value=b"\x00\xff", expires=2.5)


async def test_figures_count_albums_by_their_outcome(kept: Kept) -> None:
    outcomes = [
        (AlbumState.DELIVERED, True),
        (AlbumState.UNKNOWN, True),
        (AlbumState.DELIVERED, False),
        (AlbumState.FAILED, False),
    ]
    for number, (state, complete) in enumerate(outcomes):
        session = await accepted(kept, str(number), owner=str(number), created=100.0)
        await finished(kept, session.id, state, complete=complete)
    await accepted(kept, "open", owner="1", created=100.0)
    figures = await kept.stats.figures(None)
    assert (figures.complete, figures.partial, figures.failed) == (2, 1, 1)
    assert (figures.pictures, figures.users) == (6, 4)
    assert (figures.unknown_deliveries, figures.queued) == (1, 1)
    later = await kept.stats.figures(101.0)
    assert (later.complete, later.partial, later.failed, later.users) == (0, 0, 0, 0)


async def test_slots_hold_what_was_asked_for_in_their_time_and_waits_fall_between_bounds(kept: Kept) -> None:
    outcomes = [(AlbumState.DELIVERED, True), (AlbumState.DELIVERED, False), (AlbumState.FAILED, False)]
    for number, created in enumerate((NOW - 130, NOW - 61, NOW - 60, NOW - 59.5, NOW - 3, NOW)):
        session = await accepted(kept, str(number), created=created)
        state, complete = outcomes[number % 3]
        await finished(kept, session.id, state, complete=complete)
    stopped = await accepted(kept, "stopped", created=NOW - 1)
    await kept.sessions.move(stopped.id, 1, old=AlbumState.OPEN, new=AlbumState.CANCELLED)
    await accepted(kept, "open", created=NOW - 1)
    slots = await kept.stats.trend(NOW - 120, width=60, slots=2)
    assert [slot.start for slot in slots] == [NOW - 120, NOW - 60]
    assert [(s.complete, s.partial, s.failed, s.cancelled) for s in slots] == [(0, 1, 0, 0), (1, 1, 1, 1)]
    assert [slot.albums for slot in slots] == [1, 4]
    assert (await kept.stats.figures(NOW - 60)).cancelled == 1
    assert await kept.stats.waits(NOW - 200, (3.0, 60.0, 61.0)) == (1, 1, 1, 1)
    assert await kept.stats.waits(NOW + 1, (3.0,)) == (0, 0)


async def test_all_time_and_since_the_beginning_are_the_same(kept: Kept) -> None:
    for number, (state, complete) in enumerate(
        [(AlbumState.DELIVERED, True), (AlbumState.DELIVERED, False)] * 2
    ):
        session = await accepted(kept, str(number), owner=str(number % 3), created=100.0 + number)
        await kept.ledger.hold([a_call(session, price=0.25)], Limits(), asked=True)
        await finished(kept, session.id, state, complete=complete)
        for charge in await kept.ledger.charges(session.id):
            await kept.ledger.settle(charge.id, Outcome.WASTED if number else Outcome.STORED, 0.25)
    await kept.sessions.reopen(session.id, 1)
    always = await kept.stats.figures(None)
    assert always == await kept.stats.figures(0.0)
    assert (always.complete, always.partial, always.users, always.paid) == (2, 1, 3, 1.0)
    assert always.cost_per_album == 0.25


async def test_a_group_that_moved_takes_its_cars_along(kept: Kept) -> None:
    session, other = a_session("1", chat="-5"), a_session("2", chat="-6")
    for one in (session, other):
        album = an_album(one)
        await kept.sessions.accept(one, album, blank_views(album))
        await kept.sessions.set_status_message(one.id, 1, "44")
    assert await kept.archive.move_chat("-5", "-100500") == 1
    moved, there = await kept.sessions.session(session.id), await kept.sessions.album(session.id, 1)
    assert moved is not None
    assert there is not None
    assert (moved.chat, moved.origin) == ("-100500", session.origin)
    assert (there.chat, there.status_message, there.reply_to, there.thread) == ("-100500", None, None, None)
    untouched = await kept.sessions.album(other.id, 1)
    assert untouched is not None
    assert (untouched.chat, untouched.status_message) == ("-6", "44")
    assert await kept.archive.move_chat("-5", "-100500") == 0
    # the same message again, told with the old chat's id, is still the same car
    again = an_album(session)
    assert not await kept.sessions.accept(session, again, blank_views(again))
