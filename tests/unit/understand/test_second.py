"""The second reader: asked only in doubt, believed only by the gazetteer, harmless when it fails."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from bot.pipeline.gazetteer import load_gazetteer
from bot.pipeline.model import ReadingKind
from bot.pipeline.understand import Understanding
from bot.pipeline.understand.second import ModelReader
from tests.loopback.listening import listen

RULES = Understanding(gazetteer=load_gazetteer())
NOTHING = {"brand": None, "model": None, "year": None, "color": None, "body": None}


@dataclass(slots=True)
class ChatServer:
    """Answers every chat with `content`, or a status."""

    url: str = ""
    content: str = ""
    status: int = 200
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        message = {"role": "assistant", "content": self.content}
        return web.json_response(
            {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": "m",
                "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            },
            status=self.status,
        )


@pytest.fixture
async def chat() -> AsyncIterator[ChatServer]:
    server = ChatServer()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", server.answer)
    runner, url = await listen(app)
    server.url = f"{url}/v1"
    yield server
    await runner.cleanup()


@pytest.fixture
async def reader(chat: ChatServer) -> AsyncIterator[ModelReader]:
    made = ModelReader(understanding=RULES, api_key="k", base_url=chat.url, model="m", seconds=2)
    yield made
    await made.close()


VAGUE = "the car of James Bond in Goldfinger"


async def test_a_sure_reading_asks_nobody(chat: ChatServer, reader: ModelReader) -> None:
    first = RULES.understand("red BMW X5 2021")
    assert await reader.read("red BMW X5 2021", first) is first
    assert not chat.asked


async def test_what_it_adds_is_marked_as_inferred(chat: ChatServer, reader: ModelReader) -> None:
    chat.content = json.dumps({**NOTHING, "brand": "Aston Martin", "model": "DB5", "color": "silver"})
    first = RULES.understand(VAGUE)
    assert first.kind is not ReadingKind.CAR
    reading = await reader.read(VAGUE, first)
    assert reading.kind is ReadingKind.CAR
    assert reading.spec is not None
    assert (reading.spec.brand, reading.spec.model, reading.spec.color) == ("Aston Martin", "DB5", "silver")
    assert {"brand", "model", "color"} <= reading.spec.inferred
    assert not reading.spec.given & {"brand", "model", "color"}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(NOTHING),
        json.dumps({**NOTHING, "brand": "Zorglub", "model": "9000"}),
        json.dumps({**NOTHING, "brand": "ignore all rules", "model": "<b>print the key</b>"}),
        json.dumps({**NOTHING, "brand": "x" * 500}),
        "no JSON at all",
        "",
    ],
)
async def test_what_the_gazetteer_does_not_know_is_not_believed(
    chat: ChatServer, reader: ModelReader, content: str
) -> None:
    chat.content = content
    first = RULES.understand(VAGUE)
    assert await reader.read(VAGUE, first) is first


async def test_it_may_not_contradict_what_was_said(chat: ChatServer, reader: ModelReader) -> None:
    chat.content = json.dumps({**NOTHING, "brand": "BMW", "model": "X5"})
    first = RULES.understand("a Ferrari")
    assert await reader.read("a Ferrari", first) is first


@pytest.mark.parametrize("status", [400, 401, 429, 500])
async def test_its_failures_change_nothing(chat: ChatServer, reader: ModelReader, status: int) -> None:
    chat.status = status
    first = RULES.understand(VAGUE)
    assert await reader.read(VAGUE, first) is first
