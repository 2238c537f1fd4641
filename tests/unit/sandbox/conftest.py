"""A sandbox on a free port, and a client that speaks to it as the bot and as the page do."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from PIL import Image

from bot.sandbox.server import TOKEN, Sandbox


def jpeg(width: int = 90, height: int = 60, color: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), color).save(out, "JPEG")
    return out.getvalue()


@dataclass(slots=True)
class Line:
    """HTTP to one sandbox."""

    sandbox: Sandbox
    http: aiohttp.ClientSession

    async def call(
        self, method: str, *, files: dict[str, bytes] | None = None, token: str = TOKEN, **fields: Any
    ) -> Any:
        """As the bot calls: values that are no texts travel as JSON."""
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in fields.items():
            form.add_field(name, value if isinstance(value, str) else json.dumps(value))
        for name, content in (files or {}).items():
            form.add_field(name, content, filename=f"{name}.jpg")
        async with self.http.post(f"{self.sandbox.url}/bot{token}/{method}", data=form) as answer:
            return await answer.json()

    async def deed(self, name: str, **fields: Any) -> Any:
        """As the page does; `photo` is bytes."""
        form = aiohttp.FormData(default_to_multipart=True)
        for key, value in fields.items():
            if isinstance(value, bytes):
                form.add_field(key, value, filename="photo.jpg")
            else:
                form.add_field(key, str(value))
        async with self.http.post(f"{self.sandbox.url}/api/{name}", data=form) as answer:
            return await answer.json()

    async def get(self, path: str) -> Any:
        async with self.http.get(self.sandbox.url + path) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def messages(self, chat: int) -> list[Any]:
        """What the page shows of a chat."""
        return [one for one in (await self.get("/api/state"))["messages"] if one["chat"] == chat]

    async def violations(self) -> list[str]:
        found = await self.get("/violations")
        return [words for entry in found["violations"] for words in entry["violations"]]


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async with Sandbox() as sandbox, aiohttp.ClientSession() as http:
        yield Line(sandbox, http)
