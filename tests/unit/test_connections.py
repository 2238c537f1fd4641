"""Which way do calls take, and does an answer come as the server meant it?"""

from __future__ import annotations

import contextlib
import gzip
import json
from collections.abc import AsyncIterator, Iterator

import openai
import pytest
from aiohttp import web
from openai import AsyncOpenAI
from yarl import URL

from bot.handlers.wire import AiohttpRequest, Patience
from bot.pipeline.connections import proxy_for
from bot.pipeline.sdk import open_sdk
from tests.loopback.listening import listen


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """No proxy but those that a test names."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    proxy_for.cache_clear()
    yield monkeypatch
    proxy_for.cache_clear()


@contextlib.asynccontextmanager
async def server(seen: list[str], **answer: object) -> AsyncIterator[str]:
    """Notes the host of every request, and answers all of them alike."""

    async def note(request: web.Request) -> web.Response:
        seen.append(f"{request.host}{request.path}")
        body = gzip.compress(json.dumps(answer).encode())
        return web.Response(body=body, content_type="application/json", headers={"Content-Encoding": "gzip"})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", note)
    runner, url = await listen(app)
    try:
        yield url
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def sdk(url: str) -> AsyncIterator[AsyncOpenAI]:
    client = open_sdk(api_key="k", base_url=url, seconds=5)
    try:
        yield client
    finally:
        await client.close()


async def test_pictures_and_words_go_by_the_proxy_of_the_environment(environment: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    async with server(seen, data=[]) as proxy, sdk("http://pictures.test/v1") as client:
        environment.setenv("http_proxy", proxy)
        await client.images.generate(prompt="a car")
        request = AiohttpRequest(most=1, patience=Patience())
        await request.initialize()
        await request.do_request("http://telegram.test/bot1:x/getMe", "POST")
        await request.shutdown()
    assert seen == ["pictures.test/v1/images/generations", "telegram.test/bot1:x/getMe"]


async def test_what_the_environment_excepts_goes_its_own_way(environment: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    async with server([]) as proxy, server(seen, data=[]) as url, sdk(f"{url}/v1") as client:
        environment.setenv("http_proxy", proxy)
        environment.setenv("no_proxy", "127.0.0.1,localhost")
        await client.images.generate(prompt="a car")
    assert [where.partition("/")[2] for where in seen] == ["v1/images/generations"]


def test_each_scheme_has_a_proxy_of_its_own(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("https_proxy", "http://127.0.0.1:1")
    assert proxy_for(URL("https://pictures.test")) == "http://127.0.0.1:1"
    assert proxy_for(URL("http://pictures.test")) is None


async def test_a_packed_answer_is_unpacked_once() -> None:
    async with server([], data=[{"b64_json": "Y2Fy"}]) as url, sdk(f"{url}/v1") as client:
        answer = await client.images.generate(prompt="a car")
    assert answer.data is not None
    assert answer.data[0].b64_json == "Y2Fy"


async def test_a_packed_answer_that_is_broken_is_an_error_of_the_connection() -> None:
    async def broken(_request: web.Request) -> web.Response:
        return web.Response(body=b"no gzip", headers={"Content-Encoding": "gzip"})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", broken)
    runner, url = await listen(app)
    async with sdk(f"{url}/v1") as client:
        with pytest.raises(openai.APIConnectionError):
            await client.images.generate(prompt="a car")
    await runner.cleanup()
