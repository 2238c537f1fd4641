"""Every fault, on the first, a middle and the last view, once and for good, alone, for all and everywhere.

After each set the loopback servers' ledger is held against our own books: nothing bought twice, nothing
counted that was not kept. One house for all cases; those of one fault run at the same time.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from PIL import Image
from structlog.testing import capture_logs

from bot.pipeline.errors import FailureKind, SetFailed
from bot.pipeline.model import Album, AlbumState, Session, View, ViewState
from bot.pipeline.money import Outcome
from bot.pipeline.ports import Provider
from bot.pipeline.providers.openai import OpenAIProvider
from bot.pipeline.providers.presets import preset_for
from tests.loopback.pictures import (
    BROKEN_JSON,
    CUT,
    HTML,
    JSON_ERROR,
    NO_MONEY,
    PAGE,
    QUOTA,
    RATE_LIMIT,
    REFUSED,
    SERVER,
    SHORT,
    TUNNEL,
    UNAUTHORIZED,
    WRAPPED,
    Entry,
    Fault,
    blank_fault,
    picture_bytes,
)
from tests.unit.generate.conftest import THREE, Atelier, open_atelier

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _encoded(picture: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, form)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Case:
    """A fault, what it means, and whether a picture may have been made behind it that nobody got."""

    fault: Fault
    kind: FailureKind
    doubtful: bool = False


FAULTS = {
    "server error": Case(SERVER, FailureKind.SERVER),
    "gateway timeout": Case(Fault(status=504), FailureKind.TIMEOUT, doubtful=True),
    "tunnel gone": Case(TUNNEL, FailureKind.UNREACHABLE),
    "cut": Case(CUT, FailureKind.UNREACHABLE, doubtful=True),
    "short body": Case(SHORT, FailureKind.UNREACHABLE, doubtful=True),
    "page": Case(PAGE, FailureKind.BAD_ANSWER, doubtful=True),
    "broken json": Case(BROKEN_JSON, FailureKind.BAD_ANSWER, doubtful=True),
    "error with 200": Case(JSON_ERROR, FailureKind.REFUSED),
    "markup as picture": Case(HTML, FailureKind.BAD_ANSWER),
    "truncated picture": Case(
        Fault(content=picture_bytes("t", size=(384, 256), form="JPEG")[:2000]), FailureKind.BAD_ANSWER
    ),
    "wrong type": Case(
        Fault(content=_encoded(Image.effect_noise((384, 256), 60), "GIF")), FailureKind.BAD_ANSWER
    ),
    "blank": Case(blank_fault(), FailureKind.BLANK),
    "tiny": Case(Fault(content=picture_bytes("s", size=(96, 64))), FailureKind.WRONG_SIZE),
    "bomb": Case(Fault(content=_encoded(Image.new("1", (5010, 5010)), "PNG")), FailureKind.BOMB),
    "refused": Case(REFUSED, FailureKind.REFUSED),
    "quota": Case(QUOTA, FailureKind.QUOTA),
    "no money": Case(NO_MONEY, FailureKind.QUOTA),
    "key": Case(UNAUTHORIZED, FailureKind.UNAUTHORIZED),
    "403 in 500": Case(WRAPPED, FailureKind.UNAUTHORIZED),
    "long wait": Case(
        Fault(status=429, code="rate_limit_exceeded", headers={"Retry-After": "1000"}), FailureKind.RATE_LIMIT
    ),
}
_ALIKE = frozenset(
    {
        "gateway timeout",
        "tunnel gone",
        "no money",
        "403 in 500",
        "key",
        "broken json",
        "wrong type",
        "short body",
    }
)
"""What takes the way of another fault here, once it has a kind: `make matrix` runs these as well."""
EACH = [pytest.param(name, marks=pytest.mark.slow if name in _ALIKE else ()) for name in FAULTS]
PLACES = (0, 1, 2)
Decide = Callable[[Entry, int, int], Fault | None]
"""Entry, place of its view in the set, how often that view was asked before."""


@dataclass(slots=True)
class House:
    """The atelier, with a rule for each session that is drawn."""

    atelier: Atelier
    rules: dict[str, tuple[dict[str, int], Decide]] = field(default_factory=dict)

    def decide(self, entry: Entry, before: int) -> Fault | None:
        """By the session that the prompt names."""
        session = entry.prompt.partition("session ")[2][:12]
        places, rule = self.rules[session]
        return rule(entry, places[entry.seed], before)

    async def draw(self, rule: Decide, *providers: Provider) -> Outcomes:
        session, album = await self.atelier.accept()
        views = await self.atelier.storage.sessions.views(session.id)
        self.rules[session.id] = ({str(view.seed): place for place, view in enumerate(views)}, rule)
        result: Album | SetFailed
        try:
            result = await self.atelier.drawer(*(providers or self.all)).draw_set(session, album)
        except SetFailed as failed:
            result = failed
        return Outcomes(
            house=self,
            session=session,
            album=result,
            views={view.angle: view for view in await self.atelier.storage.sessions.views(session.id)},
        )

    @property
    def all(self) -> tuple[Provider, ...]:
        return self.atelier.openai, self.atelier.pollinations, self.atelier.studio


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What one set came to."""

    house: House
    session: Session
    album: Album | SetFailed
    views: dict[str, View]

    @property
    def provider(self) -> str | None:
        return self.album.provider if isinstance(self.album, Album) else None

    @property
    def drawn(self) -> list[View]:
        return [view for view in self.views.values() if view.state is ViewState.DRAWN]

    def entries(self) -> list[Entry]:
        ledger = self.house.atelier.server.ledger
        return [entry for entry in ledger if f"session {self.session.id}" in entry.prompt]

    async def check(self, *, doubtful: bool) -> None:
        """Nothing twice, nothing mixed, nothing open, and the books say what the servers' ledger says."""
        assert len({view.provider for view in self.drawn}) <= 1
        good = [entry for entry in self.entries() if entry.bought and not entry.spoilt]
        seeds = [entry.seed for entry in good]
        assert len(seeds) == len(set(seeds)), "bought twice"
        paid = [view for view in self.drawn if view.provider != "studio"]
        assert sorted(seeds) == sorted(str(view.seed) for view in paid)
        charges = await self.house.atelier.storage.ledger.charges(self.session.id)
        assert not [one for one in charges if one.outcome in {Outcome.HELD, Outcome.ASKED}], "left open"
        stored = [one for one in charges if one.outcome is Outcome.STORED]
        assert {one.angle for one in stored} == {view.angle for view in paid}
        assert len(stored) == len(paid)
        assert sum(one.cost or 0 for one in stored) == pytest.approx(sum(view.cost for view in paid))
        wasted = [one for one in charges if one.outcome in {Outcome.WASTED, Outcome.MAYBE}]
        spoilt = [entry for entry in self.entries() if entry.bought and entry.spoilt]
        assert len(wasted) >= len(spoilt)
        if not doubtful:
            assert len(wasted) == len(spoilt), "counted though it was not bought"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    with capture_logs():  # tracebacks that are printed would cost more than the sets themselves
        async with open_atelier(tmp_path_factory.mktemp("matrix"), patience=20) as atelier:
            atelier.server.size = atelier.studio.size = (384, 256)
            atelier.guided = False
            opened = House(atelier)
            atelier.server.faults = opened.decide
            yield opened


