"""How is OpenAI's SDK opened? Over aiohttp, for a fraction of its own way's processor time; it tries nothing twice."""

from __future__ import annotations

from typing import NoReturn

import aiohttp
import httpx2
import openai
from yarl import URL

from bot.pipeline.connections import NEVER_WRITTEN, patience, proxy_for
from bot.pipeline.trust import authorities

_CONNECTIONS = 1000
_UNPACKED = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers that are no longer true of an answer that was read."""
_MOST_TOKENS = 100_000_000
"""Of one call: more is no count but a mistake, or a way to empty a budget."""
MOST_BYTES = 60 * 2**20
"""Of an answer, unpacked: the largest picture that is taken, as text."""


class TooLarge(httpx2.RemoteProtocolError):
    """The answer did not end within the limit."""


def open_sdk(*, api_key: str, base_url: str | None, seconds: float) -> openai.AsyncOpenAI:
    """`base_url` None is OpenAI itself; `seconds` bound each silence. Close what is handed back."""
    return openai.AsyncOpenAI(
        api_key=api_key,
        base_url=base_url,
        # its own retries would buy one picture up to three times
        max_retries=0,
        timeout=seconds,
        http_client=openai.DefaultAsyncHttpxClient(transport=AiohttpTransport(), timeout=seconds),
    )


def counted(usage: object, *names: str) -> list[int] | None:
    """So many tokens as a server says that it counted under those names; None where it counts in no sane
    way: the SDK hands on whatever stands there."""
    found = [getattr(usage, name, None) for name in names]
    numbers = [number for number in found if isinstance(number, int) and 0 <= number <= _MOST_TOKENS]
    return numbers if len(numbers) == len(names) else None


class AiohttpTransport(httpx2.AsyncBaseTransport):
    """Answers come whole. Raises what httpx2's own transport would: ConnectError and ConnectTimeout say that
    no byte of the request was written."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """See AsyncBaseTransport. The body is sent with its length, and read at once."""
        url = URL(str(request.url), encoded=True)
        headers = [
            (name, value) for name, value in request.headers.multi_items() if name != "transfer-encoding"
        ]
        try:
            async with self._opened().request(
                request.method,
                url,
                headers=headers,
                data=await request.aread(),
                proxy=proxy_for(url.origin()),
                timeout=patience(**request.extensions["timeout"]),
                allow_redirects=False,
            ) as answer:
                content = await _read(answer, request)
                headers = [
                    (name, value) for name, value in answer.headers.items() if name.lower() not in _UNPACKED
                ]
                return httpx2.Response(answer.status, headers=headers, content=content, request=request)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            _tell(error, request)

    async def aclose(self) -> None:
        """See AsyncBaseTransport."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        # a session belongs to the loop in which it is made
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS, ssl=authorities()),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept-Encoding", "Content-Type"),
            )
        return self._session


async def _read(answer: aiohttp.ClientResponse, request: httpx2.Request) -> bytes:
    """The whole answer, unpacked piece by piece, so that a small one cannot unfold without end."""
    content = bytearray()
    async for piece in answer.content.iter_any():
        content += piece
        if len(content) > MOST_BYTES:
            answer.close()
            raise TooLarge(f"more than {MOST_BYTES} bytes", request=request)
    return bytes(content)


def _tell(error: Exception, request: httpx2.Request) -> NoReturn:
    name = type(error).__name__
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        raise httpx2.ConnectTimeout(name, request=request) from error
    if isinstance(error, NEVER_WRITTEN):
        raise httpx2.ConnectError(name, request=request) from error
    if isinstance(error, TimeoutError):
        raise httpx2.ReadTimeout(name, request=request) from error
    raise httpx2.RemoteProtocolError(name, request=request) from error
