"""What Wikidata and Wikimedia Commons know: emblems by description, licensed photos.

Asked politely: a contactable User-Agent, three calls at once at most, silence for as long as
Retry-After says. https://www.mediawiki.org/wiki/API:Etiquette
"""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from bot.pipeline.breaker import Breaker
from bot.pipeline.errors import FailureKind, SearchError
from bot.pipeline.research.leads import Lead, LogoFacts
from bot.pipeline.retry_after import retry_after

WIKIDATA = "https://www.wikidata.org/w/api.php"
COMMONS = "https://commons.wikimedia.org/w/api.php"

_PICTURES = ("image/jpeg", "image/png", "image/webp")
_MAKER = re.compile(
    r"\b(?:car|cars|automobile|automobiles|automotive|vehicle|vehicles|motor)\b", re.IGNORECASE
)
_LOGO = "P154"
_MOST_BYTES = 2_000_000
_OK, _TOO_MANY, _BUSY, _SERVER = 200, 429, 503, 500
_DEFAULT_WAIT, _LONGEST_WAIT = 30.0, 3600.0


def _text(value: object, limit: int) -> str:
    """Readable text of a field that may hold HTML."""
    plain = html.unescape(re.sub(r"<[^>]*>", " ", str(value or "")))
    return " ".join(plain.split())[:limit].strip()


def _meta(info: Mapping[str, Any], name: str, limit: int = 200) -> str:
    return _text((info.get("extmetadata") or {}).get(name, {}).get("value"), limit)


class Wikimedia:
    """A Source. `client` belongs to whoever made it; `clock` in monotonic seconds."""

    name = "Wikimedia"

    def __init__(
        self,
        *,
        client: httpx.AsyncClient,
        user_agent: str,
        clock: Callable[[], float],
        wikidata: str = WIKIDATA,
        commons: str = COMMONS,
        at_once: int = 3,
    ) -> None:
        self._client = client
        self._user_agent = user_agent
        self._clock = clock
        self._wikidata = wikidata
        self._commons = commons
        self._turns = asyncio.Semaphore(at_once)
        self.breaker = Breaker(clock=clock)
        self._silent_until = 0.0

    async def logo(self, brand: str) -> tuple[LogoFacts, ...]:
        """What is written about the logo file that Wikidata names for that maker."""
        found = await self._ask(
            self._wikidata,
            {"action": "wbsearchentities", "search": brand, "language": "en", "type": "item", "limit": "5"},
        )
        ids = [str(row["id"]) for row in found.get("search", ()) if isinstance(row, dict) and "id" in row]
        if not ids:
            return ()
        known = await self._ask(
            self._wikidata,
            {
                "action": "wbgetentities",
                "ids": "|".join(ids),
                "props": "claims|descriptions",
                "languages": "en",
            },
        )
        entities = known.get("entities", {})
        for entity in (entities.get(item, {}) for item in ids):
            description = entity.get("descriptions", {}).get("en", {}).get("value", "")
            if _MAKER.search(str(description)) and (file := _logo_file(entity)):
                return await self._logo_facts(file)
        return ()

    async def photos(self, words: str) -> tuple[Lead, ...]:
        """Photos with a known licence, best match first."""
        answer = await self._ask(
            self._commons,
            {
                "action": "query",
                "generator": "search",
                "gsrsearch": f"filetype:bitmap {words}",
                "gsrnamespace": "6",
                "gsrlimit": "10",
                "prop": "imageinfo",
                "iiprop": "url|size|mime|extmetadata",
                "iiurlwidth": "1280",
            },
        )
        return tuple(lead for page in _pages(answer) if (lead := _lead(page)) is not None)

    async def _logo_facts(self, file: str) -> tuple[LogoFacts, ...]:
        answer = await self._ask(
            self._commons,
            {
                "action": "query",
                "titles": f"File:{file}",
                "prop": "imageinfo",
                "iiprop": "url|extmetadata",
            },
        )
        texts = [
            f"{_meta(info, 'ImageDescription', 1000)} {_meta(info, 'ObjectName')}"
            for page in _pages(answer)
            for info in page.get("imageinfo", ())[:1]
        ]
        return tuple(
            LogoFacts(text=text, source=f"Wikimedia Commons, {file}") for text in texts if text.strip()
        )

    async def _ask(self, base: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        """One call of the action API. Raises SearchError."""
        async with self._turns:
            if self._clock() < self._silent_until or not self.breaker.allows():
                raise SearchError(source=self.name, kind=FailureKind.RATE_LIMIT)
            try:
                answer = await self._call(base, {**params, "format": "json", "formatversion": "2"})
            except SearchError:
                self.breaker.failed()
                raise
            self.breaker.succeeded()
            return answer

    async def _call(self, base: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        headers = {"User-Agent": self._user_agent, "Accept": "application/json"}
        try:
            async with self._client.stream("GET", base, params=params, headers=headers) as response:
                self._judge(response)
                content = bytearray()
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) > _MOST_BYTES:
                        raise SearchError(source=self.name, kind=FailureKind.BOMB)
            answer = json.loads(content)
        except httpx.TimeoutException as error:
            raise SearchError(source=self.name, kind=FailureKind.TIMEOUT) from error
        except httpx.HTTPError as error:
            raise SearchError(source=self.name, kind=FailureKind.UNREACHABLE) from error
        except (ValueError, RecursionError) as error:
            raise SearchError(source=self.name, kind=FailureKind.BAD_ANSWER) from error
        if not isinstance(answer, dict) or "error" in answer:
            raise SearchError(source=self.name, kind=FailureKind.BAD_ANSWER)
        return answer

    def _judge(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in {_TOO_MANY, _BUSY}:
            named = retry_after(response.headers)
            wait = _DEFAULT_WAIT if named is None else min(named, _LONGEST_WAIT)
            self._silent_until = self._clock() + wait
            raise SearchError(source=self.name, kind=FailureKind.RATE_LIMIT, retry_after=wait)
        if status != _OK:
            kind = FailureKind.SERVER if status >= _SERVER else FailureKind.BAD_REQUEST
            raise SearchError(source=self.name, kind=kind)


def _pages(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Pages of a query in the order of the search."""
    pages = (answer.get("query") or {}).get("pages") or []
    yield from sorted(
        (page for page in pages if isinstance(page, dict)), key=lambda page: page.get("index", 0)
    )


def _logo_file(entity: Mapping[str, Any]) -> str | None:
    """The name of the logo file; the preferred or the last statement is the current one."""
    claims = entity.get("claims", {}).get(_LOGO, [])
    ranked = sorted(claims, key=lambda claim: claim.get("rank") == "preferred")
    for claim in reversed(ranked):
        value = claim.get("mainsnak", {}).get("datavalue", {}).get("value")
        if isinstance(value, str) and value and "|" not in value:
            return value
    return None


def _lead(page: Mapping[str, Any]) -> Lead | None:
    info = next(iter(page.get("imageinfo", ())), None)
    if not isinstance(info, dict) or info.get("mime") not in _PICTURES:
        return None
    licence, url = _meta(info, "LicenseShortName", 60), str(info.get("thumburl") or info.get("url") or "")
    if not licence or not url:
        return None
    return Lead(
        url=url,
        page=str(info.get("descriptionurl") or url),
        title=_text(page.get("title"), 200).removeprefix("File:"),
        author=_meta(info, "Artist", 120) or None,
        licence=licence,
    )
