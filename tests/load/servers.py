"""Loopback servers that bear a crowd: Telegram judges the pace, pictures cost next to nothing to make."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import web
from PIL import Image, ImageFilter

from tests.loopback.bot_api import BotApi
from tests.loopback.pictures import PictureServer

_COUNTED = {
    "sendMessage",
    "sendPhoto",
    "sendMediaGroup",
    "editMessageText",
    "editMessageMedia",
    "editMessageCaption",
}
_SEED, _SESSION = re.compile(r"seed (\d{6})"), re.compile(r"CAR-[0-9A-F]{8}")


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
        found = _SESSION.search(words)
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
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1), self._arrived:
                    await self._arrived.wait_for(lambda: self._updates)
        return self._updates[:100]


class CrowdPictures(PictureServer):
    """Keeps no ledger but counts; every view of a session gets another picture, made before."""

    def __init__(self, *, latency: float, size: tuple[int, int] = (1536, 1024)) -> None:
        super().__init__(latency=latency)
        self.given: Counter[str] = Counter()
        self._inside = 0
        self._pool = [_answer(number, size) for number in range(12)]
        self._views: Counter[str] = Counter()

    async def _generations(self, request: web.Request) -> web.StreamResponse:
        prompt = (await request.json())["prompt"]
        session, seed = _SESSION.search(prompt), _SEED.search(prompt)
        assert session is not None
        assert seed is not None
        self._inside += 1
        self.most_at_once = max(self.most_at_once, self._inside)
        try:
            await asyncio.sleep(self.latency)
        finally:
            self._inside -= 1
        self.given[f"{session[0]} {seed[1]}"] += 1
        self._views[session[0]] += 1
        content = self._pool[self._views[session[0]] % len(self._pool)]
        return web.Response(body=content, content_type="application/json")


def _answer(number: int, size: tuple[int, int]) -> bytes:
    """A JPEG of about 300 kB, as gpt-image sends them, in the form of an answer."""
    random = np.random.default_rng(number)
    coarse = Image.fromarray(random.integers(0, 255, (9, 9, 3), dtype=np.uint8)).resize(
        size, Image.Resampling.BICUBIC
    )
    grain = Image.fromarray(random.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8))
    picture = Image.blend(coarse, grain.filter(ImageFilter.GaussianBlur(1)), 0.2)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    content = base64.b64encode(out.getvalue()).decode()
    return json.dumps({"created": 1, "data": [{"b64_json": content}]}).encode()


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})
