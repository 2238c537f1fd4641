"""How a photo is fetched from an address that a stranger chose."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import httpx

from bot.pipeline.errors import FailureKind, SearchError
from bot.pipeline.research.addresses import Resolve, pin, system_resolve
from bot.pipeline.research.pictures import as_reference
from bot.pipeline.trust import authorities

_REDIRECTS = 3
_STATUS_KINDS = {404: FailureKind.NOT_FOUND, 410: FailureKind.NOT_FOUND, 429: FailureKind.RATE_LIMIT}
_OK, _REDIRECT, _BAD = 200, 300, 400


def _failure(kind: FailureKind) -> SearchError:
    return SearchError(source="photo", kind=kind)


class Downloader:
    """Fetches photos: public addresses only, resolved once and pinned, every redirect checked again.

    `seconds` bounds one photo with all its redirects. `trusted` "host:port" pairs skip the rules for
    addresses. No proxy of the environment is used: it would resolve names a second time.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        resolve: Resolve = system_resolve,
        trusted: Collection[str] = (),
        most_bytes: int = 10_000_000,
        most_pixels: int = 25_000_000,
        seconds: float = 8.0,
        at_once: int = 4,
    ) -> None:
        self._user_agent = user_agent
        self._resolve = resolve
        self._trusted = frozenset(trusted)
        self._most_bytes = most_bytes
        self._most_pixels = most_pixels
        self._seconds = seconds
        self._turns = asyncio.Semaphore(at_once)
        # a kept connection to one address could serve another name on it, unverified
        self._client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=seconds,
            limits=httpx.Limits(max_keepalive_connections=0),
            verify=authorities(),
        )

    async def photo(self, url: str) -> bytes:
        """The photo as a clean JPEG. Raises SearchError."""
        async with self._turns:
            try:
                async with asyncio.timeout(self._seconds):
                    content = await self._fetch(httpx.URL(url))
            except (TimeoutError, httpx.TimeoutException) as error:
                raise _failure(FailureKind.TIMEOUT) from error
            except (httpx.InvalidURL, UnicodeError) as error:
                raise _failure(FailureKind.REFUSED) from error
            except httpx.HTTPError as error:
                raise _failure(FailureKind.UNREACHABLE) from error
            return await asyncio.to_thread(as_reference, content, most_pixels=self._most_pixels)

    async def close(self) -> None:
        await self._client.aclose()

    async def _fetch(self, url: httpx.URL) -> bytes:
        for _ in range(_REDIRECTS + 1):
            pinned = await pin(url, resolve=self._resolve, trusted=self._trusted)
            request = self._client.build_request(
                "GET",
                pinned,
                headers={
                    "Host": url.netloc.decode("ascii"),
                    "User-Agent": self._user_agent,
                    "Accept": "image/jpeg,image/png,image/webp",
                    "Accept-Encoding": "identity",
                },
                extensions={"sni_hostname": url.host},
            )
            response = await self._client.send(request, stream=True)
            try:
                if _REDIRECT <= response.status_code < _BAD and "location" in response.headers:
                    url = url.join(response.headers["location"])
                    continue
                return await self._read(response)
            finally:
                await response.aclose()
        raise _failure(FailureKind.REFUSED)

    async def _read(self, response: httpx.Response) -> bytes:
        if response.status_code != _OK:
            raise _failure(_STATUS_KINDS.get(response.status_code, FailureKind.SERVER))
        if not response.headers.get("content-type", "").startswith("image/"):
            raise _failure(FailureKind.BAD_ANSWER)
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > self._most_bytes:
                raise _failure(FailureKind.BOMB)
        return bytes(content)
