"""What must every Ledger keep? Budgets held whoever asks at once, and every cent on record."""

from __future__ import annotations

import asyncio

import pytest

from bot.pipeline.errors import BudgetExceeded, FailureKind
from bot.pipeline.model import AlbumState, Session, Strength
from bot.pipeline.money import Call, Ledger, Limits, Outcome, Spent
from bot.pipeline.ports import Receipt, SessionStore
from tests.contract.conftest import Kept
from tests.fakes.cars import FRONT, SIDE, a_picture, a_session, an_album, blank_views
from tests.fakes.cars import a_call as call_of

FREE = Limits()


@pytest.fixture
def ledger(kept: Kept) -> Ledger:
    return kept.ledger


@pytest.fixture
def store(kept: Kept) -> SessionStore:
    return kept.sessions


def a_call(
    message: str = "1", *, owner: str = "7", chat: str = "7", price: float = 0.25, provider: str = "fake"
) -> Call:
    """A call for the front of the car of that message."""
    session = a_session(message, owner=owner, chat=chat)
    return call_of(session, owner=owner, chat=chat, provider=provider, price=price)


async def outcomes(ledger: Ledger, call: Call) -> list[tuple[Outcome, float | None]]:
    return [(charge.outcome, charge.cost) for charge in await ledger.charges(call.session_id)]


async def test_a_reservation_becomes_its_cost(ledger: Ledger) -> None:
    call = a_call(price=0.25)
    (charge,) = await ledger.hold([call], FREE)
    assert await outcomes(ledger, call) == [(Outcome.HELD, None)]
    await ledger.ask(charge)
    assert await outcomes(ledger, call) == [(Outcome.ASKED, None)]
    assert await ledger.spent("7", "7") == Spent(person=0.25, chat=0.25, everybody=0.25)
    await ledger.settle(charge, Outcome.STORED, 0.031801)
    assert await outcomes(ledger, call) == [(Outcome.STORED, 0.031801)]
    assert await ledger.spent("7", "8") == Spent(person=0.031801, chat=0.0, everybody=0.031801)


async def test_what_was_surely_not_charged_leaves_nothing(ledger: Ledger) -> None:
    call = a_call()
    charges = await ledger.hold([call, call], FREE)
    (asked,) = await ledger.hold([call], FREE, asked=True)
    await ledger.release([*charges, asked])
    assert await ledger.charges(call.session_id) == ()
    assert (await ledger.spent("7", "7")).everybody == 0
    await ledger.release([])


async def test_what_is_settled_cannot_be_given_back(ledger: Ledger) -> None:
    call = a_call()
    (charge,) = await ledger.hold([call], FREE, asked=True)
    await ledger.settle(charge, Outcome.WASTED, 0.1)
    await ledger.release([charge])
    assert await outcomes(ledger, call) == [(Outcome.WASTED, 0.1)]


@pytest.mark.parametrize(
    ("limits", "scope"),
    [
        (Limits(person=0.6), "user"),
        (Limits(chat=0.6), "chat"),
        (Limits(everybody=0.6), "global"),
        (Limits(person=9, chat=0.6, everybody=9), "chat"),
    ],
)
async def test_all_calls_of_a_set_are_held_or_none(ledger: Ledger, limits: Limits, scope: str) -> None:
    call = a_call(price=0.2)
    with pytest.raises(BudgetExceeded) as caught:
        await ledger.hold([call] * 4, limits)
    assert (caught.value.scope, caught.value.left, round(caught.value.needed, 6)) == (scope, 0.6, 0.8)
    assert await ledger.charges(call.session_id) == ()
    assert len(await ledger.hold([call] * 3, limits)) == 3
    with pytest.raises(BudgetExceeded) as caught:
        await ledger.hold([call], limits)
    assert caught.value.left == 0


