"""How do calls reach a Bot API server? Over aiohttp, knowing which were never written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

from bot.handlers.telegram_errors import Unwritten
from bot.pipeline.connections import NEVER_WRITTEN, patience, proxy_for
from bot.pipeline.trust import authorities

_NOT_GIVEN = type(BaseRequest.DEFAULT_NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds: until a connection is free, until it stands, for the upload of words or of files, and for
    the silence after it."""

    pool: float = 20
    connect: float = 10
    write: float = 20
    media: float = 90
    read: float = 30


class AiohttpRequest(BaseRequest):
    """At most `most` calls at once. A call costs a fraction of the processor time of HTTPXRequest's."""

    def __init__(self, *, most: int, patience: Patience) -> None:
        self._most = most
        self._patience = patience
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """See BaseRequest."""
        return self._patience.read

    async def initialize(self) -> None:
        """See BaseRequest."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._most, ssl=authorities(), keepalive_timeout=60),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """See BaseRequest."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """See BaseRequest. `Unwritten` is the cause of errors of which no byte can have reached the server.

        No error says more than its kind: aiohttp's name the address, which holds the token.
        """
        if self._session is None:
            raise RuntimeError("the request is not initialized")
        files = request_data.multipart_data if request_data else {}
        mine = self._patience
        limits = patience(
            pool=_given(pool_timeout, mine.pool),
            connect=_given(connect_timeout, mine.connect),
            write=_given(write_timeout, mine.media if files else mine.write),
            read=_given(read_timeout, mine.read),
        )
        body = _form(request_data.json_parameters if request_data else {}, files)
        try:
            address = URL(url)
            proxy = proxy_for(address.origin())
            async with self._session.request(
                method, address, data=body, proxy=proxy, timeout=limits
            ) as answer:
                return answer.status, await answer.read()
        except NEVER_WRITTEN as error:
            raise _said(error) from Unwritten()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise _said(error) from None


def _said(error: Exception) -> NetworkError:
    name = type(error).__name__
    return TimedOut(name) if isinstance(error, TimeoutError) else NetworkError(name)


def _given(seconds: Any, otherwise: float) -> float:
    return otherwise if seconds is None or isinstance(seconds, _NOT_GIVEN) else float(seconds)


def _form(fields: dict[str, str], files: dict[str, Any]) -> aiohttp.FormData | dict[str, str]:
    if not files:
        return fields
    # else names of files would be percent-encoded
    form = aiohttp.FormData(fields, quote_fields=False)
    for name, (filename, content, kind) in files.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form
