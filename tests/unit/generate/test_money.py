"""Is every cent on record, no budget exceeded, and no set mixed, whatever the provider and the process do?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.pipeline.errors import FailureKind, SetFailed
from bot.pipeline.generate.retry import RetryRules
from bot.pipeline.model import Album, AlbumState, AngleName, View, ViewState, seeds_for
from bot.pipeline.money import Budgets, Charge, Limits, Outcome
from bot.pipeline.ports import Provider, Step
from tests.loopback.pictures import CUT, HTML, QUOTA, RATE_LIMIT, SERVER, Entry, Fault
from tests.unit.generate.conftest import THREE, Atelier, open_atelier

COST = (200 * 5 + 100 * 8 + 1000 * 30) / 1_000_000
"""What the loopback server's answers cost by their tokens."""
PRICE = 0.013 * 1.5
"""Set aside for a picture of 1536 x 1024 in medium quality."""


async def charges(atelier: Atelier, album: Album | SetFailed | str) -> tuple[Charge, ...]:
    session_id = album.session_id if isinstance(album, Album) else atelier.listener.events[0].album.session_id
    return await atelier.storage.ledger.charges(session_id)


def limit(**limits: float) -> Budgets:
    return Budgets(limits=Limits(**limits))


async def test_every_call_is_a_charge_with_its_cost(atelier: Atelier) -> None:
    album, _ = await atelier.draw(atelier.openai, atelier.studio)
    found = await charges(atelier, album)
    assert {(one.outcome, one.cost, one.provider) for one in found} == {(Outcome.STORED, COST, "openai")}
    assert {one.angle for one in found} == set(THREE)
    spent = await atelier.storage.ledger.spent("7", "7")
    assert spent.everybody == pytest.approx(3 * COST)


async def test_what_charges_nothing_leaves_no_rows(atelier: Atelier) -> None:
    album, _ = await atelier.draw(atelier.studio)
    assert await charges(atelier, album) == ()


@pytest.mark.parametrize("scope", ["person", "chat", "everybody"])
async def test_where_the_budget_does_not_suffice_the_next_draws_the_whole_set(
    atelier: Atelier, scope: str
) -> None:
    atelier.budgets = limit(**{scope: 2.5 * PRICE})
    album, views = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    assert (album.provider, album.because) == ("studio", FailureKind.BUDGET)
    assert {view.provider for view in views.values()} == {"studio"}
    assert atelier.server.ledger == []
    assert await charges(atelier, album) == ()
    assert Step.NEXT_PROVIDER in {event.step for event in atelier.listener.events}
    stored = await atelier.storage.sessions.album(album.session_id, 1)
    assert stored is not None
    assert stored.because is FailureKind.BUDGET


async def test_exempt_people_are_held_by_the_budget_for_everybody_alone(atelier: Atelier) -> None:
    atelier.budgets = Budgets(limits=Limits(person=0, chat=0, everybody=1), exempt=frozenset({"7"}))
    album, _ = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    assert album.provider == "openai"


async def test_what_pictures_really_cost_is_set_aside_for_the_next(atelier: Atelier) -> None:
    atelier.budgets = limit(everybody=5.5 * COST)
    drawer = atelier.drawer(atelier.openai, atelier.studio)
    providers = []
    for _ in range(2):
        session, album = await atelier.accept()
        providers.append((await drawer.draw_set(session, album)).provider)
    assert providers == ["openai", "studio"]


async def test_a_bad_answer_is_paid_in_vain_and_bought_again(atelier: Atelier) -> None:
    first: list[str] = []

    def once(entry: Entry, before: int) -> Fault | None:
        first.append(entry.seed) if not first else None
        return HTML if entry.seed == first[0] and before == 0 else None

    atelier.server.faults = once
    album, _ = await atelier.draw(atelier.openai, atelier.studio)
    found = await charges(atelier, album)
    assert sorted(one.outcome for one in found) == [Outcome.STORED] * 3 + [Outcome.WASTED]
    assert sum(one.cost or 0 for one in found) == pytest.approx(len(atelier.server.bought()) * COST)


async def test_the_regeneration_that_cannot_be_paid_leaves_the_view_missing(atelier: Atelier) -> None:
    atelier.budgets = limit(everybody=3 * PRICE)
    lost: list[str] = []

    def never(entry: Entry, _before: int) -> Fault | None:
        lost.append(entry.seed) if not lost else None
        return HTML if entry.seed == lost[0] else None

    atelier.server.faults = never
    album, views = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    missing = [view for view in views.values() if view.state is ViewState.MISSING]
    assert [view.failure for view in missing] == [FailureKind.BUDGET]
    assert {view.provider for view in views.values()} == {"openai", None}
    assert len(atelier.server.ledger) == 3


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(Fault(delay=30), Outcome.MAYBE), (CUT, Outcome.MAYBE), (SERVER, None), (QUOTA, None)],
    ids=["timeout", "cut", "server", "quota"],
)
async def test_only_what_may_have_been_charged_stays(
    tmp_path: Path, fault: Fault, outcome: Outcome | None
) -> None:
    async with open_atelier(tmp_path, patience=0.4 if fault.delay else 20) as atelier:
        atelier.server.faults = lambda _entry, _before: fault
        album, _ = await atelier.draw(atelier.openai, atelier.studio)
        found = await charges(atelier, album)
        assert {one.outcome for one in found} == ({outcome} if outcome else set())
        assert len(found) == (len(atelier.server.ledger) if outcome else 0)
        figures = await atelier.storage.stats.figures(None)
        assert figures.paid == 0
        assert figures.maybe_paid == pytest.approx(len(found) * PRICE)


