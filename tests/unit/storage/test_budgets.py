"""Can any interleaving of reservations, costs and kills exceed a budget? Two processes' worth of books on one file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.pipeline.errors import BudgetExceeded
from bot.pipeline.money import DAY, ChargeId, Limits, Outcome
from storage import Storage, open_storage
from storage.charges import Charges, micro
from storage.schema import charges
from tests.fakes.cars import a_call, a_session

CENT = 0.01
SESSION = a_session()


@dataclass(frozen=True, slots=True)
class Deed:
    """One set of calls: who asks through which process, for how much, and how each call ends."""

    process: int
    owner: str
    chat: str
    cents: int
    ends: tuple[str, ...]


DEEDS = st.builds(
    Deed,
    process=st.integers(0, 1),
    owner=st.sampled_from("ab"),
    chat=st.sampled_from("xy"),
    cents=st.integers(1, 40),
    ends=st.lists(
        st.sampled_from(["paid", "cheaper", "free", "maybe", "killed"]), min_size=1, max_size=4
    ).map(tuple),
)


class Books:
    """Two handles on one database, and a loop of their own."""

    def __init__(self, url: str, folder: Path) -> None:
        self.runner = asyncio.Runner()
        self._open = [open_storage(url, media_dir=folder, clock=lambda: 1_800_000_000.0) for _ in range(2)]
        self.storages: list[Storage] = [self.runner.run(self._enter(one)) for one in self._open]

    @staticmethod
    async def _enter(opened: Any) -> Storage:
        storage: Storage = await opened.__aenter__()
        return storage

    def close(self) -> None:
        for opened in self._open:
            self.runner.run(opened.__aexit__(None, None, None))
        self.runner.close()

    def empty(self) -> None:
        self.runner.run(self.storages[0].database.execute(sa.delete(charges)))


@pytest.fixture
def books(url: str, tmp_path: Path) -> Iterator[Books]:
    opened = Books(url, tmp_path / "media")
    yield opened
    opened.close()


async def act(ledger: Charges, deed: Deed, limits: Limits, seen: list[float]) -> int:
    """Reserve, call, settle; how many calls went out."""
    price = deed.cents * CENT
    call = a_call(SESSION, owner=deed.owner, chat=deed.chat, provider="p", price=price)
    try:
        ids = await ledger.hold([call] * len(deed.ends), limits)
    except BudgetExceeded:
        return 0
    seen.append((await ledger.spent(deed.owner, deed.chat)).everybody)
    await asyncio.gather(
        *(end(ledger, charge, how, price) for charge, how in zip(ids, deed.ends, strict=True))
    )
    seen.append((await ledger.spent(deed.owner, deed.chat)).everybody)
    return len(ids)


async def end(ledger: Charges, charge: ChargeId, how: str, price: float) -> None:
    await ledger.ask(charge)
    match how:
        case "paid":
            await ledger.settle(charge, Outcome.STORED, price)
        case "cheaper":
            await ledger.settle(charge, Outcome.WASTED, price / 2)
        case "free":
            await ledger.release([charge])
        case "maybe":
            await ledger.settle(charge, Outcome.MAYBE)


async def totals(ledger: Charges) -> dict[str, float]:
    found: dict[str, float] = {}
    for owner, chat in (("a", "x"), ("b", "y")):
        spent = await ledger.spent(owner, chat)
        found |= {owner: spent.person, chat: spent.chat, "all": spent.everybody}
    return found


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deeds=st.lists(DEEDS, min_size=1, max_size=10),
    person=st.integers(0, 80),
    chat=st.integers(0, 80),
    everybody=st.integers(0, 120),
)
def test_no_interleaving_exceeds_a_budget(
    books: Books, deeds: list[Deed], person: int, chat: int, everybody: int
) -> None:
    books.empty()
    limits = Limits(person=person * CENT, chat=chat * CENT, everybody=everybody * CENT)
    seen: list[float] = []

    async def together() -> list[int]:
        return await asyncio.gather(
            *(act(books.storages[deed.process].ledger, deed, limits, seen) for deed in deeds)
        )

    went_out = books.runner.run(together())
    found = books.runner.run(totals(books.storages[0].ledger))
    assert all(micro(found[name]) <= person * 10_000 for name in "ab")
    assert all(micro(found[name]) <= chat * 10_000 for name in "xy")
    assert all(micro(amount) <= everybody * 10_000 for amount in (*seen, found["all"]))
    # the first one that fits alone is never turned away by those that do not
    fits = [deed for deed in deeds if deed.cents * len(deed.ends) <= min(person, chat, everybody)]
    assert any(went_out) or not fits


async def test_money_counts_for_the_day_on_which_it_was_set_aside(url: str, tmp_path: Path) -> None:
    midnight, limits = 20_833 * DAY, Limits(person=1.0, everybody=1.0)
    now = [midnight - 1.0]
    call = a_call(SESSION, owner="a", chat="x", provider="p", price=0.6)
    async with open_storage(url, media_dir=tmp_path / "media", clock=lambda: now[0]) as storage:
        ledger = storage.ledger
        (charge,) = await ledger.hold([call], limits)
        now[0] = midnight + 1.0
        await ledger.ask(charge)
        # a new day has its whole budget, whatever of yesterday's is still on its way
        assert (await ledger.spent("a", "x")).everybody == 0
        await ledger.hold([call], limits, asked=True)
        await ledger.settle(charge, Outcome.STORED, 0.9)
        assert (await ledger.spent("a", "x")).person == 0.6
        with pytest.raises(BudgetExceeded):
            await ledger.hold([call], limits)
        # and yesterday's books say what yesterday's money came to
        now[0] = midnight - 1.0
        assert (await ledger.spent("a", "x")).everybody == 0.9
