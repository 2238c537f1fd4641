"""What people hear of money: before an album, while it is drawn, and at /quota."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from bot.handlers.money_words import Hand, hand_words, hours
from bot.handlers.texts import Texts
from bot.pipeline.errors import FailureKind
from bot.pipeline.model import (
    Album,
    AlbumState,
    Angle,
    AngleName,
    Picture,
    PictureRequest,
    SessionId,
    Strength,
    View,
    ViewState,
)
from bot.pipeline.money import Budgets, Limits
from bot.pipeline.pace import Pace
from bot.pipeline.ports import Capabilities, Event, Provider, Step
from tests.loopback.bot_api import message, pressed
from tests.unit.handlers.conftest import ADMIN, House


@dataclass(slots=True)
class Priced:
    """A provider that is only asked for its price."""

    name: str
    price: float
    angles: frozenset[str]
    capabilities: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.capabilities = Capabilities(
            strength=Strength.REFERENCES, concurrency=1, seconds=1, price=self.price
        )

    def draws(self, angle: Angle) -> bool:
        return not self.angles or angle.name in self.angles

    async def draw(self, request: PictureRequest) -> Picture:
        raise NotImplementedError

    async def close(self) -> None: ...


@pytest.fixture
def budgets() -> Budgets:
    return Budgets(limits=Limits(person=0.10, everybody=5), exempt=frozenset({str(ADMIN)}))


@pytest.fixture
def providers() -> tuple[Provider, ...]:
    return (
        Priced("openai", 0.06, frozenset()),
        Priced("studio", 0.0, frozenset({"front", "rear", "side", "top"})),
    )


async def said(house: House, text: str, number: int, *, user: int = 7) -> list[str]:
    before = len(house.api.said())
    await house.api.push({"message": message(text, number=number, user=user)})
    await house.api.until(lambda: len(house.api.said()) > before)
    return house.api.said()[before:]


async def test_what_the_studio_draws_is_never_refused(house: House) -> None:
    await house.api.push({"message": message("BMW front", number=1)})
    await house.api.until(lambda: house.runner.submitted)


async def test_what_can_only_be_bought_is_refused_when_the_budget_is_used_up(house: House) -> None:
    await house.api.push({"message": message("BMW front", number=1)})
    await house.api.until(lambda: "What next?" in house.api.said())
    (session_id,) = house.store.sessions
    (answer,) = await said(house, f"/more {session_id} interior, dashboard", 2)
    assert answer.startswith("These views can only be bought, and today’s budget does not suffice.")
    assert len(house.store.rows) == 1
    await house.api.push({"message": message(f"/more {session_id} interior", number=3)})
    await house.api.until(lambda: len(house.runner.submitted) == 2)


async def test_a_retry_that_cannot_be_paid_changes_nothing(house: House) -> None:
    house.runner.hold = True
    await house.api.push({"message": message("BMW front", number=1)})
    await house.api.until(lambda: house.runner.submitted)
    (session_id,) = house.store.sessions
    store, album = house.store, next(iter(house.store.rows.values()))
    front = store.view_rows[session_id][0]
    lost = [replace(front, angle=AngleName(name)) for name in ("interior", "dashboard")]
    more = replace(album, number=2, angles=tuple(view.angle for view in lost), provider="openai")
    await store.accept(store.sessions[session_id], more, lost)
    for view in lost:
        await store.mark_missing(view.session_id, view.angle, FailureKind.BUDGET)
    await store.move(album.session_id, 2, old=AlbumState.OPEN, new=AlbumState.FAILED)
    before = len(house.api.said())
    await house.api.push(pressed(f"r:{session_id}:2"))
    await house.api.until(lambda: len(house.api.said()) > before)
    assert house.api.said()[-1].startswith("These views can only be bought")
    assert store.rows[more.id].state is AlbumState.FAILED


async def test_quota_tells_what_is_left_of_the_budget(house: House) -> None:
    (answer,) = await said(house, "/quota", 1)
    assert answer.startswith("$0.10 of today’s budget for bought pictures is left; a new one comes in")
    (answer,) = await said(house, "/quota", 2, user=ADMIN)
    assert answer.startswith("$5.00 of today’s budget")


def test_who_draws_is_told_before_it_begins_with_its_pace_and_the_budget() -> None:
    words = Texts().words("en")
    hand = Hand(
        provider="pollinations",
        strength=Strength.SEEDS,
        pace=45,
        because=FailureKind.BUDGET,
        renewed_in=3 * 3600 - 1,
    )
    assert hand_words(hand, words) == [
        "Today’s budget for bought pictures does not suffice. A new one comes in 3 hours.",
        "Pollinations draws: same car held by words and seeds only",
        "It gives one picture in 45 seconds, so the views come one by one.",
    ]
    early = Hand(provider="openai", strength=None)
    assert hand_words(early, words) == ["OpenAI will draw; photos of this car are looked for first."]
    plain = Hand(provider="studio", strength=Strength.GEOMETRY)
    assert hand_words(plain, words) == ["Rakurs Studio draws: one 3D car, exactly the same in every view"]
    assert (hours(0), hours(3600), hours(3601)) == (1, 1, 2)


def test_the_time_of_a_paced_provider_is_that_of_its_pauses() -> None:
    pace = Pace(ticks=lambda: 0.0)
    pace.expect("slow", Capabilities(strength=Strength.SEEDS, concurrency=1, seconds=45, pace=45))
    pace.expect("quick", Capabilities(strength=Strength.SEEDS, concurrency=4, seconds=3))
    angles = tuple(AngleName(name) for name in ("front", "rear", "side", "top"))
    album = Album(session_id=SessionId("CAR-00000000"), number=1, angles=angles, chat="7")
    for _ in range(20):
        picture = Picture(
            content=b"", media_type="", width=1, height=1, provider="slow", model="m", seconds=4
        )
        pace.happened(Event(step=Step.DRAWN, album=album, angle=angles[0], picture=picture))
    assert pace.expected_seconds(angles) == 2 + 4 * 45
    assert pace.expected_seconds(angles, "quick") == 2 + 3
    first = pace.hand()
    assert first is not None
    assert first[0] == "slow"
    assert pace.hand("nobody") is None


class TestWithTheStudioAlone:
    """Nobody can be paid for what it does not draw."""

    @pytest.fixture
    def providers(self) -> tuple[Provider, ...]:
        return (Priced("studio", 0.0, frozenset({"front", "rear"})),)

    async def test_what_nobody_draws_is_said_at_once_and_never_begun(self, house: House) -> None:
        await house.api.push({"message": message("BMW front", number=1)})
        await house.api.until(lambda: "What next?" in house.api.said())
        (session_id,) = house.store.sessions
        (answer,) = await said(house, f"/more {session_id} interior", 2)
        assert answer.startswith("There is nobody here who draws this: Cabin. The built-in studio")
        assert len(house.store.rows) == 1
        await house.api.push({"message": message(f"/more {session_id} rear, interior", number=3)})
        await house.api.until(lambda: len(house.runner.submitted) == 2)

    async def test_a_retry_of_what_nobody_draws_says_so_and_changes_nothing(self, house: House) -> None:
        await house.api.push({"message": message("BMW front", number=1)})
        await house.api.until(lambda: "What next?" in house.api.said())
        (session,) = house.store.sessions.values()
        (album,) = house.store.rows.values()
        house.store.rows[album.id] = replace(album, angles=(*album.angles, AngleName("interior")))
        seed = house.store.view_rows[session.id][0].seed
        missing = View(session_id=session.id, angle=AngleName("interior"), seed=seed, state=ViewState.MISSING)
        house.store.view_rows[session.id].append(missing)
        await house.api.push(pressed(f"r:{session.id}:1"))
        await house.api.until(lambda: any("nobody here" in one for one in house.api.said()))
        assert house.store.rows[album.id].state is AlbumState.DELIVERED
        assert len(house.runner.submitted) == 1