async def test_waiting_out_a_rate_limit_keeps_the_money_aside(atelier: Atelier) -> None:
    atelier.budgets = limit(everybody=3 * PRICE)
    atelier.server.faults = lambda _entry, before: RATE_LIMIT if before == 0 else None
    album, _ = await atelier.draw(atelier.openai, atelier.studio)
    found = await charges(atelier, album)
    assert [one.outcome for one in found] == [Outcome.STORED] * 3


async def resumed(atelier: Atelier, album: Album, *providers: Provider) -> tuple[Album, dict[str, View]]:
    session = await atelier.storage.sessions.session(album.session_id)
    assert session is not None
    done = await atelier.drawer(*providers).draw_set(session, album)
    return done, {view.angle: view for view in await atelier.storage.sessions.views(session.id)}


def slow_after_first(atelier: Atelier) -> None:
    """The front comes at once, all others take long."""

    def decide(entry: Entry, _before: int) -> Fault | None:
        session_id = atelier.listener.events[0].album.session_id
        return None if entry.seed == str(seeds_for(session_id, THREE)[THREE[0]]) else Fault(delay=60)

    atelier.server.faults = decide


async def test_a_stopped_set_goes_on_with_its_provider_and_money(atelier: Atelier) -> None:
    atelier.budgets = limit(everybody=8 * COST)
    slow_after_first(atelier)
    album = await atelier.stopped(atelier.listener.drawn.wait(), atelier.openai, atelier.studio)
    found = await charges(atelier, album)
    assert sorted(one.outcome for one in found) == [Outcome.MAYBE, Outcome.MAYBE, Outcome.STORED]
    atelier.server.faults = lambda _entry, _before: None
    done, views = await resumed(atelier, album, atelier.openai, atelier.studio)
    assert done.provider == "openai"
    assert {view.provider for view in views.values()} == {"openai"}
    assert len(atelier.server.bought()) == 3
    assert sum(one.outcome is Outcome.STORED for one in await charges(atelier, album)) == 3


async def test_a_set_whose_provider_is_gone_is_drawn_anew_as_a_whole(atelier: Atelier) -> None:
    slow_after_first(atelier)
    album = await atelier.stopped(atelier.listener.drawn.wait(), atelier.openai, atelier.studio)
    done, views = await resumed(atelier, album, atelier.studio)
    assert done.provider == "studio"
    assert {view.provider for view in views.values()} == {"studio"}
    again, _ = await resumed(atelier, done, atelier.studio)
    assert again.provider == "studio"


async def test_a_finished_set_whose_provider_is_gone_stays_as_it_is(atelier: Atelier) -> None:
    album, _ = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    _, views = await resumed(atelier, album, atelier.studio)
    assert {view.provider for view in views.values()} == {"openai"}


async def test_missing_views_that_cannot_be_paid_wait_and_nobody_else_draws_them(atelier: Atelier) -> None:
    lost: list[str] = []

    def never(entry: Entry, _before: int) -> Fault | None:
        lost.append(entry.seed) if not lost else None
        return QUOTA if entry.seed == lost[0] else None

    atelier.server.faults = never
    album, _ = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    store = atelier.storage.sessions
    await store.move(album.session_id, 1, old=AlbumState.OPEN, new=AlbumState.DELIVERED)
    await store.reopen(album.session_id, 1)
    atelier.budgets = limit(everybody=0)
    done, views = await resumed(atelier, album, atelier.openai, atelier.studio)
    assert done.provider == "openai"
    assert {view.provider for view in views.values()} == {"openai", None}
    assert [view.failure for view in views.values() if view.failure] == [FailureKind.BUDGET]


async def test_more_by_another_hand_says_so(atelier: Atelier) -> None:
    album, _ = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    name = AngleName("top")
    more = Album(session_id=album.session_id, number=2, angles=(name,), chat="7")
    view = View(session_id=album.session_id, angle=name, seed=seeds_for(album.session_id, (name,))[name])
    session = await atelier.storage.sessions.session(album.session_id)
    assert session is not None
    await atelier.storage.sessions.accept(session, more, [view])
    done, views = await resumed(atelier, more, atelier.studio)
    assert (done.provider, done.unlike, views["top"].provider) == ("studio", "openai", "studio")
    assert {views[name].provider for name in THREE} == {"openai"}


async def test_pauses_of_a_provider_do_not_count_against_its_views(atelier: Atelier) -> None:
    atelier.studio.capabilities = replace(atelier.studio.capabilities, concurrency=1, pace=0.2)
    atelier.rules = RetryRules(base=0.01, deadline=0.05, set_deadline=0.05)
    album, views = await atelier.draw(atelier.studio)
    assert isinstance(album, Album)
    assert {view.state for view in views.values()} == {ViewState.DRAWN}
