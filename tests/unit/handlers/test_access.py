"""Who gets a place in the queue? Bounded for all together and for each, with a word to those outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from bot.handlers.access import Access, AccessLimits
from bot.handlers.texts import Texts
from bot.handlers.visits import Visit
from bot.pipeline.model import AngleName
from tests.fakes.cars import a_session, an_album, blank_views
from tests.fakes.clock import RealClock
from tests.fakes.store import MemoryStore


@dataclass(slots=True)
class ALine:
    """So many wait, ten seconds each."""

    waiting: int

    def place(self, owner: str) -> int:
        return 0

    def coming(self, owner: str) -> int:
        return 0

    def hand(self, provider: str | None = None) -> None:
        return None

    def expected_seconds(self, angles: Sequence[AngleName], provider: str | None = None) -> float:
        return 10.0

    def seconds_behind(self, ahead: int, angles: Sequence[AngleName], *, leaving: int = 0) -> float:
        return 10.0 * (ahead + 1)

    def arrived(self) -> None: ...

    def rested(self) -> None: ...


def visit(language: str = "en", *, admin: bool = False) -> Visit:
    words = Texts().words(language)
    return Visit(
        owner="7",
        chat="7",
        message="1",
        thread=None,
        group=False,
        request="1",
        admin=admin,
        pressed=False,
        words=words,
        text="red BMW",
    )


def access(line: ALine, store: MemoryStore) -> Access:
    limits = AccessLimits(queue=100, longest_wait=900, each=2)
    return Access(limits=limits, archive=store, clock=RealClock(), line=line, measured=line)


@pytest.mark.parametrize(("waiting", "minutes"), [(0, None), (80, None), (90, 15), (500, 84)])
async def test_a_full_queue_says_how_long_it_is(waiting: int, minutes: int | None) -> None:
    refusal = await access(ALine(waiting), MemoryStore()).refusal(visit())
    if minutes is None:
        assert refusal is None
    else:
        assert refusal is not None
        assert f"about {minutes} minutes" in refusal
        assert await access(ALine(waiting), MemoryStore()).refusal(visit(admin=True)) is None


async def test_one_person_has_so_many_albums_under_way_and_no_more() -> None:
    store = MemoryStore()
    gate = access(ALine(3), store)
    for number in range(2):
        assert await gate.refusal(visit()) is None
        session = a_session(str(number))
        album = an_album(session)
        await store.accept(session, album, blank_views(album))
    refusal = await gate.refusal(visit())
    assert refusal is not None
    assert "2 albums of yours" in refusal
    assert "/cancel" in refusal
    assert "2 ваші альбоми" in str(await gate.refusal(visit("uk")))
