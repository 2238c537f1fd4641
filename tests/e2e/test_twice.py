"""Wishes that come twice at the same time: one flight, one call in the ledger, one album."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Town
from tests.e2e.nursery import Nursery
from tests.e2e.test_bot import ask, session_of
from tests.loopback.bot_api import BotApi, pressed
from tests.loopback.pictures import Entry, Fault, PictureServer

pytestmark = pytest.mark.timeout(180)
SLOWLY = Fault(delay=0.4)


@pytest.fixture
async def busy(tmp_path: Path, nursery: Nursery | None) -> AsyncIterator[Town]:
    """A town whose Telegram takes any button to be there."""
    async with BotApi() as api, PictureServer() as pictures:
        town = Town(api=api, pictures=pictures, folder=tmp_path, nursery=nursery)
        yield town
        await town.stop()


async def press(town: Town, data: str, times: int) -> None:
    """The same button so often, faster than anything can answer."""
    await asyncio.gather(*(town.api.push(pressed(data)) for _ in range(times)))


def calls(town: Town) -> Counter[str]:
    """How often each view was asked for, by its seed."""
    return Counter(entry.seed for entry in town.pictures.ledger)


async def answers(town: Town, count: int) -> None:
    """Wait until so many pressed buttons were answered."""
    await town.until(lambda: len(town.api.of("answerCallbackQuery")) >= count)


async def test_what_is_asked_for_twice_at_once_is_bought_once(busy: Town) -> None:
    town = busy
    lost: list[str] = []

    def one_never(entry: Entry, _before: int) -> Fault | None:
        lost.append(entry.seed) if not lost else None
        return Fault(status=400) if entry.seed == lost[0] else None

    town.pictures.faults = one_never
    await town.start()
    await ask(town, "blue Renault Clio 2019 front, side, rear")
    await town.until(lambda: town.albums() == 1)
    session = session_of(town.api.of("sendMediaGroup")[0])

    # "retry the missing views", three times within a moment
    town.pictures.faults = lambda _entry, _before: SLOWLY
    before = calls(town)
    await press(town, f"r:{session}:1", 3)
    await town.until(lambda: town.albums() == 2)
    await answers(town, 3)
    assert calls(town) - before == {lost[0]: 1}

    # and once more where nothing is missing any more
    await press(town, f"r:{session}:1", 2)
    await answers(town, 5)

    # the same angles by /more, by its button, and by both
    before = calls(town)
    await asyncio.gather(
        ask(town, f"/more {session} top, wheel", number=11),
        ask(town, f"/more {session} wheel, top", number=12),
        press(town, f"a:{session}:top", 2),
    )
    # whoever comes second hears that the car has these views, and all buttons are answered
    await answers(town, 7)
    await town.until(lambda: sum("already has" in text for text in town.api.said()) >= 2)
    await town.until(lambda: len(calls(town) - before) == 2)
    assert set((calls(town) - before).values()) == {1}
