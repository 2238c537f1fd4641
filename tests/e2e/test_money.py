"""Do our books agree with the provider's, to the millionth, through bad answers, timeouts and a kill?"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.model import SessionId, seeds_for
from tests.e2e.conftest import Town
from tests.e2e.test_bot import CAR, ask
from tests.loopback.pictures import Entry, Fault, blank_fault

pytestmark = pytest.mark.timeout(180)
PATIENCE = 2.0
SLOW = Fault(delay=PATIENCE + 1)
SETTINGS = {
    "OPENAI_IMAGE_MODEL": "gpt-image-2.6-flare",
    "OPENAI_IMAGE_QUALITY": "low",
    "OPENAI_IMAGE_EDITS": "off",
    "OPENAI_IMAGE_SECONDS": str(PATIENCE),
    "RAKURS_HEDGE": "off",
    "RAKURS_BUDGET_TOTAL": "10",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One charge; money in millionths."""

    session: str
    angle: str
    outcome: str
    cost: int | None

    @property
    def view(self) -> str:
        """As the provider's ledger names it."""
        return f"{self.session} {seeds_for(SessionId(self.session), CATALOGUE)[CATALOGUE_NAMES[self.angle]]}"


CATALOGUE_NAMES = {str(name): name for name in CATALOGUE}


def books(folder: Path) -> list[Row]:
    with contextlib.closing(sqlite3.connect(folder / "data" / "rakurs.sqlite3", timeout=30)) as rows:
        return [Row(*row) for row in rows.execute("SELECT session_id, angle, outcome, cost FROM charges")]


def view_of(entry: Entry) -> str:
    found = CAR.search(entry.prompt)
    return f"{found[0] if found else ''} {entry.seed}"


def micro(entry: Entry) -> int:
    return round(entry.usd * 1_000_000)


async def until_answered(town: Town) -> None:
    """The provider finishes, and charges, what nobody waits for any more."""
    async with asyncio.timeout(30):
        while not all(entry.status for entry in town.pictures.ledger):  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.05)


async def test_our_books_are_the_providers_books(town: Town) -> None:
    pictures = town.pictures
    # no two answers cost the same, so that each can be told by its price
    pictures.tokens = lambda entry: (200, 0, 1000 + pictures.ledger.index(entry))

    def troubled(entry: Entry, before: int) -> Fault | None:
        views = list(dict.fromkeys(one.seed for one in pictures.ledger))
        fault = {0: blank_fault(), 1: SLOW}.get(views.index(entry.seed))
        return fault if before == 0 else None

    pictures.faults = troubled
    bot = await town.start(**SETTINGS)
    await ask(town, "red BMW X5 2021 front, side, rear, top")
    await town.until(lambda: town.albums() == 1)
    first = len(pictures.ledger)
    pictures.faults = lambda _entry, _before: Fault(delay=0.8)
    await ask(town, "blue Renault Clio 2019 front, side, rear", number=11)
    async with asyncio.timeout(60):
        while len(pictures.ledger) < first + 3:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.02)
    await bot.kill()
    killed_at = asyncio.get_running_loop().time()
    pictures.faults = lambda _entry, _before: None
    bot = await town.start(**SETTINGS)
    await town.until(lambda: town.albums() == 2)
    await bot.stop()
    await until_answered(town)

    rows = books(town.folder)
    outcomes = Counter(row.outcome for row in rows)
    assert set(outcomes) == {"delivered", "wasted", "maybe"}
    assert outcomes["delivered"] == 7
    ours: dict[str, list[int]] = defaultdict(list)
    doubts: Counter[str] = Counter()
    for row in rows:
        if row.cost is None:
            assert row.outcome == "maybe"
            doubts[row.view] += 1
        else:
            ours[row.view].append(row.cost)
    unknown: list[Entry] = []
    for entry in pictures.bought():
        if micro(entry) in ours[view_of(entry)]:
            ours[view_of(entry)].remove(micro(entry))
        else:
            unknown.append(entry)
    assert not any(ours.values()), "we think that we paid what nobody charged"
    # what the provider charged and we do not know of: nobody was there to hear its answer
    for entry in unknown:
        too_slow = entry.finished - entry.started > PATIENCE
        assert too_slow or entry.started < killed_at < entry.finished + 1
        doubts[view_of(entry)] -= 1
    assert min(doubts.values()) >= 0
    assert len(unknown) >= 2
    known = sum(row.cost or 0 for row in rows)
    assert known + sum(micro(entry) for entry in unknown) == sum(micro(entry) for entry in pictures.bought())