async def all_places(house: House, fault: Fault, *, times: int) -> list[Outcomes]:
    """One set for each place of the fault, at the same time."""

    def at(spot: int) -> Decide:
        return lambda _entry, place, before: fault if place == spot and before < times else None

    return list(await asyncio.gather(*(house.draw(at(place)) for place in PLACES)))


@pytest.mark.parametrize("name", EACH)
async def test_a_fault_that_passes_ends_complete(house: House, name: str) -> None:
    case = FAULTS[name]
    for outcomes in await all_places(house, case.fault, times=1):
        assert outcomes.provider == "openai"
        assert len(outcomes.drawn) == 3
        await outcomes.check(doubtful=case.doubtful)


@pytest.mark.parametrize("name", EACH)
async def test_a_fault_that_stays_ends_partial_and_can_be_retried(house: House, name: str) -> None:
    case = FAULTS[name]
    for place, outcomes in enumerate(await all_places(house, case.fault, times=1000)):
        assert outcomes.provider == "openai"
        assert len(outcomes.drawn) == 2
        lost = outcomes.views[THREE[place]]
        assert (lost.state, lost.failure) == (ViewState.MISSING, case.kind)
        await outcomes.check(doubtful=case.doubtful)
    # the button: the missing view alone, from the same provider, and nothing else
    asked = len(outcomes.entries())
    store, session = house.atelier.storage.sessions, outcomes.session
    await store.move(session.id, 1, old=AlbumState.OPEN, new=AlbumState.DELIVERING)
    await store.move(session.id, 1, old=AlbumState.DELIVERING, new=AlbumState.DELIVERED)
    await store.reopen(session.id, 1)
    album = await store.album(session.id, 1)
    assert album is not None
    house.rules[session.id] = (house.rules[session.id][0], lambda _entry, _place, _before: None)
    await house.atelier.drawer(*house.all).draw_set(session, album)
    assert {view.state for view in await store.views(session.id)} == {ViewState.DRAWN}
    assert [entry.seed for entry in outcomes.entries()[asked:]] == [str(lost.seed)]


