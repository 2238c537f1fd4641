"""The outbox: who waits how long, who goes first, what is tried again and what never is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
from telegram.error import BadRequest, NetworkError, RetryAfter, TimedOut

from bot.handlers.outbox import Limits, Outbox, OutboxFull
from bot.handlers.telegram_errors import Unwritten
from bot.handlers.turnstile import Rank
from bot.pipeline.errors import DeliveryError


class StillClock:
    """Time passes only in sleeps, and at once."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def ticks(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.at += seconds


def note(clock: StillClock, into: list[tuple[str, float]], name: str) -> Callable[[], Awaitable[str]]:
    async def call() -> str:
        into.append((name, round(clock.at, 2)))
        return name

    return call


async def test_a_chat_gets_its_burst_and_then_one_a_second() -> None:
    clock, sent = StillClock(), list[tuple[str, float]]()
    async with Outbox(clock=clock, limits=Limits(chat_burst=3)) as outbox:
        await asyncio.gather(*(outbox.send("7", note(clock, sent, str(n))) for n in range(6)))
    assert [at for _, at in sent] == [0, 0, 0, 1, 2, 3]
    assert [name for name, _ in sent] == ["0", "1", "2", "3", "4", "5"]


async def test_an_album_counts_by_its_pictures() -> None:
    clock, sent = StillClock(), list[tuple[str, float]]()
    async with Outbox(clock=clock, limits=Limits(chat_burst=10)) as outbox:
        await outbox.send("7", note(clock, sent, "album"), weight=10, upload=True)
        await outbox.send("7", note(clock, sent, "words"))
    assert sent == [("album", 0), ("words", 1)]


async def test_a_group_gets_twenty_a_minute() -> None:
    clock, sent = StillClock(), list[tuple[str, float]]()
    async with Outbox(clock=clock) as outbox:
        await asyncio.gather(*(outbox.send("-7", note(clock, sent, str(n))) for n in range(41)))
    in_first_minute = [at for _, at in sent if 0 < at <= 60]
    assert len(in_first_minute) == 20


async def test_what_gets_ready_slowly_is_counted_when_it_leaves() -> None:
    clock, sent, ready = StillClock(), list[tuple[str, float]](), asyncio.Event()
    async with Outbox(clock=clock, limits=Limits(all_rate=10)) as outbox:
        album = asyncio.ensure_future(
            outbox.send("1", note(clock, sent, "album"), weight=8, upload=True, first=ready.wait)
        )
        await asyncio.gather(*(outbox.send(str(n), note(clock, sent, "words")) for n in range(2, 8)))
        assert [name for name, _ in sent] == ["words"] * 6
        sent.clear()
        words = [outbox.send(str(n), note(clock, sent, "words")) for n in range(10, 20)]
        ready.set()
        await asyncio.gather(album, *words)
    left = next(at for name, at in sent if name == "album")
    assert sum(at < left + 1 for _, at in sent) <= 3


async def test_what_cannot_get_ready_leaves_its_room_to_others() -> None:
    async def broken() -> None:
        raise DeliveryError(kind="stopped")

    clock, sent = StillClock(), list[tuple[str, float]]()
    async with Outbox(clock=clock, limits=Limits(all_rate=10)) as outbox:
        with pytest.raises(DeliveryError):
            await outbox.send("1", note(clock, sent, "album"), weight=8, upload=True, first=broken)
        await asyncio.gather(*(outbox.send(str(n), note(clock, sent, "words")) for n in range(2, 22)))
    assert [name for name, _ in sent] == ["words"] * 20


async def test_twenty_eight_in_any_second_for_all_chats_together() -> None:
    clock, sent = StillClock(), list[tuple[str, float]]()
    async with Outbox(clock=clock) as outbox:
        await asyncio.gather(*(outbox.send(str(n), note(clock, sent, str(n))) for n in range(1, 91)))
    times = sorted(at for _, at in sent)
    assert len([at for at in times if at == 0]) == 28
    assert all(later - earlier >= 1 for earlier, later in zip(times, times[28:], strict=False))
    assert times[-1] < 3.5


