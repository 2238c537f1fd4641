"""One contract for every WebSearch, and what the threads around it do when it is slow or fails."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest

from bot.pipeline.errors import FailureKind, SearchError
from bot.pipeline.research.leads import Lead
from bot.pipeline.research.websearch import DuckDuckGo, Rows, ThreadedSearch, WebSearch
from tests.unit.research.house import Clock, FakeWebSearch

ROW = {"title": "BMW X5", "image": "https://p.example/a.jpg", "url": "https://p.example", "body": "BMW ring"}


@pytest.fixture
def dead_proxy() -> Iterator[str]:
    """A port of 127.0.0.1 that is held and on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture(params=["fake", "ddgs"])
def failing(request: pytest.FixtureRequest, dead_proxy: str) -> WebSearch:
    return FakeWebSearch(fails=True) if request.param == "fake" else DuckDuckGo(seconds=1, proxy=dead_proxy)


def test_a_search_that_cannot_be_made_is_a_search_error(failing: WebSearch) -> None:
    for call in (failing.text, failing.images):
        with pytest.raises(SearchError):
            call("BMW X5")


async def test_three_failures_open_the_breaker_and_a_minute_closes_it(failing: WebSearch) -> None:
    clock = Clock()
    threaded = ThreadedSearch(search=failing, clock=clock)
    try:
        kinds = [await _kind(threaded) for _ in range(4)]
        assert kinds == [FailureKind.UNREACHABLE] * 3 + [FailureKind.RATE_LIMIT]
        clock.now += 61
        assert await _kind(threaded) is FailureKind.UNREACHABLE
        assert await _kind(threaded) is FailureKind.RATE_LIMIT
    finally:
        threaded.close()


async def _kind(threaded: ThreadedSearch) -> FailureKind:
    with pytest.raises(SearchError) as caught:
        await threaded.photos("BMW X5 front")
    return caught.value.kind


class _Held:
    """A WebSearch that stays in its thread until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.calls = 0

    def text(self, query: str) -> Rows:
        return self.images(query)

    def images(self, query: str) -> Rows:
        self.calls += 1
        self.go.wait(10)
        return [ROW]


async def _photos_when_free(threaded: ThreadedSearch) -> tuple[Lead, ...] | None:
    try:
        return await threaded.photos("BMW X5 front")
    except SearchError as error:
        if error.kind is not FailureKind.RATE_LIMIT:
            raise
        await asyncio.sleep(0.005)
        return None


async def test_a_slot_stays_taken_until_its_thread_is_done() -> None:
    search = _Held()
    threaded = ThreadedSearch(search=search, clock=Clock(), slots=2, seconds=0.05)
    try:
        assert await _kind(threaded) is FailureKind.TIMEOUT
        assert await _kind(threaded) is FailureKind.TIMEOUT
        assert await _kind(threaded) is FailureKind.RATE_LIMIT
        assert search.calls == 2
        search.go.set()
        async with asyncio.timeout(5):
            leads = None
            while leads is None:
                leads = await _photos_when_free(threaded)
        assert [lead.title for lead in leads] == ["BMW X5"]
    finally:
        search.go.set()
        threaded.close()


async def test_rows_become_leads_and_facts() -> None:
    rows = [ROW, {"title": "no picture"}, {"image": "https://p.example/b.jpg"}]
    threaded = ThreadedSearch(search=FakeWebSearch(text_rows=rows, image_rows=rows), clock=Clock())
    try:
        leads = await threaded.photos("BMW X5 front")
        assert [(lead.url, lead.page) for lead in leads] == [
            ("https://p.example/a.jpg", "https://p.example"),
            ("https://p.example/b.jpg", "https://p.example/b.jpg"),
        ]
        assert [facts.text for facts in await threaded.logo("BMW")] == ["BMW ring"]
    finally:
        threaded.close()
