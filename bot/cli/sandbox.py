"""`rakurs sandbox`: the real bot with a chat page of its own; no token, no key, no network."""

from __future__ import annotations

import asyncio
import gc
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.complain import complaints, say
from bot.config import Settings, load_settings
from bot.logs import configure_logs


def sandbox(
    port: Annotated[int, typer.Option(help="Port of the chat page on 127.0.0.1.", min=0, max=65535)] = 8080,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep cars and pictures in the data folder, under sandbox.")
    ] = False,
    online: Annotated[
        bool, typer.Option("--online", help="Draw and search with the providers that the settings name.")
    ] = False,
) -> None:
    """Try the bot in the browser: it talks to a small Telegram on this machine."""
    with complaints(), ExitStack() as stack:
        settings = load_settings()
        configure_logs(style=settings.rakurs_log, level=settings.rakurs_log_level, secrets=settings.secrets)
        if keep:
            folder = settings.rakurs_data_dir / "sandbox"
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rakurs-sandbox-")))
        asyncio.run(_both(port=port, folder=folder, online=online))


async def _both(*, port: int, folder: Path, online: bool) -> None:
    # as in `run`: all that is loaded now stays
    gc.disable()
    # here and not above: the Bot API's description takes two seconds to load, and only this needs it
    from bot.sandbox.server import Sandbox  # noqa: PLC0415
    from bot.sandbox.shapes import available  # noqa: PLC0415
    from bot.serve import serve  # noqa: PLC0415

    judged = available()
    async with Sandbox(port=port, record=False) as telegram:
        if not judged:
            say("aiogram is not installed (the extra `sandbox`): calls are checked against the limits only.")
        say(f"Open {telegram.url} in a browser. Ctrl-C ends it.")
        await serve(settings_for(telegram.url, folder=folder, online=online))


def settings_for(url: str, *, folder: Path, online: bool) -> Settings:
    """The operator's settings, turned to the sandbox; without `online` nothing leaves the machine."""
    from bot.sandbox.cast import ADMIN_ID  # noqa: PLC0415 - as above
    from bot.sandbox.server import TOKEN  # noqa: PLC0415 - as above

    quiet: dict[str, Any] = {
        "openai_api_key": None,
        "openai_base_url": None,
        "pollinations_api_key": None,
        "rakurs_providers": None,
        "rakurs_search": False,
    }
    return load_settings(
        telegram_bot_token=TOKEN,
        telegram_base_url=url,
        admin_ids=[ADMIN_ID],
        rakurs_allowed_ids=None,
        rakurs_data_dir=folder,
        database_url=None,
        rakurs_webhook_url=None,
        rakurs_webhook_secret=None,
        rakurs_http_port=None,
        **({} if online else quiet),
    )
