"""Looks a car up: badge and reference photos, all searches at once, under one deadline."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import structlog

from bot.pipeline.badge_words import visual_description, visual_words
from bot.pipeline.errors import FailureKind, SearchError
from bot.pipeline.model import AngleName, Badge, CarSpec, Reference, Research
from bot.pipeline.research.download import Downloader
from bot.pipeline.research.leads import Lead, LogoFacts, Source, fitting, pack, unpack, well_formed
from bot.pipeline.research.memory import Memory
from bot.pipeline.research.search_words import photo_words, view_word

_log = structlog.get_logger(__name__)

_BOOK = "badge book"
_TRIES = 2
"""Photos tried an angle and source before the next source is asked."""
_SHARE = 0.6
"""Of the deadline: what one source may take before the next is asked too."""
_FOR_GOOD = {FailureKind.REFUSED, FailureKind.BOMB, FailureKind.BAD_ANSWER, FailureKind.NOT_FOUND}
"""Failures of a download that trying again soon will not mend."""


def _key(kind: str, *parts: str) -> str:
    """A key of the cache. A new shape of what is kept needs a new kind."""
    return f"{kind}/{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()}"


@dataclass(slots=True)
class _Findings:
    """What has been found so far; read when the time is up."""

    badge: Badge | None
    photos: dict[AngleName, Reference] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)


class WebResearcher:
    """A Researcher.

    `sources` are asked in order; `badges` is the badge book, brand name to description;
    `deadline` in seconds covers everything. Words of strangers never leave here: they are reduced to
    known words for shapes and colours, and only where the book knows nothing.
    """

    def __init__(
        self,
        *,
        sources: Sequence[Source],
        downloader: Downloader,
        memory: Memory,
        badges: Mapping[str, str],
        deadline: float = 2.0,
    ) -> None:
        self._sources = tuple(sources)
        self._downloader = downloader
        self._memory = memory
        self._badges = {brand.casefold(): words for brand, words in badges.items()}
        self._deadline = deadline

    async def research(self, spec: CarSpec, angles: Sequence[AngleName]) -> Research:
        """Badge and at most one photo an angle, in the order of the angles, no photo twice."""
        if not spec.brand:
            return Research()
        found = _Findings(badge=self._book(spec.brand))
        timed_out = False
        try:
            async with asyncio.timeout(self._deadline), asyncio.TaskGroup() as searches:
                searches.create_task(self._find_badge(spec.brand, found))
                if spec.model:
                    for angle in dict.fromkeys(angles):
                        searches.create_task(self._find_photo(spec, angle, found))
        except TimeoutError:
            timed_out = True
            _log.info("search_deadline", brand=spec.brand, photos=len(found.photos), of=len(angles))
        references = tuple(found.photos[angle] for angle in dict.fromkeys(angles) if angle in found.photos)
        return Research(badge=found.badge, references=references, timed_out=timed_out)

    def _book(self, brand: str) -> Badge | None:
        words = self._badges.get(brand.casefold())
        return Badge(brand=brand, description=words, source=_BOOK) if words else None

    async def _find_badge(self, brand: str, found: _Findings) -> None:
        for source in self._sources:
            value = await self._ask(source, _key("logo", source.name, brand), partial(_logo, source, brand))
            if not value:
                continue
            facts = json.loads(value)
            badge = _judged(brand, found.badge, facts)
            if badge is not None:
                found.badge = badge
                event = f"[AsyncSearch] Logo info found for {brand}"
                _log.info(event, brand=brand, source=badge.source)
                return

    async def _find_photo(self, spec: CarSpec, angle: AngleName, found: _Findings) -> None:
        words = photo_words(spec, angle)
        for source in self._sources:
            value = await self._ask(
                source, _key("photos", source.name, words), partial(_leads, source, words)
            )
            fit = [
                lead for lead in fitting(unpack(value), spec, view_word(angle)) if lead.url not in found.taken
            ]
            for lead in fit[:_TRIES]:
                if lead.url in found.taken:
                    continue
                found.taken.add(lead.url)
                content = await self._photo(lead)
                if content:
                    found.photos[angle] = _reference(angle, lead, content)
                    event = f"[AsyncSearch] Reference photo found for {angle}"
                    _log.info(event, angle=angle, source=source.name, licence=lead.licence)
                    return

    async def _ask(self, source: Source, key: str, ask: Callable[[], Awaitable[bytes]]) -> bytes:
        """What the source answers in its share of the time; a failure is logged and counts as nothing.

        The last source may take all that is left.
        """
        share = 1.0 if source is self._sources[-1] else _SHARE
        try:
            async with asyncio.timeout(self._deadline * share):
                return await self._memory.recall(key, ask)
        except SearchError as error:
            _log.info("search_failed", source=source.name, kind=error.kind.value)
        except TimeoutError:
            _log.info("search_failed", source=source.name, kind=FailureKind.TIMEOUT.value)
        return b""

    async def _photo(self, lead: Lead) -> bytes:
        try:
            return await self._memory.recall(_key("photo", lead.url), partial(self._download, lead))
        except SearchError as error:
            _log.info("photo_failed", kind=error.kind.value)
            return b""

    async def _download(self, lead: Lead) -> bytes:
        try:
            return await self._downloader.photo(lead.url)
        except SearchError as error:
            if error.kind not in _FOR_GOOD:
                raise
            _log.info("photo_refused", kind=error.kind.value)
            return b""


async def _logo(source: Source, brand: str) -> bytes:
    """The facts that say most about how the emblem looks, reduced to known words."""
    with well_formed(source.name):
        facts = await source.logo(brand)
    best: LogoFacts | None = max(facts, key=lambda fact: len(visual_words(fact.text)), default=None)
    if best is None or not visual_words(best.text):
        return b""
    kept = {
        "seen": visual_words(best.text),
        "description": visual_description(best.text),
        "source": best.source,
    }
    return json.dumps(kept, ensure_ascii=False).encode()


async def _leads(source: Source, words: str) -> bytes:
    with well_formed(source.name):
        return pack(await source.photos(words))


def _judged(brand: str, book: Badge | None, facts: Mapping[str, Any]) -> Badge | None:
    """The book's words where the web confirms them; the web's own known words where the book is silent."""
    source = str(facts["source"])
    if book is not None:
        agreed = set(visual_words(book.description)) & set(facts["seen"])
        return replace(book, source=f"{_BOOK}, confirmed by {source}") if agreed else None
    words = facts["description"]
    return Badge(brand=brand, description=words, source=source) if words else None


def _reference(angle: AngleName, lead: Lead, content: bytes) -> Reference:
    return Reference(
        angle=angle,
        content=content,
        media_type="image/jpeg",
        source_url=lead.page if lead.page.startswith(("https://", "http://")) else "",
        author=lead.author,
        licence=lead.licence,
    )
