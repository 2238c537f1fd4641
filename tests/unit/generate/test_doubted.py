"""A picture in doubt is made again once; where that fails it is shown with its label, never lost."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from bot.pipeline.errors import FailureKind
from bot.pipeline.generate.retry import RetryRules
from bot.pipeline.model import DUPLICATE, OTHER_SHAPE, Album, AngleName, Picture, ViewState
from bot.pipeline.money import Budgets, Limits, Outcome
from tests.loopback.pictures import (
    CUT,
    HTML,
    QUOTA,
    RATE_LIMIT,
    REFUSED,
    SERVER,
    Entry,
    Fault,
    blank_fault,
    picture_bytes,
)
from tests.unit.generate.conftest import Atelier

pytestmark = pytest.mark.asyncio(loop_scope="module")
UPRIGHT = Fault(content=picture_bytes("upright", size=(256, 384)))
"""A picture of another shape than the asked one."""
TWO = ("front", "side")


def then(atelier: Atelier, second: Fault | None, *, doubt: Fault = UPRIGHT) -> asyncio.Event:
    """The first answer of the first view is in doubt, all others of that view are `second`; it is told
    when such a one is asked for."""
    first: list[str] = []
    again = asyncio.Event()

    def faults(entry: Entry, before: int) -> Fault | None:
        first.append(entry.seed) if not first else None
        if entry.seed != first[0]:
            return None
        if before:
            again.set()
        return second if before else doubt

    atelier.server.faults = faults
    return again


@pytest.fixture
def atelier(anew: Atelier) -> Atelier:
    anew.server.size = anew.studio.size = (384, 256)
    anew.guided = False
    return anew


async def books(atelier: Atelier, album: object) -> Counter[Outcome]:
    assert isinstance(album, Album)
    charges = await atelier.storage.ledger.charges(album.session_id)
    return Counter(one.outcome for one in charges)


async def test_one_more_is_bought_and_takes_its_place(atelier: Atelier) -> None:
    then(atelier, None)
    album, views = await atelier.draw(atelier.openai, atelier.studio, angles=TWO)
    assert {view.warnings for view in views.values()} == {()}
    assert len(atelier.server.ledger) == 3
    assert await books(atelier, album) == {Outcome.STORED: 2, Outcome.WASTED: 1}


async def test_two_in_doubt_show_the_second_with_its_label(atelier: Atelier) -> None:
    then(atelier, Fault(content=picture_bytes("upright too", size=(256, 512))))
    album, views = await atelier.draw(atelier.openai, atelier.studio, angles=TWO)
    assert sorted(view.warnings for view in views.values()) == [(), (OTHER_SHAPE,)]
    assert {view.height for view in views.values()} == {256, 512}
    assert len(atelier.server.ledger) == 3
    assert await books(atelier, album) == {Outcome.STORED: 2, Outcome.WASTED: 1}


FAILS = {
    "server": (SERVER, {}),
    "refused": (REFUSED, {}),
    "quota": (QUOTA, {}),
    "cut": (CUT, {Outcome.MAYBE: 1}),
    "timeout": (Fault(delay=30), {Outcome.MAYBE: 1}),
    "markup": (HTML, {Outcome.WASTED: 1}),
}


@pytest.mark.parametrize("name", FAILS)
async def test_where_the_other_one_fails_for_good_the_first_is_shown(atelier: Atelier, name: str) -> None:
    fault, lost = FAILS[name]
    then(atelier, fault)
    album, views = await atelier.draw(atelier.openai, atelier.pollinations, atelier.studio, angles=TWO)
    assert {(view.state, view.provider) for view in views.values()} == {(ViewState.DRAWN, "openai")}
    assert sorted(view.warnings for view in views.values()) == [(), (OTHER_SHAPE,)]
    assert await books(atelier, album) == {Outcome.STORED: 2, **lost}
    # shown is what was stored and paid first
    (doubted,) = [view for view in views.values() if view.warnings]
    kept = await atelier.storage.sessions.picture(doubted.session_id, doubted.angle, "openai")
    assert isinstance(kept, Picture)
    assert (kept.width, kept.height) == (256, 384)
    asked = Counter(entry.seed for entry in atelier.server.ledger)
    assert asked[str(doubted.seed)] == (3 if fault is SERVER else 2)


async def test_a_set_of_one_view_in_doubt_is_not_handed_on(atelier: Atelier) -> None:
    then(atelier, SERVER)
    album, views = await atelier.draw(atelier.openai, atelier.studio, angles=["front"])
    assert isinstance(album, Album)
    assert (album.provider, views["front"].warnings) == ("openai", (OTHER_SHAPE,))


async def test_where_another_cannot_be_paid_the_first_is_shown(atelier: Atelier) -> None:
    atelier.budgets = Budgets(limits=Limits(everybody=2 * 0.013 * 1.5))
    atelier.server.tokens = lambda _entry: (0, 0, 650)
    then(atelier, None)
    _, views = await atelier.draw(atelier.openai, atelier.studio, angles=TWO)
    assert sorted(view.warnings for view in views.values()) == [(), (OTHER_SHAPE,)]
    assert len(atelier.server.ledger) == 2


async def test_a_twin_whose_other_fails_is_shown_as_a_twin(atelier: Atelier) -> None:
    same = Fault(content=picture_bytes("one and the same"))
    atelier.server.faults = lambda _entry, before: SERVER if before else same
    album, views = await atelier.draw(atelier.openai, atelier.studio, angles=TWO)
    warned = [warning for view in views.values() for warning in view.warnings]
    assert [warning.partition(":")[0] for warning in warned] == [DUPLICATE]
    assert await books(atelier, album) == {Outcome.STORED: 2}


async def test_no_picture_of_a_car_is_not_shown(atelier: Atelier) -> None:
    then(atelier, SERVER, doubt=blank_fault())
    album, views = await atelier.draw(atelier.openai, atelier.studio, angles=TWO)
    missing = [view.failure for view in views.values() if view.state is ViewState.MISSING]
    assert missing == [FailureKind.SERVER]
    assert await books(atelier, album) == {Outcome.STORED: 1, Outcome.WASTED: 1}


async def test_between_the_two_a_kill_loses_nothing_and_nothing_is_bought_again(atelier: Atelier) -> None:
    again = then(atelier, Fault(delay=60))
    album = await atelier.stopped(again.wait(), atelier.openai, atelier.studio, angles=TWO)
    session = await atelier.storage.sessions.session(album.session_id)
    assert session is not None
    await atelier.drawer(atelier.openai, atelier.studio).draw_set(session, album)
    views = await atelier.storage.sessions.views(session.id)
    assert {(view.state, view.provider) for view in views} == {(ViewState.DRAWN, "openai")}
    assert sorted(view.warnings for view in views) == [(), (OTHER_SHAPE,)]
    assert len(atelier.server.ledger) == 3
    assert await books(atelier, album) == {Outcome.STORED: 2, Outcome.MAYBE: 1}


@pytest.mark.parametrize("fault", [None, SERVER, HTML], ids=["another comes", "server", "markup"])
async def test_what_was_killed_before_it_was_looked_at_has_its_one_more(
    atelier: Atelier, fault: Fault | None
) -> None:
    session, album = await atelier.accept(angles=["front"])
    (view,) = await atelier.storage.sessions.views(session.id)
    left = Picture(
        content=picture_bytes("upright", size=(256, 384)),
        media_type="image/jpeg",
        width=0,
        height=0,
        provider="openai",
        model="m",
        seconds=1.0,
    )
    await atelier.storage.sessions.save_arrival(session.id, AngleName("front"), left)
    atelier.server.faults = lambda _entry, _before: fault
    await atelier.drawer(atelier.openai, atelier.studio).draw_set(session, album)
    (view,) = await atelier.storage.sessions.views(session.id)
    assert (view.state, view.provider) == (ViewState.DRAWN, "openai")
    assert view.warnings == ((OTHER_SHAPE,) if fault else ())


async def test_when_the_time_of_the_view_is_up_the_first_is_shown(atelier: Atelier) -> None:
    atelier.rules = RetryRules(base=0.01, deadline=1.0)
    then(atelier, Fault(delay=60))
    album, views = await atelier.draw(atelier.openai, atelier.studio, angles=TWO)
    assert sorted(view.warnings for view in views.values()) == [(), (OTHER_SHAPE,)]
    assert await books(atelier, album) == {Outcome.STORED: 2, Outcome.MAYBE: 1}


async def test_a_rate_limit_on_the_way_to_the_other_is_waited_out(atelier: Atelier) -> None:
    answers = iter([UPRIGHT, RATE_LIMIT, RATE_LIMIT])
    atelier.server.faults = lambda _entry, _before: next(answers, None)
    _, views = await atelier.draw(atelier.openai, atelier.studio, angles=["front"])
    assert views["front"].warnings == ()
    assert len(atelier.server.ledger) == 4
