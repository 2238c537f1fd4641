"""One small port: Telegram's webhook, /healthz, /readyz and Prometheus' /metrics."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from telegram import Bot, Update

from bot.handlers.updates import DurableQueue
from bot.pipeline.errors import BadSettings

log = structlog.get_logger(__name__)
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name, not a secret
_LARGEST_UPDATE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where Telegram brings updates. A webhook without a secret takes updates from anyone."""

    path: str
    secret: str

    def __post_init__(self) -> None:
        if len(self.secret) < 16:  # noqa: PLR2004 - characters that nobody guesses
            problem = "a webhook needs a secret of at least 16 characters"
            raise BadSettings(problems=(("RAKURS_WEBHOOK_SECRET", problem),))


def build_web(
    *,
    bot: Bot,
    queue: DurableQueue,
    registry: CollectorRegistry,
    ready: Callable[[], bool],
    webhook: Webhook | None = None,
) -> web.Application:
    """The port's application; without a webhook only the three addresses for operators."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_request: web.Request) -> web.Response:
        return web.Response(text="ready\n") if ready() else web.Response(status=503, text="not ready\n")

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application(client_max_size=_LARGEST_UPDATE)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    if webhook is not None:
        app.router.add_post(webhook.path, _receiver(bot, queue, webhook.secret))
    return app


def _receiver(bot: Bot, queue: DurableQueue, secret: str) -> Any:
    async def receive(request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            log.warning("webhook.wrong_secret")
            return web.Response(status=403)
        try:
            data = await request.json()
            update = Update.de_json(data, bot)
        except (ValueError, KeyError, TypeError, AttributeError):
            log.warning("webhook.unreadable")
            return web.Response(status=400)
        # answered only when the update is on the disk: until then Telegram keeps it
        await queue.put(update)
        return web.Response()

    return receive
