"""The second reader: asked only in doubt, believed only by the gazetteer, harmless when it fails."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from bot.pipeline.chat import Chat
from bot.pipeline.model import ReadingKind
from bot.pipeline.understand.second import ModelReader
from tests.loopback.chat import ChatServer
from tests.reading import RULES

NOTHING = {"brand": None, "model": None, "year": None, "color": None, "body": None}


@pytest.fixture
async def chat() -> AsyncIterator[ChatServer]:
    async with ChatServer() as server:
        yield server


@pytest.fixture
async def reader(chat: ChatServer) -> AsyncIterator[ModelReader]:
    made = ModelReader(understanding=RULES, chat=Chat(api_key="k", base_url=chat.url, model="m", seconds=2))
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


@pytest.mark.parametrize("raw", ["<html>busy</html>", "{}", '{"choices": null}', '"a word"', "[]"])
async def test_a_server_that_speaks_something_else_changes_nothing(
    chat: ChatServer, reader: ModelReader, raw: str
) -> None:
    chat.raw = raw
    first = RULES.understand(VAGUE)
    assert await reader.read(VAGUE, first) is first
    assert len(chat.asked) == 1
