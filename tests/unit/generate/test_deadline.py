"""The time of a set: a slow provider is given up when it is over, and what it drew until then stays."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from bot.pipeline.errors import FailureKind
from bot.pipeline.generate.retry import RetryRules
from bot.pipeline.model import Album, Strength, ViewState
from bot.pipeline.money import Outcome
from bot.pipeline.ports import Step
from tests.loopback.pictures import SERVER, Entry, Fault
from tests.unit.generate.conftest import THREE, Atelier

pytestmark = pytest.mark.asyncio(loop_scope="module")
SLOW = Fault(delay=60)


@pytest.fixture
def atelier(anew: Atelier) -> Atelier:
    anew.server.size = anew.studio.size = (384, 256)
    anew.guided = False
    return anew


def within(seconds: float) -> RetryRules:
    return RetryRules(base=0.01, deadline=60, set_deadline=seconds)


async def books(atelier: Atelier, album: object) -> Counter[Outcome]:
    assert isinstance(album, Album)
    charges = await atelier.storage.ledger.charges(album.session_id)
    assert len(charges) == len(atelier.server.ledger), "each call is in the books, once"
    return Counter(one.outcome for one in charges)


async def test_a_provider_that_is_slow_for_all_views_is_given_up_and_the_studio_draws(
    atelier: Atelier,
) -> None:
    atelier.rules = within(0.5)
    atelier.server.faults = lambda _entry, _before: SLOW
    async with asyncio.timeout(10):
        album, views = await atelier.draw(atelier.openai, atelier.pollinations, atelier.studio)
    assert isinstance(album, Album)
    assert (album.provider, album.because) == ("studio", FailureKind.TIMEOUT)
    assert (album.strength, {view.provider for view in views.values()}) == (Strength.GEOMETRY, {"studio"})
    # nobody but the last resort is asked when the time is up, and no view is asked for twice
    assert {entry.api for entry in atelier.server.ledger} == {"generations"}
    assert set(Counter(entry.seed for entry in atelier.server.ledger).values()) == {1}
    assert await books(atelier, album) == {Outcome.MAYBE: 3}


async def test_what_was_drawn_before_stays_and_nothing_is_asked_for_again(atelier: Atelier) -> None:
    atelier.rules = within(1.0)
    quick: list[str] = []

    def faults(entry: Entry, _before: int) -> Fault | None:
        quick.append(entry.seed) if not quick else None
        return None if entry.seed == quick[0] else SLOW

    atelier.server.faults = faults
    async with asyncio.timeout(10):
        album, views = await atelier.draw(atelier.openai, atelier.pollinations, atelier.studio)
    assert isinstance(album, Album)
    assert album.provider == "openai"
    states = Counter((view.state, view.provider, view.failure) for view in views.values())
    assert states == {
        (ViewState.DRAWN, "openai", None): 1,
        (ViewState.MISSING, None, FailureKind.TIMEOUT): 2,
    }
    assert await books(atelier, album) == {Outcome.STORED: 1, Outcome.MAYBE: 2}


async def test_retries_one_by_one_end_with_the_time_of_the_set(atelier: Atelier) -> None:
    # each call comes to nothing for free after a while: at once, again, then one by one
    atelier.rules = within(1.0)
    atelier.server.faults = lambda _entry, _before: Fault(status=500, delay=0.3)
    async with asyncio.timeout(10):
        album, _ = await atelier.draw(atelier.openai, atelier.pollinations, atelier.studio)
    assert isinstance(album, Album)
    assert album.provider == "studio"
    asked = Counter(entry.seed for entry in atelier.server.ledger)
    # with all the time there is it would have been six times for each view
    assert sum(asked.values()) < 6 * len(THREE)
    assert {entry.api for entry in atelier.server.ledger} == {"generations"}
    charges = await atelier.storage.ledger.charges(album.session_id)
    # only what was under way when the time was up may have been charged
    assert {one.outcome for one in charges} <= {Outcome.MAYBE}
    assert len(charges) <= len(THREE)


async def test_in_time_the_next_provider_is_asked_for_the_whole_set(atelier: Atelier) -> None:
    atelier.rules = within(20)
    atelier.server.faults = lambda entry, _before: SERVER if entry.api != "pollinations" else None
    album, views = await atelier.draw(atelier.openai, atelier.pollinations, atelier.studio)
    assert isinstance(album, Album)
    assert {view.provider for view in views.values()} == {"pollinations"}
    told = [event.provider for event in atelier.listener.events if event.step is Step.NEXT_PROVIDER]
    assert told == ["pollinations"]


@pytest.mark.parametrize("late", [True, False])
async def test_the_last_resort_has_all_the_time_it_takes(atelier: Atelier, late: bool) -> None:
    atelier.rules = within(0.0 if late else 20)
    album, _ = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    assert album.provider == ("studio" if late else "openai")
    assert len(atelier.server.ledger) == (0 if late else 3)
