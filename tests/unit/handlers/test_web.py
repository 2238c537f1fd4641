"""The small port: secrets are asked for, operators get their three addresses."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp import web

from bot.handlers.web import SECRET_HEADER, Webhook, build_web
from bot.pipeline.errors import BadSettings
from bot.watch.meters import Meters
from tests.loopback.bot_api import message
from tests.unit.handlers.conftest import House

SECRET = "sixteen-characters-or-more"


def test_a_webhook_without_a_secret_is_refused() -> None:
    with pytest.raises(BadSettings):
        Webhook(path="/telegram", secret="")


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
