"""What becomes of a call whose server refuses, stays silent, hangs up or takes no more?"""

from __future__ import annotations

import asyncio
import contextlib
import json
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from telegram import InputFile
from telegram.error import NetworkError, TimedOut
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bot.handlers.telegram_errors import Fate, fate_of
from bot.handlers.wire import AiohttpRequest, Patience
from tests.loopback.listening import listen

TOKEN = "123456:secret"
QUICK = Patience(pool=0.2, connect=0.2, write=0.2, media=0.2, read=0.2)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@contextlib.asynccontextmanager
async def calls(*, most: int = 4, patience: Patience = QUICK) -> AsyncIterator[AiohttpRequest]:
    request = AiohttpRequest(most=most, patience=patience)
    await request.initialize()
    try:
        yield request
    finally:
        await request.shutdown()


@contextlib.asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    runner, url = await listen(app)
    try:
        yield f"{url}/bot{TOKEN}/sendMessage"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def sockets(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A server below HTTP."""
    place = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1024)
    async with place:
        yield f"http://127.0.0.1:{place.sockets[0].getsockname()[1]}/bot{TOKEN}/sendMessage"


async def fate(request: AiohttpRequest, url: str, data: RequestData | None = None) -> Fate:
    """What the error of that call says; nothing of it may tell the token."""
    with pytest.raises(NetworkError) as raised:
        await request.do_request(url, "POST", data)
    assert "secret" not in "".join(traceback.format_exception(raised.value))
    return fate_of(raised.value)


def upload(content: bytes) -> RequestData:
    file = InputFile(content, filename="авто.jpg", attach=True)
    return RequestData(
        [RequestParameter.from_input("photo", file), RequestParameter.from_input("caption", "Ґанок")]
    )


async def test_words_and_files_arrive_as_they_are() -> None:
    async def show(request: web.Request) -> web.Response:
        form = await request.post()
        (file,) = (part for part in form.values() if isinstance(part, web.FileField))
        return web.json_response([form["caption"], file.filename, file.content_type, file.file.read().hex()])

    async with server(show) as url, calls() as request:
        status, body = await request.do_request(url, "POST", upload(b"\xff\xd8\x00"))
    assert status == 200
    assert json.loads(body) == ["Ґанок", "авто.jpg", "image/jpeg", "ffd800"]


async def test_a_closed_port_was_never_written_to() -> None:
    async def nothing(_request: web.Request) -> web.Response:
        return web.Response()

    async with server(nothing) as url:
        pass
    async with calls() as request:
        assert await fate(request, url) is Fate.NEVER_SENT


async def test_a_name_that_nobody_knows_was_never_written_to() -> None:
    async with calls() as request:
        assert await fate(request, f"http://nowhere.invalid/bot{TOKEN}/getMe") is Fate.NEVER_SENT


async def test_who_waited_for_a_connection_in_vain_was_never_sent() -> None:
    async def slow(_request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    async with server(slow) as url, calls(most=1, patience=Patience(pool=0.1, connect=0.1)) as request:
        first = asyncio.create_task(request.do_request(url, "POST"))
        await asyncio.sleep(0.05)
        assert await fate(request, url) is Fate.NEVER_SENT
        first.cancel()


async def test_a_server_that_stays_silent_may_have_it() -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with sockets(silent) as url, calls() as request:
        assert await fate(request, url) is Fate.UNKNOWN


async def test_a_server_that_hangs_up_may_have_it() -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.transport.abort()

    async with sockets(rude) as url, calls() as request:
        assert await fate(request, url) is Fate.UNKNOWN


async def test_an_answer_that_ends_halfway_may_have_it() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        writer.close()

    async with sockets(cut) as url, calls() as request:
        assert await fate(request, url) is Fate.UNKNOWN


async def test_an_upload_that_nobody_reads_ends_in_time() -> None:
    async def full(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    async with sockets(full) as url, calls() as request, asyncio.timeout(3):
        assert await fate(request, url, upload(bytes(20_000_000))) is Fate.UNKNOWN


async def test_a_connection_that_the_server_closed_meanwhile_is_not_used_again() -> None:
    async def once(request: web.Request) -> web.Response:
        response = web.Response(text="{}")
        response.force_close()
        return response

    async with server(once) as url, calls() as request:
        for _ in range(3):
            assert await request.do_request(url, "POST") == (200, b"{}")


async def test_the_time_of_one_call_may_be_another() -> None:
    async def late(_request: web.Request) -> web.Response:
        await asyncio.sleep(0.4)
        return web.Response(text="{}")

    async with server(late) as url, calls() as request:
        with pytest.raises(TimedOut):
            await request.do_request(url, "POST")
        assert (await request.do_request(url, "POST", read_timeout=5))[0] == 200
