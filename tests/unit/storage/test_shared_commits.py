"""Are writes that wait for each other committed together, and does none spoil another?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import Pool

from bot.pipeline.errors import FailureKind, StorageError
from bot.pipeline.model import SessionId
from storage import Storage
from tests.fakes.cars import FRONT


@pytest.fixture
def commits() -> Iterator[list[str]]:
    """One word for every transaction that is committed from now on."""
    seen: list[str] = []

    def committed(_connection: sa.Connection) -> None:
        seen.append("commit")

    event.listen(sa.Engine, "commit", committed)
    yield seen
    event.remove(sa.Engine, "commit", committed)


async def test_many_that_wait_share_a_commit(storage: Storage, commits: list[str]) -> None:
    await asyncio.gather(*(storage.inbox.put(number, "{}") for number in range(20)))
    assert len(commits) <= 2
    assert len(await storage.inbox.pending()) == 20


async def test_who_fails_fails_alone(storage: Storage) -> None:
    def broken(connection: sa.Connection) -> None:
        connection.execute(sa.text("INSERT INTO preferences (owner) VALUES ('half done')"))
        raise KeyError("a bug")

    nobody = SessionId("CAR-00000000")
    outcomes = await asyncio.gather(
        *(storage.inbox.put(number, "{}") for number in range(3)),
        storage.sessions.mark_missing(nobody, FRONT, FailureKind.SERVER),
        storage.database.write(broken),
        *(storage.inbox.put(number, "{}") for number in range(3, 6)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [bool] * 3 + [StorageError, KeyError] + [bool] * 3
    assert len(await storage.inbox.pending()) == 6
    assert await storage.preferences.language("half done") is None
    assert not await storage.database.rows(sa.text("SELECT * FROM preferences"))


async def test_a_caller_that_goes_away_takes_nobody_along(storage: Storage) -> None:
    tasks = [asyncio.create_task(storage.inbox.put(number, "{}")) for number in range(8)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[4].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await storage.inbox.put(8, "{}")  # turns are taken in order: the others are done
    assert len(await storage.inbox.pending()) == 9


async def test_an_update_does_not_wait_for_all_that_waits(storage: Storage) -> None:
    others = [asyncio.create_task(storage.preferences.set_language(str(n), "uk")) for n in range(200)]
    await asyncio.sleep(0)
    assert await storage.inbox.put(1, "{}")
    assert sum(task.done() for task in others) < 10
    await asyncio.gather(*others)


async def test_updates_that_keep_coming_leave_the_others_their_turn(storage: Storage) -> None:
    others = [asyncio.create_task(storage.preferences.set_language(str(n), "uk")) for n in range(100)]
    for number in range(100):
        await storage.inbox.put(number, "{}")
    assert all(task.done() for task in others)


async def test_connections_of_a_busy_moment_are_kept(storage: Storage) -> None:
    opened: list[str] = []

    def connected(_connection: object, _record: object) -> None:
        opened.append("connection")

    event.listen(Pool, "connect", connected)
    try:
        await asyncio.gather(*(storage.preferences.language(str(n)) for n in range(80)))
    finally:
        event.remove(Pool, "connect", connected)
    # a reader's each, and not one of them twice
    assert len(opened) <= 4
