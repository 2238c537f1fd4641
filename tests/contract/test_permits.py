"""What must everything keep that lets a provider's pictures begin, in one process or in several?"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.pipeline.generate.gate import Gate, Permits
from bot.pipeline.generate.rate import Rate
from storage import Storage, open_storage
from storage.permits import SharedGate
from tests.contract.conftest import skip_without
from tests.fakes.clock import RealClock
from tests.fakes.postgres import empty_database

LIMIT, PACE = 3, 0.15
MINUTE = 0.6
"""Seconds of a minute that is short enough to be waited for."""
AT_ONCE = 0.6 * MINUTE
"""Evenly spread, the third of three would begin later, however busy the machine is."""


class Doors:
    """Two processes' doors to one provider; within one process both are the same."""

    def __init__(self, storages: list[Storage]) -> None:
        self._storages = storages

    def open(
        self, *, limit: int = LIMIT, pace: float = 0.0, rate: Rate | None = None
    ) -> tuple[Permits, Permits]:
        if not self._storages:
            gate = Gate(limit=limit, pace=pace, rate=rate, clock=RealClock())
            return gate, gate
        one, other = (
            SharedGate(
                database=storage.database,
                worker=lambda storage=storage: storage.members.worker,  # type: ignore[misc]
                provider="openai",
                limit=limit,
                pace=pace,
                rate=rate,
            )
            for storage in self._storages
        )
        return one, other


@pytest.fixture(params=["one process", pytest.param("two processes", marks=pytest.mark.postgres)])
async def doors(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Doors]:
    if request.param == "one process":
        yield Doors([])
        return
    address = skip_without(request.getfixturevalue("postgres"))
    url = empty_database(address, "rakurs_empty")
    async with AsyncExitStack() as stack:
        storages = [await stack.enter_async_context(open_storage(url, media_dir=tmp_path)) for _ in range(2)]
        for storage in storages:
            await stack.enter_async_context(storage.members)
        yield Doors(storages)


async def test_all_together_are_never_more_than_the_limit(doors: Doors) -> None:
    inside = most = 0
    full = asyncio.Event()

    async def visit(door: Permits) -> None:
        nonlocal inside, most
        async with door.entered():
            inside += 1
            most = max(most, inside)
            if inside == LIMIT:
                full.set()
            await asyncio.wait_for(full.wait(), 5)
            await asyncio.sleep(0.01)
            inside -= 1

    both = doors.open()
    await asyncio.gather(*(visit(door) for door in both for _ in range(9)))
    assert most == LIMIT


async def test_a_cancelled_visitor_gives_the_place_back(doors: Doors) -> None:
    one, other = doors.open(limit=1)
    async with one.entered():
        waiting = [asyncio.create_task(_enter(door)) for door in (one, other)]
        await asyncio.sleep(0.05)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    async with asyncio.timeout(2):
        await _enter(other)


async def test_whoever_breaks_inside_gives_the_place_back(doors: Doors) -> None:
    one, other = doors.open(limit=1)
    with pytest.raises(ValueError, match="inside"):
        async with one.entered():
            raise ValueError("inside")
    async with asyncio.timeout(2):
        await _enter(other)


async def test_after_too_many_nobody_enters_for_a_while_and_then_fewer(doors: Doors) -> None:
    one, other = doors.open(limit=2)
    await _enter(one)
    began = asyncio.get_running_loop().time()
    await one.slow_down(0.3)
    async with other.entered():
        assert asyncio.get_running_loop().time() - began >= 0.29
        second = asyncio.create_task(_enter(one))
        await asyncio.sleep(0.1)
        assert not second.done(), "half of two is one"
    await second
    for _ in range(8):
        await one.went_well()
    async with asyncio.timeout(2), one.entered(), other.entered():
        pass


async def test_between_two_starts_lies_the_pace(doors: Doors) -> None:
    both, starts = doors.open(pace=PACE), []
    loop = asyncio.get_running_loop()

    async def start(door: Permits) -> None:
        async with door.entered():
            starts.append(loop.time())

    await asyncio.gather(*(start(door) for door in (*both, *both)))
    starts.sort()
    assert min(later - earlier for earlier, later in itertools.pairwise(starts)) > PACE * 0.9


async def test_no_more_begin_in_a_minute_than_the_rate_says(doors: Doors) -> None:
    starts = await _starts(doors.open(limit=9, rate=Rate(most=3, seconds=MINUTE)), count=7)
    assert starts[2] - starts[0] < AT_ONCE, "three begin at once"
    assert min(starts[at + 3] - starts[at] for at in range(4)) > MINUTE * 0.95


async def test_after_too_many_as_many_begin_as_went_through_and_slowly_more(doors: Doors) -> None:
    both = doors.open(limit=9, rate=Rate(most=5, seconds=MINUTE))
    began = await _starts(both, count=5)
    # two of the five were refused
    for _ in range(2):
        await both[0].slow_down(0)
    starts = [*began, *await _starts(both, count=6)]
    assert starts[5] - starts[0] > MINUTE * 0.95
    assert min(starts[at + 3] - starts[at] for at in range(5, 8)) > MINUTE * 0.95
    for _ in range(12):
        await both[1].went_well()
    await asyncio.sleep(MINUTE)
    again = await _starts(both, count=5)
    assert again[4] - again[0] < AT_ONCE


async def _starts(doors: tuple[Permits, Permits], *, count: int) -> list[float]:
    """When so many visitors began, in order."""
    loop, starts = asyncio.get_running_loop(), []

    async def start(door: Permits) -> None:
        async with door.entered():
            starts.append(loop.time())

    async with asyncio.timeout(20):
        await asyncio.gather(*(start(doors[at % 2]) for at in range(count)))
    return sorted(starts)


async def _enter(door: Permits) -> None:
    async with door.entered():
        pass
