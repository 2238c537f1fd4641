"""One small port: Telegram's webhook, /healthz, /readyz and Prometheus' /metrics."""

from __future__ import annotations

import asyncio
import hmac
import json
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
    """Where Telegram brings updates, each within `patience` seconds. Without a secret it would take them from anyone."""

    path: str
    secret: str
    patience: float = 10.0

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
        app.router.add_post(webhook.path, _receiver(bot, queue, webhook.secret, webhook.patience))
    return app


def _update(body: bytes, bot: Bot) -> Update:
    """Raises ValueError for what is no update, whatever it was said to be."""
    try:
        facts = json.loads(body)
        if isinstance(facts, dict):
            return Update.de_json(facts, bot)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("no update") from error
    raise ValueError("no update")


def _receiver(bot: Bot, queue: DurableQueue, secret: str, patience: float) -> Any:
    async def receive(request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, secret.encode()):
            log.warning("webhook.wrong_secret")
            return web.Response(status=403)
        try:
            async with asyncio.timeout(patience):
                body = await request.read()
            update = _update(body, bot)
        except TimeoutError:
            log.warning("webhook.too_slow")
            return web.Response(status=408)
        except ValueError:
            log.warning("webhook.unreadable")
            return web.Response(status=400)
        # answered only when the update is on the disk: until then Telegram keeps it
        await queue.put(update)
        return web.Response()

    return receive
