"""A bare python-telegram-bot echo bot with our concurrency and the library's own HTTP: the floor.

`python -m tests.bench.echo ADDRESS TOKEN` answers every text with itself until it is ended.
"""

from __future__ import annotations

import sys
from typing import Any

from telegram import Update
from telegram.ext import ApplicationBuilder, CallbackContext, MessageHandler, filters

from bot.handlers.build import ALLOWED_UPDATES, UPDATES_AT_ONCE
from bot.handlers.voice import CALLS_AT_ONCE


async def _echo(update: Update, _context: CallbackContext[Any, Any, Any, Any]) -> None:
    message = update.effective_message
    assert message is not None
    await message.reply_text(message.text or "")


def main() -> None:
    """Poll until SIGTERM."""
    url, token = sys.argv[1:]
    builder = ApplicationBuilder().token(token).base_url(f"{url}/bot").connection_pool_size(CALLS_AT_ONCE)
    application = builder.concurrent_updates(UPDATES_AT_ONCE).build()
    application.add_handler(MessageHandler(filters.TEXT, _echo))
    application.run_polling(allowed_updates=ALLOWED_UPDATES, timeout=20)


if __name__ == "__main__":
    main()
