"""When is a straggler raced, who wins, and what becomes of the loser's bytes and money?"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.generate import SetDrawer
from bot.pipeline.generate.flights import Flights
from bot.pipeline.generate.hedge import Hedge, Times, raced
from bot.pipeline.model import Album, ViewState
from bot.pipeline.ports import Provider
from tests.loopback.pictures import HTML, RATE_LIMIT, Entry, Fault
from tests.unit.generate.conftest import Atelier, open_atelier


def measured(count: int = 20, seconds: float = 1.0) -> Times:
    times = Times()
    for _ in range(count):
        times.note(seconds)
    return times


def test_nothing_is_raced_before_enough_was_measured() -> None:
    assert Hedge(times=measured(19), allowed=True).after() is None
    assert Hedge(times=measured(20), allowed=True).after() == 2.0
    assert Hedge(times=measured(20), allowed=False).after() is None


@pytest.mark.parametrize(
    ("seconds", "lag"),
    [
        pytest.param([10.0] * 180 + [60.0] * 20, 60.0, id="one in ten is slow: the p95"),
        pytest.param([float(one) for one in range(1, 201)], 201.0, id="hardly a tail: twice the median"),
        pytest.param([2.0 + one / 1000 for one in range(200)], 4.199, id="nearly equal: twice the median"),
    ],
)
def test_a_second_call_must_have_the_time_to_come_first(seconds: list[float], lag: float) -> None:
    times = Times()
    for one in seconds:
        times.note(one)
    assert times.lag() == pytest.approx(lag)


def test_too_many_forgets_what_was_measured() -> None:
    times = measured()
    times.too_many()
    assert Hedge(times=times, allowed=True).after() is None


def test_a_set_has_one_hedge() -> None:
    hedge = Hedge(times=measured(), allowed=True)
    assert (hedge.claim(), hedge.claim(), hedge.after()) == (True, False, None)


def test_a_call_that_began_before_too_many_is_not_raced_after_it() -> None:
    times = measured()
    hedge = Hedge(times=times, allowed=True)
    assert hedge.after() == 2.0
    times.too_many()
    assert not hedge.claim()


class Call:
    """A call that ends when it is told to, with its name or with an error."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.end = asyncio.Event()
        self.error: Exception | None = None
        self.begun = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def __call__(self) -> str:
        self.begun.set()
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        if self.error is not None:
            raise self.error
        return self.name


async def at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


async def never(_seconds: float) -> None:
    await asyncio.Event().wait()


async def test_the_second_wins_and_the_first_is_cancelled() -> None:
    first, second = Call("a"), Call("b")
    second.end.set()
    assert await raced(first, second, after=1, sleep=at_once, claim=lambda: True) == ["b"]
    assert first.cancelled.is_set()


async def test_a_call_in_time_is_not_raced() -> None:
    first, second = Call("a"), Call("b")
    first.end.set()
    assert await raced(first, second, after=1, sleep=never, claim=lambda: True) == ["a"]
    assert not second.begun.is_set()


async def test_a_stall_of_our_own_loop_is_not_the_providers() -> None:
    second = Call("b")

    async def first() -> str:
        for _ in range(2):
            await asyncio.sleep(0.02)
        return "a"

    asyncio.get_running_loop().call_later(0.005, time.sleep, 0.25)
    assert await raced(first, second, after=0.2, sleep=asyncio.sleep, claim=lambda: True) == ["a"]
    assert not second.begun.is_set()


async def test_who_may_not_race_waits() -> None:
    first, second = Call("a"), Call("b")
    asyncio.get_running_loop().call_later(0.02, first.end.set)
    assert await raced(first, second, after=1, sleep=at_once, claim=lambda: False) == ["a"]
    assert not second.begun.is_set()


async def test_both_that_came_are_handed_over() -> None:
    first, second = Call("a"), Call("b")
    race = asyncio.ensure_future(raced(first, second, after=1, sleep=at_once, claim=lambda: True))
    await second.begun.wait()
    first.end.set()
    second.end.set()
    assert await race == ["a", "b"]


async def test_a_failure_waits_for_the_other_and_both_failing_raise_the_first() -> None:
    first, second = Call("a"), Call("b")
    first.error = ProviderError(provider="p", kind=FailureKind.SERVER)
    race = asyncio.ensure_future(raced(first, second, after=1, sleep=at_once, claim=lambda: True))
    await second.begun.wait()
    first.end.set()
    await asyncio.sleep(0)
    second.end.set()
    assert await race == ["b"]
    second.error = ProviderError(provider="p", kind=FailureKind.TIMEOUT)
    with pytest.raises(ProviderError) as caught:
        await raced(first, second, after=1, sleep=at_once, claim=lambda: True)
    assert caught.value.kind is FailureKind.SERVER


