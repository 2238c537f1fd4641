"""How does a chat model of the tests answer? Over HTTP, with what it was told to say."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from tests.loopback.listening import Listening


@dataclass(slots=True)
class ChatServer(Listening):
    """Answers every chat with `content`, or the next of `contents`; else with a fault that was set.

    `raw` stands in place of the whole completion; `delay` in seconds; `tokens` in and out are what it counts.
    """

    url: str = ""
    content: str = ""
    contents: list[str] = field(default_factory=list)
    status: int = 200
    finish: str = "stop"
    refusal: str | None = None
    raw: str | None = None
    delay: float = 0.0
    tokens: tuple[int, int] | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=10_000_000)
        app.router.add_post("/v1/chat/completions", self.answer)
        url = await self._listen(app)
        self.url = f"{url}/v1"
        return self

    async def answer(self, request: web.Request) -> web.Response:
        """Of the route; also for a server that answers more than chats."""
        self.asked.append(await request.json())
        await asyncio.sleep(self.delay)
        if self.raw is not None:
            kind = "text/html" if self.raw.startswith("<") else "application/json"
            return web.Response(text=self.raw, content_type=kind)
        content = self.contents.pop(0) if self.contents else self.content
        message = {
            "role": "assistant",
            "content": None if self.refusal else content,
            "refusal": self.refusal,
        }
        usage = {}
        if self.tokens is not None:
            words, out = self.tokens
            counted = {"prompt_tokens": words, "completion_tokens": out, "total_tokens": words + out}
            usage = {"usage": counted}
        return web.json_response(
            {
                **usage,
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": "m",
                "choices": [{"index": 0, "finish_reason": self.finish, "message": message}],
            },
            status=self.status,
        )
