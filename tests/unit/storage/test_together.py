"""Writes that come together share a commit, and each still gets its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.pipeline.errors import StorageError
from storage import Storage
from storage.together import Together


@dataclass(slots=True)
class Disk:
    """Commits only while `open` is set, and fails so many times first."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    commits: list[list[str]] = field(default_factory=list)
    failures: int = 0

    async def commit(self, items: Sequence[str]) -> Sequence[str]:
        self.commits.append(list(items))
        self.begun.set()
        await self.open.wait()
        if self.failures:
            self.failures -= 1
            raise StorageError("full")
        return [item.upper() for item in items]


def start(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(work)


async def test_those_who_come_while_one_is_written_share_the_next() -> None:
    disk = Disk()
    together = Together(commit=disk.commit, start=start)
    first = asyncio.ensure_future(together.add("a"))
    await disk.begun.wait()
    others = [asyncio.ensure_future(together.add(letter)) for letter in "bcd"]
    await asyncio.sleep(0)
    disk.open.set()
    assert [await future for future in (first, *others)] == ["A", "B", "C", "D"]
    assert disk.commits == [["a"], ["b", "c", "d"]]


async def test_a_failed_commit_is_the_error_of_those_in_it_alone() -> None:
    disk = Disk(failures=1)
    together = Together(commit=disk.commit, start=start)
    first = asyncio.ensure_future(together.add("a"))
    await disk.begun.wait()
    second = asyncio.ensure_future(together.add("b"))
    disk.open.set()
    with pytest.raises(StorageError):
        await first
    assert await second == "B"


async def test_who_gives_up_does_not_take_the_others_along() -> None:
    disk = Disk()
    together = Together(commit=disk.commit, start=start)
    first, second = (asyncio.ensure_future(together.add(letter)) for letter in "ab")
    await disk.begun.wait()
    first.cancel()
    disk.open.set()
    assert await second == "B"
    assert disk.commits == [["a", "b"]]


async def test_the_same_update_twice_at_once_is_new_once(storage: Storage) -> None:
    answers = await asyncio.gather(*(storage.inbox.put(number, f"{number}") for number in (5, 6, 5, 5, 7)))
    assert answers == [True, True, False, False, True]
    await asyncio.gather(storage.inbox.done(6), storage.inbox.put(8, "8"), storage.inbox.done(5))
    assert list(await storage.inbox.pending()) == ["7", "8"]
    again = await asyncio.gather(*(storage.inbox.put(number, "x") for number in (5, 9)))
    assert again == [False, True]
