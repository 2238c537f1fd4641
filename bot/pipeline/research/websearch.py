"""A synchronous web search kept at arm's length: few threads, a time limit, a breaker."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from ddgs import DDGS
from ddgs.exceptions import DDGSException

from bot.pipeline.breaker import Breaker
from bot.pipeline.errors import FailureKind, SearchError
from bot.pipeline.research.leads import Lead, LogoFacts

Rows = Sequence[Mapping[str, Any]]


class WebSearch(Protocol):
    """A blocking search, called from several threads. Raises SearchError.

    `text` rows hold `title`, `href`, `body`; `images` rows hold `title`, `image`, `url`.
    """

    def text(self, query: str) -> Rows: ...

    def images(self, query: str) -> Rows: ...


class DuckDuckGo:
    """WebSearch over ddgs. `seconds` is per request of the library, which may make several.

    Being limited looks like finding nothing there, so an empty answer is an error too.
    """

    def __init__(self, *, seconds: int = 2, proxy: str | None = None) -> None:
        self._seconds = seconds
        self._proxy = proxy

    def text(self, query: str) -> Rows:
        return self._ask(
            lambda: self._ddgs().text(query, max_results=5, backend="duckduckgo", safesearch="on")
        )

    def images(self, query: str) -> Rows:
        return self._ask(
            lambda: self._ddgs().images(
                query,
                max_results=10,
                backend="duckduckgo",
                safesearch="on",
                type_image="photo",
                license_image="ShareCommercially",
            )
        )

    def _ddgs(self) -> DDGS:
        """A new one a call: sharing one between threads is not safe."""
        return DDGS(proxy=self._proxy, timeout=self._seconds)

    def _ask(self, call: Callable[[], Rows]) -> Rows:
        try:
            return call()
        except (DDGSException, OSError, RuntimeError, ValueError) as error:
            raise SearchError(source="DuckDuckGo", kind=FailureKind.UNREACHABLE) from error


class ThreadedSearch:
    """A Source over a WebSearch.

    One slot a thread, given back when the thread is done and not when the asker gives up; without a
    free slot a call is refused at once. `clock` in monotonic seconds.
    """

    name = "DuckDuckGo"

    def __init__(
        self, *, search: WebSearch, clock: Callable[[], float], slots: int = 4, seconds: float = 4.0
    ) -> None:
        self._search = search
        self._seconds = seconds
        self.breaker = Breaker(clock=clock)
        self._slots = threading.BoundedSemaphore(slots)
        self._threads = ThreadPoolExecutor(max_workers=slots, thread_name_prefix="web-search")

    async def logo(self, brand: str) -> tuple[LogoFacts, ...]:
        rows = await self._run(self._search.text, f"{brand} car badge emblem shape and colours")
        bodies = [str(row.get("body") or "")[:1000] for row in rows]
        return tuple(
            LogoFacts(text=body, source="web search")
            for body in bodies
            if brand.casefold() in body.casefold()
        )

    async def photos(self, words: str) -> tuple[Lead, ...]:
        rows = await self._run(self._search.images, f"{words} car photo")
        return tuple(
            Lead(
                url=str(row["image"]),
                page=str(row.get("url") or row["image"]),
                title=str(row.get("title") or "")[:200],
            )
            for row in rows
            if row.get("image")
        )

    def close(self) -> None:
        """Take no more work; a search still under way ends by its own time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, call: Callable[[str], Rows], query: str) -> Rows:
        """Raises SearchError: RATE_LIMIT when shed or broken, TIMEOUT, or what the search says."""
        if not self._slots.acquire(blocking=False):
            raise SearchError(source=self.name, kind=FailureKind.RATE_LIMIT)
        if not self.breaker.allows():
            self._slots.release()
            raise SearchError(source=self.name, kind=FailureKind.RATE_LIMIT)
        thread: Future[Rows] = self._threads.submit(call, query)
        thread.add_done_callback(lambda _: self._slots.release())
        waiting = asyncio.wrap_future(thread)
        waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            rows = await asyncio.wait_for(asyncio.shield(waiting), self._seconds)
        except TimeoutError as error:
            self.breaker.failed()
            raise SearchError(source=self.name, kind=FailureKind.TIMEOUT) from error
        except SearchError:
            self.breaker.failed()
            raise
        self.breaker.succeeded()
        return rows
