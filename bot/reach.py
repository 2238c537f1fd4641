"""How does Telegram reach the bot? Greeted at the start, then by webhook or long polling; health and metrics beside."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from telegram.error import InvalidToken, TelegramError

from bot.config import Settings, plain
from bot.handlers.build import ALLOWED_UPDATES, App
from bot.handlers.polling import Polling
from bot.handlers.updates import DurableQueue
from bot.handlers.web import Webhook, build_web
from bot.pipeline.errors import BadSettings
from bot.pipeline.ports import Clock
from bot.watch.watch import Watch
from storage.members import Members

_log = structlog.get_logger(__name__)


async def open_app(stack: AsyncExitStack, app: App) -> None:
    """Say hello to Telegram, again and again while it cannot be reached."""
    wait = 1.0
    while True:
        try:
            await app.initialize()
            break
        except InvalidToken as error:
            raise BadSettings(problems=(("TELEGRAM_BOT_TOKEN", "Telegram does not know it"),)) from error
        except TelegramError as error:
            _log.warning("telegram.unreachable", kind=type(error).__name__, again_in=wait)
            await asyncio.sleep(wait)
            wait = min(60.0, wait * 2)
    stack.push_async_callback(app.shutdown)
    await app.start()
    stack.push_async_callback(app.stop)


async def open_port(
    stack: AsyncExitStack,
    settings: Settings,
    app: App,
    queue: DurableQueue,
    watch: Watch,
    ready: asyncio.Event,
) -> None:
    """The port for webhook, health and metrics, where one is set."""
    if settings.rakurs_http_port is None:
        return
    hook = None
    secret = plain(settings.rakurs_webhook_secret)
    if settings.rakurs_webhook_url and secret:
        path = urlsplit(settings.rakurs_webhook_url).path or "/"
        hook = Webhook(path=path, secret=secret)
    page = build_web(
        bot=app.bot,
        queue=queue,
        registry=watch.meters.registry,
        ready=ready.is_set,
        webhook=hook,
    )
    site = web.AppRunner(page, access_log=None)
    await site.setup()
    stack.push_async_callback(site.cleanup)
    try:
        await web.TCPSite(site, port=settings.rakurs_http_port).start()
    except OSError as error:
        raise BadSettings(problems=(("RAKURS_HTTP_PORT", f"cannot be used: {error.strerror}"),)) from error


async def listen(
    stack: AsyncExitStack, settings: Settings, app: App, members: Members | None, clock: Clock
) -> None:
    """By webhook where one is set, else by long polling: of several workers only the one who leads."""
    if settings.rakurs_webhook_url:
        await app.bot.set_webhook(
            settings.rakurs_webhook_url,
            secret_token=plain(settings.rakurs_webhook_secret),
            allowed_updates=ALLOWED_UPDATES,
        )
        return
    updater = app.updater
    if updater is None:
        return
    start = partial(updater.start_polling, allowed_updates=ALLOWED_UPDATES, timeout=20)
    if members is None:
        await start(bootstrap_retries=-1)
        stack.push_async_callback(updater.stop)
        return
    polling = Polling(start=start, stop=updater.stop, leads=members.leads, resign=members.resign, clock=clock)
    stack.push_async_callback(polling.close)
    beside(stack, polling.run_for_ever(), name="polling")


def beside(stack: AsyncExitStack, work: Coroutine[Any, Any, None], *, name: str) -> None:
    """Run that until the stack closes."""
    stack.push_async_callback(_ended, asyncio.create_task(work, name=name))


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
