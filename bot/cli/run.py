"""`rakurs run` starts the bot; `rakurs health` asks a running one how it is."""

from __future__ import annotations

import asyncio
import gc

import typer

from bot.cli.complain import NOTHING, complaints, stop
from bot.config import load_settings
from bot.logs import configure_logs
from bot.pipeline.errors import BadSettings


def run() -> None:
    """Start the Telegram bot."""
    with complaints():
        settings = load_settings()
        if settings.telegram_bot_token is None:
            raise BadSettings(problems=(("TELEGRAM_BOT_TOKEN", "is not set; BotFather gives one"),))
        configure_logs(style=settings.rakurs_log, level=settings.rakurs_log_level, secrets=settings.secrets)
        # what is loaded now stays: `serve` lets the collector of garbage work again when all is there
        gc.disable()
        # here and not above: bad settings are told before all that runs is loaded
        from bot.serve import serve  # noqa: PLC0415

        asyncio.run(serve(settings))


def health() -> None:
    """Ask the running bot on this machine whether it is ready (needs RAKURS_HTTP_PORT)."""
    with complaints():
        settings = load_settings()
        if settings.rakurs_http_port is None:
            raise BadSettings(problems=(("RAKURS_HTTP_PORT", "is not set, so nobody can be asked"),))
        import httpx  # noqa: PLC0415 - as above

        address = f"http://127.0.0.1:{settings.rakurs_http_port}/readyz"
        try:
            answer = httpx.get(address, timeout=5)
        except httpx.HTTPError:
            stop("The bot does not answer.", NOTHING)
        if not answer.is_success:
            stop("The bot runs but is not ready.", NOTHING)
        typer.echo("ready")
