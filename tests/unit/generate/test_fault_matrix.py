"""Every fault, on the first, a middle and the last view, once and for good, alone and for all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import FailureKind
from bot.pipeline.model import Album, ViewState, seeds_for
from tests.loopback.pictures import (
    CUT,
    HTML,
    QUOTA,
    RATE_LIMIT,
    REFUSED,
    SERVER,
    UNAUTHORIZED,
    Entry,
    Fault,
    blank_fault,
)
from tests.unit.generate.conftest import THREE, Atelier, open_atelier

TRUNCATED = Fault(content=b"\xff\xd8\xff\xe0 a JPEG that ends too soon")
FAULTS = {
    "server": (SERVER, FailureKind.SERVER),
    "html": (HTML, FailureKind.BAD_ANSWER),
    "truncated": (TRUNCATED, FailureKind.BAD_ANSWER),
    "blank": (blank_fault(), FailureKind.BLANK),
    "cut": (CUT, FailureKind.UNREACHABLE),
    "refused": (REFUSED, FailureKind.REFUSED),
    "quota": (QUOTA, FailureKind.QUOTA),
    "key": (UNAUTHORIZED, FailureKind.UNAUTHORIZED),
}
PLACES = {"first": 0, "middle": 1, "last": 2}


def on_view(
    atelier: Atelier, place: int, fault: Fault, *, times: int
) -> Callable[[Entry, int], Fault | None]:
    """The fault for one view, that many times; all others are drawn."""

    def decide(entry: Entry, before: int) -> Fault | None:
        sessions = {seed: number for number, seed in enumerate(_seeds(atelier))}
        return fault if sessions.get(entry.seed) == place and before < times else None

    return decide


def _seeds(atelier: Atelier) -> list[str]:
    session = atelier.listener.events[0].album.session_id
    seeds = seeds_for(session, CATALOGUE)
    return [str(seeds[angle]) for angle in THREE]


def _check_ledger(atelier: Atelier, drawn: int, fault: Fault) -> None:
    """Good pictures that were handed over are as many as those that were kept: none bought twice."""
    good = [entry for entry in atelier.server.bought() if entry.bought and not entry.spoilt]
    assert len(good) == drawn
    seeds = [entry.seed for entry in good]
    assert len(seeds) == len(set(seeds))


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_that_passes_ends_complete(tmp_path: Path, name: str, place: int) -> None:
    fault, _ = FAULTS[name]
    async with open_atelier(tmp_path) as atelier:
        atelier.server.faults = on_view(atelier, place, fault, times=1)
        album, views = await atelier.draw(atelier.openai, atelier.pollinations, atelier.studio)
        assert isinstance(album, Album)
        assert album.provider == "openai"
        assert {view.state for view in views.values()} == {ViewState.DRAWN}
        _check_ledger(atelier, 3, fault)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_that_stays_ends_partial(tmp_path: Path, name: str, place: int) -> None:
    fault, kind = FAULTS[name]
    async with open_atelier(tmp_path) as atelier:
        atelier.server.faults = on_view(atelier, place, fault, times=1000)
        album, views = await atelier.draw(atelier.openai, atelier.pollinations, atelier.studio)
        assert isinstance(album, Album)
        assert album.provider == "openai"
        lost = views[THREE[place]]
        assert lost.state is ViewState.MISSING
        assert lost.failure is kind
        assert sum(view.state is ViewState.DRAWN for view in views.values()) == 2
        _check_ledger(atelier, 2, fault)


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_for_all_hands_the_set_to_the_next(tmp_path: Path, name: str) -> None:
    fault, _ = FAULTS[name]
    async with open_atelier(tmp_path) as atelier:
        atelier.server.faults = lambda entry, _before: fault if entry.api != "pollinations" else None
        album, views = await atelier.draw(atelier.openai, atelier.pollinations, atelier.studio)
        assert isinstance(album, Album)
        assert album.provider == "pollinations"
        assert {view.provider for view in views.values()} == {"pollinations"}
        _check_ledger(atelier, 3, fault)


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_everywhere_ends_in_the_studio(tmp_path: Path, name: str) -> None:
    fault, _ = FAULTS[name]
    async with open_atelier(tmp_path) as atelier:
        atelier.server.faults = lambda _entry, _before: fault
        album, views = await atelier.draw(atelier.openai, atelier.pollinations, atelier.studio)
        assert isinstance(album, Album)
        assert album.provider == "studio"
        assert {view.provider for view in views.values()} == {"studio"}


async def test_a_rate_limit_for_all_is_waited_out(tmp_path: Path) -> None:
    async with open_atelier(tmp_path) as atelier:
        atelier.server.faults = lambda _entry, before: RATE_LIMIT if before < 3 else None
        album, _ = await atelier.draw(atelier.openai, atelier.studio)
        assert isinstance(album, Album)
        assert album.provider == "openai"
        _check_ledger(atelier, 3, RATE_LIMIT)