async def test_two_processes_leave_each_other_half_of_the_second() -> None:
    clock, sent = StillClock(), list[tuple[str, float]]()
    async with Outbox(clock=clock) as outbox:
        outbox.among(2)
        await asyncio.gather(*(outbox.send(str(n), note(clock, sent, str(n))) for n in range(1, 44)))
    times = sorted(at for _, at in sent)
    assert len([at for at in times if at == 0]) == 14
    assert all(later - earlier >= 1 for earlier, later in zip(times, times[14:], strict=False))


async def test_an_urgent_edit_does_not_wait_behind_others() -> None:
    clock, sent = StillClock(), list[tuple[str, float]]()
    async with Outbox(clock=clock) as outbox:
        outbox.edit("7", "action", note(clock, sent, "typing"))
        for _ in range(20):
            await asyncio.sleep(0)
        outbox.edit("7", "action", note(clock, sent, "typing again"))
        outbox.edit("7", "status", note(clock, sent, "first picture"), urgent=True)
        for _ in range(100):
            await asyncio.sleep(0)
    assert [name for name, _ in sent] == ["typing", "first picture", "typing again"]
    assert sent[1][1] <= 0.1
    assert sent[2][1] - sent[1][1] >= 1


async def test_sends_outrank_edits_and_a_newer_edit_takes_the_older_ones_place() -> None:
    clock, sent = StillClock(), list[tuple[str, float]]()
    async with Outbox(clock=clock) as outbox:
        outbox.edit("7", "status", note(clock, sent, "old"))
        outbox.edit("7", "status", note(clock, sent, "new"))
        await outbox.send("7", note(clock, sent, "words"))
        for _ in range(50):
            await asyncio.sleep(0)
    assert [name for name, _ in sent] == ["words", "new"]


async def test_edits_of_one_chat_keep_their_distance() -> None:
    clock, sent = StillClock(), list[tuple[str, float]]()
    async with Outbox(clock=clock) as outbox:
        for round_ in range(3):
            outbox.edit("7", "status", note(clock, sent, str(round_)))
            for _ in range(50):
                await asyncio.sleep(0)
    times = [at for _, at in sent]
    assert len(times) > 1
    assert all(later - earlier >= 1 for earlier, later in pairwise(times))


async def test_retry_after_stalls_that_chat_only() -> None:
    clock, sent, tries = StillClock(), list[tuple[str, float]](), 0

    async def refused_once() -> str:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RetryAfter(5)
        return "at last"

    async with Outbox(clock=clock) as outbox:
        slow = asyncio.ensure_future(outbox.send("7", refused_once))
        other = await outbox.send("8", note(clock, sent, "other"))
        assert (await slow, other) == ("at last", "other")
    assert sent == [("other", 0)]
    assert clock.at >= 5


def _caused(error: NetworkError, cause: Exception) -> NetworkError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (_caused(TimedOut(), Unwritten()), 2),
        (_caused(NetworkError("x"), Unwritten()), 2),
        (_caused(TimedOut(), TimeoutError()), 1),
        (_caused(NetworkError("x"), ConnectionResetError()), 1),
        (BadRequest("x"), 1),
    ],
)
async def test_only_what_was_never_written_is_tried_again(error: NetworkError, tries: int) -> None:
    count = 0

    async def call() -> None:
        nonlocal count
        count += 1
        if count == 1:
            raise error

    async with Outbox(clock=StillClock()) as outbox:
        await asyncio.gather(outbox.send("7", call), return_exceptions=True)
    assert count == tries


async def test_at_most_fourteen_uploads_at_once() -> None:
    now, most = 0, 0

    async def upload() -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1

    async with Outbox(clock=StillClock()) as outbox:
        await asyncio.gather(*(outbox.send(str(n), upload, upload=True) for n in range(1, 31)))
    assert most == 14


