"""What does a set do with what it is given: a disk that refuses, money, a judge, permits of its own?"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from bot.pipeline.errors import FailureKind, ProviderError, StorageError
from bot.pipeline.generate.looks import LOOKING
from bot.pipeline.model import OTHER_BADGE, Strength, ViewState
from bot.pipeline.money import Budgets, Limits
from bot.pipeline.ports import Looked, Provider, Sight, Step
from tests.fakes.painter import SEEDS, Painter, studio
from tests.fakes.store import MemoryStore
from tests.unit.generate.desk import Desk, Moments

K = FailureKind


@pytest.fixture
def desk() -> Desk:
    return Desk()


@dataclass(slots=True)
class Mends(Moments):
    """The disk takes pictures again after three waits."""

    store: MemoryStore = field(default_factory=MemoryStore)

    async def sleep(self, seconds: float) -> None:
        await Moments.sleep(self, seconds)
        self.store.broken = len(self.naps) < 3


async def test_a_set_says_that_it_is_paused_while_nothing_can_be_stored(desk: Desk) -> None:
    def breaks() -> None:
        desk.store.broken = True

    session, album = await desk.accept("front", "side")
    await desk.drawer(Painter(script={"side": [K.BAD_REQUEST] * 2}), studio()).draw_set(session, album)
    desk.blank(session, "side")
    desk.events.clear()
    desk.clock = Mends(store=desk.store)
    one = Painter(script={"side": [breaks]})
    await desk.drawer(one, studio()).draw_set(session, desk.store.rows[album.id])
    told = [event for event in desk.events if event.step is Step.PAUSED]
    assert [(event.provider, event.strength, event.done, event.total) for event in told] == [
        ("one", Strength.SEEDS, 1, 2)
    ] * 3
    assert (desk.views(session)["side"].state, one.angles) == (ViewState.DRAWN, ["side"])


async def test_a_missing_view_that_nobody_can_pay_leaves_the_others(desk: Desk) -> None:
    dear = replace(SEEDS, price=0.04)
    session, album = await desk.accept("front", "side")
    one = Painter(capabilities=dear, script={"side": [K.BAD_REQUEST] * 2})
    await desk.drawer(one, studio()).draw_set(session, album)
    desk.blank(session, "side")
    desk.budgets = Budgets(limits=Limits(person=0.01))
    row = desk.store.rows[album.id]
    again = Painter(capabilities=dear)
    assert await desk.drawer(again, studio()).draw_set(session, row) == row
    views = desk.views(session)
    assert (views["front"].state, views["side"].failure) == (ViewState.DRAWN, K.BUDGET)
    assert (again.asked, desk.told()[-1]) == ([], ("finished", None, 1))


async def test_a_provider_that_ends_its_own_call_has_crashed(desk: Desk) -> None:
    def stops() -> None:
        raise asyncio.CancelledError

    session, album = await desk.accept("front")
    one = Painter(always=stops)
    done = await desk.drawer(one, studio()).draw_set(session, album)
    assert (done.provider, done.because, one.angles) == ("studio", K.CRASHED, ["front", "front"])


@dataclass(slots=True)
class SeesAnAudi:
    """A judge, whatever is shown."""

    model: str = "eye"
    price: float = 0.001
    rests: bool = False

    async def see(self, picture: bytes) -> Looked:
        assert picture.startswith(b"\xff\xd8")
        return Looked(sight=Sight(cars=1, maker="Audi", azimuth=None, said={}), cost=0.002)


async def test_a_judge_knows_the_car_and_is_paid_for_the_album_at_hand(desk: Desk) -> None:
    session, album = await desk.accept("rear")
    await desk.drawer(Painter(), studio()).draw_set(session, album)
    _, more = await desk.accept("front", session=session, number=2)
    one = Painter()
    await desk.drawer(one, studio(), judge=SeesAnAudi()).draw_set(session, more)
    assert (one.angles, desk.views(session)["front"].warnings) == (["front"] * 2, (OTHER_BADGE,))
    looks = [row for row in desk.store.ledger.rows.values() if row.provider == LOOKING]
    assert [(row.number, row.cost) for row in looks] == [(2, 0.002)] * 2


async def test_photos_are_looked_for_where_somebody_takes_them(desk: Desk) -> None:
    takes = Painter(name="two", capabilities=replace(SEEDS, takes_references=1))
    await desk.drawn(Painter(), studio())
    await desk.drawn(Painter(), takes, studio())
    assert desk.searched == [(), ("front", "side")]


async def test_a_set_leaves_nothing_begun_behind(desk: Desk) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        await desk.drawn(Painter(), studio())
    assert said == []


async def test_nothing_is_asked_for_while_no_picture_could_be_stored(desk: Desk) -> None:
    async def full() -> None:
        raise StorageError("full")

    one = Painter()
    session, album = await desk.accept("front")
    with pytest.raises(StorageError):
        await desk.drawer(one, studio(), ready=full).draw_set(session, album)
    assert one.asked == []


@dataclass(slots=True)
class Counted:
    """Permits of one provider, and who used them how."""

    name: str
    seen: list[str]

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        self.seen.append(f"{self.name} in")
        try:
            yield
        finally:
            self.seen.append(f"{self.name} out")

    async def slow_down(self, seconds: float) -> None:
        self.seen.append(f"{self.name} waits {seconds:g}")

    async def went_well(self) -> None:
        self.seen.append(f"{self.name} well")


async def test_permits_are_the_providers_own(desk: Desk) -> None:
    seen: list[str] = []

    def permits(provider: Provider) -> Counted:
        return Counted(name=provider.name, seen=seen)

    session, album = await desk.accept("front")
    await desk.drawer(Painter(always=K.QUOTA), studio(), permits=permits).draw_set(session, album)
    assert seen == ["one in", "one out"] * 2 + ["studio in", "studio out", "studio well"]


@pytest.mark.parametrize(
    ("named", "least", "most"),
    [(7.0, 7.0, 7.0), (0.0, 0.25, 0.5), (1e6, 0.0, 0.0)],
    ids=["some time", "none: our own pause", "too long: given up"],
)
async def test_a_provider_that_is_busy_is_left_alone_as_long_as_it_names(
    desk: Desk, named: float, least: float, most: float
) -> None:
    seen: list[str] = []
    busy = ProviderError(provider="one", kind=K.RATE_LIMIT, retry_after=named)
    session, album = await desk.accept("front")
    drawer = desk.drawer(
        Painter(script={"front": [busy]}), permits=lambda one: Counted(name=one.name, seen=seen)
    )
    await drawer.draw_set(session, album)
    assert least <= float(seen[2].removeprefix("one waits ")) <= most