@pytest.mark.parametrize("name", EACH)
async def test_a_fault_for_all_views_hands_the_set_to_the_next_then_to_the_studio(
    house: House, name: str
) -> None:
    case = FAULTS[name]
    one, every = await asyncio.gather(
        house.draw(lambda entry, _place, _before: case.fault if entry.api != "pollinations" else None),
        house.draw(lambda _entry, _place, _before: case.fault),
    )
    for outcomes, provider in ((one, "pollinations"), (every, "studio")):
        assert outcomes.provider == provider
        assert {view.provider for view in outcomes.views.values()} == {provider}
        await outcomes.check(doubtful=case.doubtful)


async def test_a_fault_for_all_views_once_ends_complete_with_the_first(house: House) -> None:
    for case in (FAULTS["server error"], FAULTS["markup as picture"], FAULTS["refused"]):
        outcomes = await house.draw(lambda _e, _p, before, case=case: None if before else case.fault)  # type: ignore[misc]
        assert outcomes.provider == "openai"
        assert len(outcomes.drawn) == 3
        await outcomes.check(doubtful=case.doubtful)


async def test_a_rate_limit_for_all_is_waited_out(house: House) -> None:
    outcomes = await house.draw(lambda _entry, _place, before: RATE_LIMIT if before < 3 else None)
    assert outcomes.provider == "openai"
    assert len(outcomes.drawn) == 3
    await outcomes.check(doubtful=False)


async def test_a_provider_that_cannot_be_reached_is_free_of_charge(house: House) -> None:
    nobody = OpenAIProvider(
        api_key="k",
        base_url="http://127.0.0.1:9/v1",
        model="gpt-image-2",
        preset=preset_for("openai", "gpt-image-2"),
        timeout=5,
    )
    outcomes = await house.draw(lambda _e, _p, _b: None, nobody, house.atelier.studio)
    await nobody.close()
    assert outcomes.provider == "studio"
    await outcomes.check(doubtful=False)


async def test_a_call_that_times_out_may_have_been_bought_and_is_said_so(house: House) -> None:
    hasty = OpenAIProvider(
        api_key="k",
        base_url=house.atelier.server.openai_url,
        model="gpt-image-2",
        preset=preset_for("openai", "gpt-image-2"),
        timeout=0.3,
    )
    outcomes = await house.draw(lambda _e, _p, _b: Fault(delay=3), hasty, house.atelier.studio)
    await hasty.close()
    assert outcomes.provider == "studio"
    charges = await house.atelier.storage.ledger.charges(outcomes.session.id)
    assert {one.outcome for one in charges} == {Outcome.MAYBE}
    assert len(charges) == len(outcomes.entries()), "each call is in the books"
