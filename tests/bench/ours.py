"""The real bot without Telegram's pacing, so that its own speed shows.

`python -m tests.bench.ours` reads the settings as `rakurs run` does.
"""

from __future__ import annotations

import asyncio

from bot.config import load_settings
from bot.handlers.outbox import Limits
from bot.logs import configure_logs
from bot.serve import serve

_ANY = 1e9
WITHOUT_PACE = Limits(
    chat_rate=_ANY, chat_burst=_ANY, group_rate=_ANY, group_burst=_ANY, all_rate=_ANY, edit_gap=0.0
)


def main() -> None:
    """Serve until SIGTERM."""
    settings = load_settings()
    configure_logs(style=settings.rakurs_log, level=settings.rakurs_log_level)
    asyncio.run(serve(settings, limits=WITHOUT_PACE))


if __name__ == "__main__":
    main()
