"""The small port: secrets are asked for, operators get their three addresses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from bot.config import load_settings
from bot.handlers.web import SECRET_HEADER, Webhook, build_web
from bot.pipeline.errors import BadSettings
from bot.watch.meters import Meters
from tests.loopback.bot_api import message
from tests.loopback.listening import listen
from tests.unit.handlers.conftest import House

SECRET = "sixteen-characters-or-more"


@pytest.mark.parametrize("secret", ["", "fifteen-letters"])
def test_a_webhook_without_a_secret_that_nobody_guesses_is_refused(secret: str) -> None:
    with pytest.raises(BadSettings):
        Webhook(path="/telegram", secret=secret)
    with pytest.raises(BadSettings):
        load_settings(
            _env_file=None, rakurs_webhook_url="https://x.example/hook", rakurs_webhook_secret=secret or None
        )


async def test_webhook_health_and_metrics(house: House) -> None:
    ready = True
    meters = Meters()
    meters.gauge("outbox_waiting", "Messages", lambda: 0)
    app = build_web(
        bot=house.app.bot,
        queue=house.queue,
        registry=meters.registry,
        ready=lambda: ready,
        webhook=Webhook(path="/telegram", secret=SECRET),
    )
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    root = f"http://127.0.0.1:{runner.addresses[0][1]}"
    update = {"update_id": 900, "message": message("/help")}
    async with aiohttp.ClientSession(root) as client:
        assert (await client.post("/telegram", json=update)).status == 403
        wrong = {SECRET_HEADER: "wrong"}
        assert (await client.post("/telegram", json=update, headers=wrong)).status == 403
        assert not house.store.inbox
        right = {SECRET_HEADER: SECRET}
        assert (await client.post("/telegram", data=b"{", headers=right)).status == 400
        assert (await client.post("/telegram", json=update, headers=right)).status == 200
        assert 900 in house.store.inbox
        assert (await client.get("/healthz")).status == 200
        assert (await client.get("/readyz")).status == 200
        assert "rakurs_outbox_waiting 0.0" in await (await client.get("/metrics")).text()
        ready = False
        assert (await client.get("/readyz")).status == 503
    await runner.cleanup()
    await house.api.until(lambda: any("Describe a car" in text for text in house.api.said()))


@asynccontextmanager
async def a_webhook(house: House) -> AsyncIterator[str]:
    app = build_web(
        bot=house.app.bot,
        queue=house.queue,
        registry=Meters().registry,
        ready=lambda: True,
        webhook=Webhook(path="/telegram", secret=SECRET, patience=0.3),
    )
    runner, url = await listen(app)
    yield url
    await runner.cleanup()


async def test_forged_and_broken_deliveries_reach_no_handler_and_break_nothing(house: House) -> None:
    update = json.dumps({"update_id": 900, "message": message("/help")}).encode()
    secrets: list[dict[str, str]] = [
        {},
        *({SECRET_HEADER: one} for one in ("", SECRET[:-1], SECRET + "x", "ключ")),
    ]
    bodies = {
        b"": 400,
        b"null": 400,
        b"[]": 400,
        b"7": 400,
        b'"update"': 400,
        b"{}": 400,
        b"\xff\xfe": 400,
        b"[" * 100_000: 400,
        b'{"update_id": "x" ': 400,
        b'{"update_id": 1, "message": 7}': 400,
        b"x" * (1 << 20) + b"xx": 413,
    }
    async with a_webhook(house) as url, aiohttp.ClientSession(url) as client:
        for headers in secrets:
            async with client.post("/telegram", data=update, headers=headers) as answer:
                assert answer.status == 403, headers
        for body, status in bodies.items():
            async with client.post("/telegram", data=body, headers={SECRET_HEADER: SECRET}) as answer:
                assert answer.status == status, body[:40]
        for method in ("GET", "PUT", "DELETE"):
            async with client.request(method, "/telegram", headers={SECRET_HEADER: SECRET}) as answer:
                assert answer.status == 405
        # what is said of the content does not matter, what it is does
        headers = {SECRET_HEADER: SECRET, "Content-Type": "image/png"}
        async with client.post("/telegram", data=update, headers=headers) as answer:
            assert answer.status == 200
    await house.queue.join()
    assert list(house.store.inbox) == [900]


async def test_who_sends_slowly_is_let_go(house: House) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b'{"update_id": 1'
        await asyncio.sleep(5)
        yield b"}"

    async with a_webhook(house) as url, aiohttp.ClientSession(url) as client:
        begun = asyncio.get_running_loop().time()
        try:
            async with client.post("/telegram", data=slow(), headers={SECRET_HEADER: SECRET}) as answer:
                assert answer.status == 408
        except aiohttp.ClientConnectionError:
            pass  # the line was cut while the rest was still being sent
        assert asyncio.get_running_loop().time() - begun < 4
    assert not house.store.inbox