async def test_signs_of_life_never_take_all_connections() -> None:
    now, most, left, over, clock = 0, 0, 59, asyncio.Event(), StillClock()

    async def sign() -> None:
        nonlocal now, most, left
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now, left = now - 1, left - 1
        if not left:
            over.set()

    async with Outbox(clock=clock) as outbox:
        for n in range(1, 60):
            outbox.edit(str(n), "action", sign, weight=0)
        sent = list[tuple[str, float]]()
        await outbox.send("100", note(clock, sent, "answer"))
        assert sent == [("answer", 0)]
        async with asyncio.timeout(20):
            await over.wait()
    assert most == 8


async def test_what_waits_for_one_chat_is_bounded() -> None:
    release = asyncio.Event()
    async with Outbox(clock=StillClock(), limits=Limits(waiting_per_chat=2)) as outbox:
        first = asyncio.ensure_future(outbox.send("7", release.wait))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting = [asyncio.ensure_future(outbox.send("7", release.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(OutboxFull):
            await outbox.send("7", release.wait)
        release.set()
        await asyncio.gather(first, *waiting)


async def test_when_all_is_full_answers_leave_first_and_albums_before_edits() -> None:
    clock, sent = StillClock(), list[tuple[str, float]]()
    async with Outbox(clock=clock, limits=Limits(all_rate=10)) as outbox:
        outbox.edit("1", "status", note(clock, sent, "edit"))
        albums = [
            outbox.send(str(n), note(clock, sent, "album"), weight=5, upload=True, rank=Rank.ALBUM)
            for n in range(2, 12)
        ]
        news = [outbox.send(str(n), note(clock, sent, "news"), rank=Rank.NEWS) for n in range(12, 20)]
        waiting = asyncio.gather(*albums, *news)
        for _ in range(10):
            await asyncio.sleep(0)
        asked = clock.at
        await outbox.send("30", note(clock, sent, "answer"))
        answered = dict(sent)["answer"] - asked
        await waiting
    names = [name for name, _ in sent]
    assert answered <= 1
    assert names.count("album") == 10
    # everything that is news left before the second half of the albums
    assert (
        max(index for index, name in enumerate(names) if name == "news")
        < [index for index, name in enumerate(names) if name == "album"][5]
    )
    # and the edit did not stand still until the last album was gone
    assert names.index("edit") < len(names) - 1


async def test_albums_and_edits_never_exceed_the_rate_in_any_second() -> None:
    clock, sent = StillClock(), list[tuple[str, float]]()
    async with Outbox(clock=clock) as outbox:
        sends = [
            outbox.send(str(n), note(clock, sent, "4"), weight=4, upload=True, rank=Rank.ALBUM)
            for n in range(1, 40)
        ]
        await asyncio.gather(*sends, *(outbox.send(str(n), note(clock, sent, "1")) for n in range(50, 90)))
    for _, start in sent:
        inside = sum(int(name) for name, at in sent if start <= at < start + 0.98)
        assert inside <= 28


async def test_an_edit_that_was_forgotten_takes_nobodys_place() -> None:
    clock, sent = StillClock(), list[tuple[str, float]]()
    async with Outbox(clock=clock, limits=Limits(all_rate=2)) as outbox:
        await asyncio.gather(*(outbox.send(str(n), note(clock, sent, "x")) for n in range(1, 3)))
        for n in range(10, 30):
            outbox.edit(str(n), "status", note(clock, sent, "edit"))
        await asyncio.sleep(0)
        for n in range(10, 30):
            outbox.forget(str(n), "status")
        await asyncio.gather(*(outbox.send(str(n), note(clock, sent, "y")) for n in range(40, 42)))
    assert [name for name, _ in sent] == ["x", "x", "y", "y"]
    assert clock.at < 3
