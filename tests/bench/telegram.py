"""A Bot API server that costs little, in a process of its own: it hands out updates and counts answers.

`python -m tests.bench.telegram` prints its address. `POST /round/TOKEN` takes a list of updates and
answers with the seconds until the bot of that token has answered all of them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.loopback.listening import listen

_AT_ONCE = 100  # updates a call of getUpdates, as Telegram has it


@dataclass(slots=True)
class _Line:
    """One bot's updates, and how many answers it has given."""

    updates: list[dict[str, Any]] = field(default_factory=list)
    answered: int = 0
    number: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)


class Server:
    """Plays the methods that bots of the bench call."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._message = 1000

    def application(self) -> web.Application:
        app = web.Application(client_max_size=200 * 2**20)
        app.router.add_post("/bot{token}/{method}", self._serve)
        app.router.add_post("/round/{token}", self._round)
        return app

    def _line(self, request: web.Request) -> _Line:
        return self._lines.setdefault(request.match_info["token"], _Line())

    async def _round(self, request: web.Request) -> web.Response:
        line, updates = self._line(request), await request.json()
        goal = line.answered + len(updates)
        started = time.perf_counter()
        async with line.changed:
            for update in updates:
                line.number += 1
                line.updates.append({"update_id": line.number, **update})
            line.changed.notify_all()
            await asyncio.wait_for(line.changed.wait_for(lambda: line.answered >= goal), 120)
        return web.json_response({"seconds": time.perf_counter() - started})

    async def _serve(self, request: web.Request) -> web.Response:
        line, method = self._line(request), request.match_info["method"]
        fields = await request.post()
        if method == "getUpdates":
            wait = min(float(str(fields.get("timeout", "0"))), 20.0)
            return _ok(await self._fresh(line, int(str(fields.get("offset", "0"))), wait))
        if method == "getMe":
            return _ok({"id": 1, "is_bot": True, "first_name": "Bench", "username": "bench_bot"})
        if method == "sendMediaGroup":
            return _ok([self._sent(fields) for _ in json.loads(str(fields["media"]))])
        if not method.startswith("send"):
            return _ok(True)
        async with line.changed:
            line.answered += 1
            line.changed.notify_all()
        return _ok(self._sent(fields))

    async def _fresh(self, line: _Line, offset: int, wait: float) -> list[dict[str, Any]]:
        async with line.changed:
            line.updates = [update for update in line.updates if update["update_id"] >= offset]
            try:
                await asyncio.wait_for(line.changed.wait_for(lambda: line.updates), wait)
            except TimeoutError:
                return []
            return line.updates[:_AT_ONCE]

    def _sent(self, fields: Any) -> dict[str, Any]:
        self._message += 1
        chat = {"id": int(fields["chat_id"]), "type": "private"}
        return {"message_id": self._message, "date": 1, "chat": chat, "text": "ok"}


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


async def _main() -> None:
    _, url = await listen(Server().application())
    print(url, flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