async def test_the_money_of_others_is_not_spent(ledger: Ledger) -> None:
    await ledger.hold([a_call(owner="8", chat="8", price=5)], FREE)
    limits = Limits(person=1, chat=1, everybody=6)
    await ledger.hold([a_call(price=1)], limits)
    with pytest.raises(BudgetExceeded):
        await ledger.hold([a_call(owner="9", chat="9", price=0.000001)], limits)


async def test_of_many_at_once_only_as_many_as_fit_are_held(ledger: Ledger) -> None:
    calls = [ledger.hold([a_call(str(n))], Limits(everybody=1.0)) for n in range(20)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(answer, list) for answer in answers) == 4
    assert all(isinstance(answer, list | BudgetExceeded) for answer in answers)
    assert (await ledger.spent("7", "7")).everybody == 1.0


async def test_what_a_killed_process_left_is_settled(ledger: Ledger) -> None:
    call = a_call()
    held, asked, done = await ledger.hold([call] * 3, FREE)
    await ledger.ask(asked)
    await ledger.settle(done, Outcome.STORED, 0.25)
    other = a_call("2")
    await ledger.hold([other], FREE, asked=True)
    for _ in range(2):
        await ledger.recover(call.session_id, 1)
    assert held not in [charge.id for charge in await ledger.charges(call.session_id)]
    assert await outcomes(ledger, call) == [(Outcome.MAYBE, None), (Outcome.STORED, 0.25)]
    assert await outcomes(ledger, other) == [(Outcome.ASKED, None)]
    assert (await ledger.spent("7", "7")).everybody == 0.75


async def accepted(store: SessionStore, message: str = "1") -> Session:
    session = a_session(message)
    album = an_album(session)
    await store.accept(session, album, blank_views(album))
    return session


async def bought(kept: Kept, call: Call, content: bytes = b"raw", cost: float = 0.25) -> None:
    (charge,) = await kept.ledger.hold([call], FREE, asked=True)
    picture = a_picture(content, provider=call.provider, cost=cost)
    await kept.sessions.save_arrival(call.session_id, call.angle, picture, charge)


async def test_an_arrival_settles_its_charge_in_the_same_transaction(kept: Kept) -> None:
    await accepted(kept.sessions)
    call = a_call()
    await bought(kept, call, cost=0.04)
    assert await outcomes(kept.ledger, call) == [(Outcome.STORED, 0.04)]
    await kept.ledger.recover(call.session_id, 1)
    assert await outcomes(kept.ledger, call) == [(Outcome.STORED, 0.04)]


async def test_a_picture_that_is_none_was_paid_in_vain(kept: Kept) -> None:
    await accepted(kept.sessions)
    call = a_call()
    await bought(kept, call)
    await kept.sessions.drop_arrival(call.session_id, FRONT, "fake")
    await bought(kept, call, cost=0.5)
    assert await outcomes(kept.ledger, call) == [(Outcome.WASTED, 0.25), (Outcome.STORED, 0.5)]
    await kept.sessions.drop_arrival(call.session_id, FRONT, "other")
    assert (await outcomes(kept.ledger, call))[1] == (Outcome.STORED, 0.5)


async def test_of_two_answers_for_one_view_one_is_wasted(kept: Kept) -> None:
    await accepted(kept.sessions)
    call = a_call()
    await bought(kept, call, b"one")
    await bought(kept, call, b"two")
    assert await outcomes(kept.ledger, call) == [(Outcome.WASTED, 0.25), (Outcome.STORED, 0.25)]
    await kept.sessions.save_picture(call.session_id, FRONT, a_picture(b"looked at"))
    await bought(kept, call, b"late")
    assert [outcome for outcome, _ in await outcomes(kept.ledger, call)] == [
        Outcome.WASTED,
        Outcome.STORED,
        Outcome.WASTED,
    ]
    await kept.sessions.drop_arrival(call.session_id, FRONT, "fake")
    assert (await outcomes(kept.ledger, call))[1] == (Outcome.STORED, 0.25)


