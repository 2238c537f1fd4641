"""The real research wired against loopback servers, with clocks that tests turn by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from bot.pipeline.errors import FailureKind, SearchError, StorageError
from bot.pipeline.model import Body, CarSpec
from bot.pipeline.ports import CachedSearch
from bot.pipeline.research.download import Downloader
from bot.pipeline.research.leads import Source
from bot.pipeline.research.memory import Memory
from bot.pipeline.research.researcher import WebResearcher
from bot.pipeline.research.websearch import Rows, ThreadedSearch
from bot.pipeline.research.wikimedia import Wikimedia
from tests.loopback.search import SearchServer

USER_AGENT = "Rakurs/test (mail@operator.example)"
BOOK = {"BMW": "round disc quartered blue and white inside a black ring"}
X5 = CarSpec(brand="BMW", model="X5", year=2021, color="red", body=Body.SUV)


@dataclass(slots=True)
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class MemoryCache:
    """A SearchCache that keeps everything, and can be broken."""

    kept: dict[str, CachedSearch] = field(default_factory=dict)
    broken: bool = False

    async def find(self, key: str) -> CachedSearch | None:
        if self.broken:
            raise StorageError
        return self.kept.get(key)

    async def keep(self, key: str, answer: CachedSearch) -> None:
        if self.broken:
            raise StorageError
        assert len(key) <= 200
        self.kept[key] = answer


@dataclass(slots=True)
class FakeWebSearch:
    """A WebSearch that answers what it was given, or fails; `asked` counts the calls."""

    text_rows: Rows = ()
    image_rows: Rows = ()
    fails: bool = False
    asked: list[str] = field(default_factory=list)

    def text(self, query: str) -> Rows:
        return self._answer(query, self.text_rows)

    def images(self, query: str) -> Rows:
        return self._answer(query, self.image_rows)

    def _answer(self, query: str, rows: Rows) -> Rows:
        self.asked.append(query)
        if self.fails:
            raise SearchError(source="fake", kind=FailureKind.UNREACHABLE)
        return rows


@dataclass(slots=True)
class House:
    server: SearchServer
    researcher: WebResearcher
    memory: Memory
    cache: MemoryCache
    clock: Clock
    wikimedia: Wikimedia


@asynccontextmanager
async def open_house(
    *,
    web: FakeWebSearch | None = None,
    badges: Mapping[str, str] = BOOK,
    deadline: float = 2.0,
    cache: MemoryCache | None = None,
    clock: Clock | None = None,
    sources: Collection[str] = ("wikimedia", "web"),
) -> AsyncIterator[House]:
    cache, clock = cache or MemoryCache(), clock or Clock()
    async with SearchServer() as server, httpx.AsyncClient(timeout=5, trust_env=False) as client:
        wikimedia = Wikimedia(
            client=client,
            user_agent=USER_AGENT,
            clock=clock,
            wikidata=f"{server.url}/wikidata",
            commons=f"{server.url}/commons",
        )
        threaded = ThreadedSearch(search=web or FakeWebSearch(), clock=clock)
        chosen: list[Source] = []
        if "wikimedia" in sources:
            chosen.append(wikimedia)
        if "web" in sources:
            chosen.append(threaded)
        downloader = Downloader(user_agent=USER_AGENT, trusted={server.host})
        memory = Memory(cache=cache, clock=clock)
        researcher = WebResearcher(
            sources=chosen, downloader=downloader, memory=memory, badges=badges, deadline=deadline
        )
        try:
            yield House(server, researcher, memory, cache, clock, wikimedia)
        finally:
            await memory.close()
            await downloader.close()
            threaded.close()
