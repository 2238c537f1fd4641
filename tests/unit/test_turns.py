"""Are turns fair, bounded and never lost?"""

from __future__ import annotations

import asyncio
import random

from bot.pipeline.turns import Turns


class Holder:
    """Takes a turn, notes it, and holds it until it is let go."""

    def __init__(self, turns: Turns, owner: str, order: list[str]) -> None:
        self.go = asyncio.Event()
        self.task = asyncio.ensure_future(self._hold(turns, owner, order))

    async def _hold(self, turns: Turns, owner: str, order: list[str]) -> None:
        async with turns.turn(owner):
            order.append(owner)
            await self.go.wait()


async def quiet() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_owners_alternate_whoever_came_with_more() -> None:
    turns, order = Turns(at_once=1, each=1), list[str]()
    holders = [Holder(turns, owner, order) for owner in "aaaabbc"]
    await quiet()
    for holder in holders:
        holder.go.set()
    await asyncio.gather(*(holder.task for holder in holders))
    assert "".join(order) == "aabcaba"


async def test_one_owner_never_holds_more_than_allowed() -> None:
    turns, order = Turns(at_once=3, each=2), list[str]()
    holders = [Holder(turns, owner, order) for owner in "aaaa"]
    await quiet()
    assert (order, turns.waiting) == (["a", "a"], 2)
    other = Holder(turns, "b", order)
    await quiet()
    assert order == ["a", "a", "b"]
    for holder in (*holders, other):
        holder.go.set()
    await asyncio.gather(*(holder.task for holder in (*holders, other)))


async def test_who_comes_is_told_the_place_that_it_then_has() -> None:
    turns, order = Turns(at_once=2, each=1), list[str]()
    holders = []
    told = []
    for owner in "aabcadab":
        coming = turns.coming(owner)
        holders.append(Holder(turns, owner, order))
        await quiet()
        told.append(coming)
        assert coming == turns.place(owner) or (not coming and order[-1] == owner)
    assert told == [0, 1, 0, 2, 3, 3, 5, 4]
    for holder in holders:
        holder.go.set()
    await asyncio.gather(*(holder.task for holder in holders))
    assert turns.coming("a") == 0


async def test_the_place_in_the_queue_counts_rounds() -> None:
    turns, order = Turns(at_once=1, each=1), list[str]()
    holders = [Holder(turns, owner, order) for owner in "xaaab"]
    await quiet()
    assert [turns.place(owner) for owner in "abn"] == [4, 2, 0]
    assert [turns.coming(owner) for owner in "abn"] == [5, 4, 3]
    for holder in holders:
        holder.go.set()
    await asyncio.gather(*(holder.task for holder in holders))
    assert turns.place("a") == turns.waiting == 0


async def test_no_turn_is_lost_to_those_who_leave() -> None:
    rng = random.Random(5)
    turns, order = Turns(at_once=2, each=1), list[str]()
    holders = [Holder(turns, rng.choice("abcd"), order) for _ in range(200)]
    for holder in rng.sample(holders, 120):
        if rng.random() < 0.5:
            await asyncio.sleep(0)
        rng.choice(holders).go.set()
        holder.task.cancel()
    for holder in holders:
        holder.go.set()
    await asyncio.gather(*(holder.task for holder in holders), return_exceptions=True)
    assert turns.waiting == 0
    last = [Holder(turns, owner, order) for owner in "pq"]
    await quiet()
    assert order[-2:] == ["p", "q"]
    for holder in last:
        holder.go.set()
    await asyncio.gather(*(holder.task for holder in last))
