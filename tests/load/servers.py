"""Loopback servers that bear a crowd: Telegram judges the pace, pictures cost next to nothing to make."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import numpy as np
from aiohttp import web
from PIL import Image, ImageFilter

from tests.loopback.bot_api import BotApi
from tests.loopback.listening import listen

_COUNTED = {"sendMessage", "sendPhoto", "sendMediaGroup", "editMessageText", "editMessageMedia", "editMessageCaption"}
_SEED = re.compile(r"seed (\d{6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One call that Telegram counts. `at` when its last byte had come, seconds of the loop's clock."""

    at: float
    method: str
    chat: str
    weight: int
    text: str
    session: str


@dataclass(slots=True)
class CrowdTelegram(BotApi):
    """Keeps no bytes; forgets confirmed updates; `upload` seconds an album takes to be stored."""

    sent: list[Sent] = field(default_factory=list)
    deleted: int = 0
    uploads: int = 0
    most_uploads: int = 0
    confirmed: int = 0
    upload: float = 0.3
    heard: Callable[[Sent], None] = lambda _sent: None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        album = method in {"sendMediaGroup", "sendPhoto"}
        self.uploads += album
        self.most_uploads = max(self.most_uploads, self.uploads)
        try:
            form = await request.post()
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            if method == "getUpdates":
                return _ok(await self._wait_updates(int(fields.get("offset", "0") or 0)))
            self._note(method, fields)
            if album:
                await asyncio.sleep(self.upload)
            return _ok(self._result(method, fields))
        finally:
            self.uploads -= album

    def _note(self, method: str, fields: dict[str, str]) -> None:
        self.deleted += method == "deleteMessage"
        if method not in _COUNTED:
            return
        media = json.loads(fields["media"]) if method == "sendMediaGroup" else [fields]
        words = fields.get("text") or media[0].get("caption", "")
        found = re.search(r"CAR-[0-9A-F]{8}", words)
        sent = Sent(
            at=asyncio.get_running_loop().time(),
            method=method,
            chat=fields["chat_id"],
            weight=len(media),
            text=words,
            session=found[0] if found else "",
        )
        self.sent.append(sent)
        self.heard(sent)

    async def _wait_updates(self, offset: int) -> list[dict[str, Any]]:
        self.confirmed = max(self.confirmed, offset)
        self._updates = [update for update in self._updates if update["update_id"] >= self.confirmed]
        if not self._updates:
            with_wait = self._arrived
            try:
                async with asyncio.timeout(1), with_wait:
                    await with_wait.wait_for(lambda: self._updates)
            except TimeoutError:
                pass
        return self._updates[:100]


class CrowdPictures:
    """An OpenAI-compatible server; `seconds` a picture. Every view gets another picture, made before."""

    def __init__(self, *, seconds: float, size: tuple[int, int] = (1536, 1024)) -> None:
        self.seconds = seconds
        self.url = ""
        self.bought: Counter[str] = Counter()
        self.at_once = 0
        self.most_at_once = 0
        self._pool = [_answer(number, size) for number in range(12)]
        self._given: dict[str, int] = {}
        self._runner: web.AppRunner | None = None

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/images/generations", self._generate)
        self._runner, self.url = await listen(app)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _generate(self, request: web.Request) -> web.Response:
        prompt = (await request.json())["prompt"]
        found, session = _SEED.search(prompt), re.search(r"CAR-[0-9A-F]{8}", prompt)
        assert found is not None
        assert session is not None
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.at_once -= 1
        self.bought[f"{session[0]} {found[1]}"] += 1
        number = self._given[session[0]] = self._given.get(session[0], -1) + 1
        return web.Response(body=self._pool[number % len(self._pool)], content_type="application/json")


def _answer(number: int, size: tuple[int, int]) -> bytes:
    """A JPEG of about 300 kB, as gpt-image sends them, in the form of an answer."""
    random = np.random.default_rng(number)
    coarse = Image.fromarray(random.integers(0, 255, (9, 9, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
    grain = Image.fromarray(random.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8))
    picture = Image.blend(coarse, grain.filter(ImageFilter.GaussianBlur(1)), 0.2)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    content = base64.b64encode(out.getvalue()).decode()
    return json.dumps({"created": 1, "data": [{"b64_json": content}]}).encode()


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})
