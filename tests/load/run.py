"""One load run: the real bot in a process of its own, Telegram, pictures and people in this one."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.e2e.conftest import Town
from tests.load.crowd import Crowd, Plan, Seen
from tests.load.report import Row, table
from tests.load.servers import CrowdPictures, CrowdTelegram


async def run_load(folder: Path, *, plan: Plan, seconds: float, **settings: str) -> list[Row]:
    """`seconds` a picture; `settings` are variables of the bot's environment."""
    port = free_port()
    async with CrowdTelegram() as api, CrowdPictures(latency=seconds) as pictures:
        town = Town(api=api, pictures=pictures, folder=folder)
        crowd = Crowd(api=api, pictures=pictures, town=town, port=port, seen=Seen(plan=plan))
        try:
            await town.start(RAKURS_HTTP_PORT=str(port), **settings)
            await crowd.come()
        finally:
            await town.stop()
        crowd.seen.log = [line for bot in town.bots for line in bot.log]
        return table(crowd.seen, api, pictures)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