async def test_a_race_that_is_cancelled_leaves_nothing_running() -> None:
    first, second = Call("a"), Call("b")
    race = asyncio.ensure_future(raced(first, second, after=1, sleep=at_once, claim=lambda: True))
    await second.begun.wait()
    race.cancel()
    await asyncio.gather(race, return_exceptions=True)
    assert first.cancelled.is_set()
    assert second.cancelled.is_set()


async def warmed(atelier: Atelier, provider: Provider) -> SetDrawer:
    """A drawer that has measured twenty pictures of that provider."""
    atelier.server.size = (384, 256)
    drawer = atelier.drawer(provider, atelier.studio)
    for _ in range(2):
        session, album = await atelier.accept(list(CATALOGUE)[:10])
        await drawer.draw_set(session, album)
    return drawer


async def test_a_set_races_its_straggler_once_and_the_books_hold_both(tmp_path: Path) -> None:
    async with open_atelier(tmp_path) as atelier:
        drawer = await warmed(atelier, atelier.openai)
        # from here on the first two calls lag; the clock of the tests makes the p95 pass at once
        asked = len(atelier.server.ledger)
        slow = Fault(delay=0.6)
        atelier.server.faults = lambda _entry, before: (
            slow if before == 0 and len(atelier.server.ledger) <= asked + 2 else None
        )
        session, album = await atelier.accept()
        drawn = await drawer.draw_set(session, album)
        assert isinstance(drawn, Album)
        views = await atelier.storage.sessions.views(session.id)
        assert {view.state for view in views} == {ViewState.DRAWN}
        assert len(atelier.server.ledger) == asked + 4
        assert len(await atelier.storage.ledger.charges(session.id)) == 4


@pytest.mark.parametrize("spoiler", [RATE_LIMIT, None], ids=["after too many", "where requests join"])
async def test_no_second_call_where_it_does_not_pay(tmp_path: Path, spoiler: Fault | None) -> None:
    async with open_atelier(tmp_path) as atelier:
        provider = atelier.openai if spoiler else atelier.pollinations
        drawer = await warmed(atelier, provider)
        limited: list[str] = []

        def faults(entry: Entry, before: int) -> Fault | None:
            if spoiler is not None and not limited:
                limited.append(entry.seed)
                return spoiler
            return Fault(delay=0.15) if before == 0 else None

        atelier.server.faults = faults
        asked = len(atelier.server.ledger)
        session, album = await atelier.accept()
        await drawer.draw_set(session, album)
        assert len(atelier.server.ledger) == asked + 3 + len(limited)


async def test_the_spare_is_used_where_the_winner_is_no_picture(tmp_path: Path) -> None:
    async with open_atelier(tmp_path) as atelier:
        drawer = await warmed(atelier, atelier.openai)
        atelier.server.faults = lambda _entry, before: (
            Fault(delay=0.2, content=HTML.content) if not before else None
        )
        asked = len(atelier.server.ledger)
        session, album = await atelier.accept(angles=["front"])
        await drawer.draw_set(session, album)
        assert len(atelier.server.ledger) == asked + 2


async def test_the_same_key_is_one_flight_and_shares_its_end() -> None:
    flights: Flights[str] = Flights()
    call = Call("a")
    both = [asyncio.ensure_future(flights.join("k", call)) for _ in range(2)]
    other = asyncio.ensure_future(flights.join("other", Call("b")))
    await call.begun.wait()
    call.error = ProviderError(provider="p", kind=FailureKind.REFUSED)
    call.end.set()
    ends = await asyncio.gather(*both, return_exceptions=True)
    assert [type(end) for end in ends] == [ProviderError, ProviderError]
    assert flights.joined == 1
    other.cancel()


async def test_a_flight_ends_with_its_last_passenger_only() -> None:
    flights: Flights[str] = Flights()
    call = Call("a")
    first, second = (asyncio.ensure_future(flights.join("k", call)) for _ in range(2))
    await call.begun.wait()
    first.cancel()
    await asyncio.sleep(0)
    assert not call.cancelled.is_set()
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    assert call.cancelled.is_set()
    again = Call("b")
    again.end.set()
    assert await flights.join("k", again) == "b"


async def test_two_albums_that_ask_for_one_view_at_once_buy_it_once(tmp_path: Path) -> None:
    async with open_atelier(tmp_path, latency=0.1) as atelier:
        session, album = await atelier.accept()
        more = Album(session_id=session.id, number=2, angles=album.angles[:2], chat="7")
        both = [
            view for view in await atelier.storage.sessions.views(session.id) if view.angle in more.angles
        ]
        await atelier.storage.sessions.accept(session, more, both)
        drawer = atelier.drawer(atelier.openai, atelier.studio)
        await asyncio.gather(drawer.draw_set(session, album), drawer.draw_set(session, more))
        assert len(atelier.server.ledger) == 3
        again = await drawer.draw_set(session, more)
        assert again.number == 2
        assert len(atelier.server.ledger) == 3