async def test_a_better_picture_is_paid_and_the_one_before_was_wasted(kept: Kept) -> None:
    store = kept.sessions
    await accepted(store)
    call = a_call()
    await bought(kept, call, b"doubted")
    await store.save_picture(call.session_id, FRONT, a_picture(b"doubted"), choose=True)
    (charge,) = await kept.ledger.hold([call], FREE, asked=True)
    await store.save_better(call.session_id, FRONT, a_picture(b"better", cost=0.5), charge)
    assert await outcomes(kept.ledger, call) == [(Outcome.WASTED, 0.25), (Outcome.STORED, 0.5)]
    found = await store.picture(call.session_id, FRONT, "fake")
    assert found == a_picture(b"better", cost=0.5)


@pytest.mark.parametrize("by_receipt", [True, False])
async def test_a_delivered_album_has_delivered_what_its_views_show(kept: Kept, by_receipt: bool) -> None:
    store = kept.sessions
    session = await accepted(store)
    shown, other = a_call(), a_call(provider="other")
    for call in (shown, other):
        await bought(kept, call)
        await store.save_picture(session.id, FRONT, a_picture(provider=call.provider))
    await store.choose(session.id, FRONT, "fake")
    await store.mark_missing(session.id, SIDE, failure=FailureKind.SERVER)
    await store.move(session.id, 1, old=AlbumState.OPEN, new=AlbumState.DELIVERING)
    assert [outcome for outcome, _ in await outcomes(kept.ledger, shown)] == [Outcome.STORED] * 2
    if by_receipt:
        await store.save_receipt(session.id, 1, Receipt(messages=("1",), file_ids={}))
    else:
        await store.move(session.id, 1, old=AlbumState.DELIVERING, new=AlbumState.DELIVERED)
    assert [outcome for outcome, _ in await outcomes(kept.ledger, shown)] == [
        Outcome.DELIVERED,
        Outcome.STORED,
    ]


async def test_the_books_stay_when_the_car_is_deleted(kept: Kept) -> None:
    session = await accepted(kept.sessions)
    call = a_call()
    await bought(kept, call)
    await kept.archive.delete_session(session.id)
    assert await outcomes(kept.ledger, call) == [(Outcome.STORED, 0.25)]
    assert (await kept.stats.figures(None)).not_delivered == 0.25


async def test_the_figures_know_what_was_paid_and_not_delivered(kept: Kept) -> None:
    store, ledger = kept.sessions, kept.ledger
    await accepted(store, "1")
    await accepted(store, "2")
    await bought(kept, a_call("1"), cost=0.04)
    await store.drop_arrival(a_call("1").session_id, FRONT, "fake")
    await bought(kept, a_call("1"), cost=0.06)
    await bought(kept, a_call("2", provider="dear"), cost=0.5)
    (doubt,) = await ledger.hold([a_call("2", price=0.07)], FREE, asked=True)
    await ledger.settle(doubt, Outcome.MAYBE)
    open_ = await kept.stats.figures(None)
    assert open_.costs == (("dear", 0.5), ("fake", 0.1))
    assert (open_.paid, open_.maybe_paid, open_.cost_per_album) == (0.6, 0.07, 0.3)
    assert (open_.not_delivered, open_.not_delivered_pictures) == (0.04, 1)
    await store.move(a_call("2").session_id, 1, old=AlbumState.OPEN, new=AlbumState.FAILED)
    over = await kept.stats.figures(None)
    assert (over.not_delivered, over.not_delivered_pictures) == (0.54, 2)


async def test_an_album_knows_why_and_whom_it_is_unlike(store: SessionStore) -> None:
    session = await accepted(store)
    await store.set_provider(
        session.id, 1, "studio", Strength.GEOMETRY, because=FailureKind.BUDGET, unlike="openai"
    )
    album = await store.album(session.id, 1)
    assert album is not None
    assert (album.because, album.unlike) == (FailureKind.BUDGET, "openai")
