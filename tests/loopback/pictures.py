"""A real HTTP server that answers as OpenAI-compatible servers and Pollinations do, with a ledger.

`faults` decides, request by request, what goes wrong; every request is kept in `ledger`.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import hashlib
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import unquote

import numpy as np
from aiohttp import web
from PIL import Image

from tests.loopback.chat import ChatServer
from tests.loopback.listening import Listening

_SEED = re.compile(r"seed (\d{6})")


@functools.lru_cache(maxsize=128)
def picture_bytes(key: str, *, size: tuple[int, int] = (768, 512), form: str = "PNG") -> bytes:
    """A picture that is not blank, and another one for every key."""
    digest = hashlib.sha256(key.encode()).digest()
    random = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    small = random.integers(0, 255, (9, 9, 3), dtype=np.uint8)
    picture = Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    picture.save(out, form, **({"compress_level": 1} if form == "PNG" else {}))
    return out.getvalue()


@dataclass(slots=True)
class Entry:
    """One request. Times are seconds of the loop's clock; `attached` are its pictures in order, each
    as (name, media type, bytes).

    `bought` is true where an answer with status 200 was handed over, `spoilt` where it held no good
    picture; `usd` is what the server charges for it.
    """

    api: str
    prompt: str
    started: float
    finished: float = 0.0
    status: int = 0
    bought: bool = False
    spoilt: bool = False
    usd: float = 0.0
    attached: list[tuple[str, str, bytes]] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    auth: str = ""
    seed: str = ""
    """As the prompt tells it: it names the view."""

    def __post_init__(self) -> None:
        found = _SEED.search(self.prompt)
        self.seed = found[1] if found else ""

    @property
    def images(self) -> int:
        """How many pictures were attached."""
        return len(self.attached)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong: a status with a code, other content with status 200, a cut, more delay."""

    status: int = 200
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    cut: bool = False
    delay: float = 0.0
    body: bytes | None = None
    """The whole body instead of an answer of this API; `kind` is its type."""
    kind: str = "text/html"
    short: bool = False
    """Whether the connection ends in the middle of the body."""
    facts: dict[str, Any] = field(default_factory=dict)
    """More that the error tells of itself."""


RATE_LIMIT = Fault(status=429, code="rate_limit_exceeded", headers={"Retry-After": "0"})
QUOTA = Fault(status=429, code="insufficient_quota")
REFUSED = Fault(status=400, code="moderation_blocked")
UNAUTHORIZED = Fault(status=401, code="invalid_api_key")
SERVER = Fault(status=500, code="server_error")
HTML = Fault(content=b"<html><body>502 Bad gateway</body></html>")
CUT = Fault(cut=True)
PAGE = Fault(body=b"<html>Just a moment...</html>")
JSON_ERROR = Fault(body=b'{"error": {"code": "moderation_blocked"}}', kind="application/json")
BROKEN_JSON = Fault(body=b'{"data": [', kind="application/json")
SHORT = Fault(short=True)
WRAPPED = Fault(status=500, code="INTERNAL_ERROR", facts={"status": 403})
TUNNEL = Fault(status=530)
NO_MONEY = Fault(status=402)


def blank_fault() -> Fault:
    """A picture that shows nothing."""
    out = io.BytesIO()
    Image.new("RGB", (768, 512), (120, 120, 120)).save(out, "PNG")
    return Fault(content=out.getvalue())


class PictureServer(Listening):
    """`async with PictureServer() as server:` on a free port of 127.0.0.1.

    `latency` in seconds for each picture; `faults` is asked with the entry and how often its view
    was asked before (0 for the first time). `chat` answers chats at the same address.
    """

    def __init__(self, *, latency: float = 0.0, chat: ChatServer | None = None) -> None:
        self.latency = latency
        self.chat = chat
        self.url = ""
        self._at_once = 0
        self.forget()

    def forget(self) -> None:
        """Be as if nothing had been asked and no test had set anything but `latency` and `chat`."""
        self.size = (768, 512)
        self.faults: Callable[[Entry, int], Fault | None] = lambda _entry, _before: None
        self.ledger: list[Entry] = []
        self.most_at_once = 0
        self.tokens: Callable[[Entry], tuple[int, int, int]] = lambda _entry: (200, 100, 1000)
        """Of an answer: words in, pictures in, pictures out."""
        self.charges: Callable[[int, int, int], float] = lambda words, pictures, out: (
            (5 * words + 8 * pictures + 30 * out) / 1_000_000
        )
        self.edits = True

    @property
    def pollinations_url(self) -> str:
        return f"{self.url}/pollinations"

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    def bought(self) -> list[Entry]:
        """Requests that ended with a picture."""
        return [entry for entry in self.ledger if entry.bought]

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=200 * 2**20)
        for maker in ("", "/pollinations"):
            app.router.add_post(f"{maker}/v1/images/generations", self._generations)
            app.router.add_post(f"{maker}/v1/images/edits", self._edit)
        app.router.add_get("/prompt/{prompt:.+}", self._open)
        if self.chat is not None:
            app.router.add_post("/v1/chat/completions", self.chat.answer)
        self.url = await self._listen(app)
        return self

    async def _generations(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        fields = {name: json.dumps(value) for name, value in body.items()}
        return await self._answer(request, _maker(request, "generations"), body["prompt"], fields)

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        if not self.edits:
            return web.json_response({"detail": "Not Found"}, status=404)
        attached: list[tuple[str, str, bytes]] = []
        if request.content_type == "application/json":
            body = await request.json()
            for one in body.pop("image"):
                kind, _, content = one["image_url"].removeprefix("data:").partition(";base64,")
                attached.append(("", kind, base64.b64decode(content)))
            fields = {name: json.dumps(value) for name, value in body.items()}
            prompt = body["prompt"]
        else:
            form = await request.post()
            files = [value for value in form.values() if isinstance(value, web.FileField)]
            attached = [(file.filename, file.content_type, file.file.read()) for file in files]
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            prompt = fields["prompt"]
        for _name, _kind, content in attached:
            Image.open(io.BytesIO(content)).load()
        return await self._answer(request, _maker(request, "edits"), prompt, fields, attached)

    async def _open(self, request: web.Request) -> web.StreamResponse:
        prompt = unquote(request.match_info["prompt"])
        return await self._answer(request, "open", prompt, dict(request.query))

    async def _answer(
        self,
        request: web.Request,
        api: str,
        prompt: str,
        fields: dict[str, str],
        attached: Sequence[tuple[str, str, bytes]] = (),
    ) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        entry = Entry(
            api,
            prompt,
            loop.time(),
            fields=fields,
            attached=list(attached),
            auth=request.headers.get("Authorization", ""),
        )
        before = sum(other.seed == entry.seed for other in self.ledger)
        self.ledger.append(entry)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        fault = self.faults(entry, before) or Fault()
        try:
            # made while the latency passes, so that this machine's cores are not a part of it
            (content, encoded), _ = await asyncio.gather(
                asyncio.to_thread(self._made, prompt, fields, fault),
                asyncio.sleep(self.latency + fault.delay),
            )
        finally:
            self._at_once -= 1
            entry.finished = loop.time()
        if fault.cut:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        entry.status = fault.status
        if fault.body is not None:
            headers = {"Content-Type": fault.kind, **fault.headers}
            return web.Response(status=fault.status, body=fault.body, headers=headers)
        if fault.status != 200:
            # as real ones do, it quotes what it refuses
            error = {"error": {"message": f"no: {prompt}", "type": "error", "code": fault.code}}
            error["error"].update(fault.facts)
            return web.json_response(error, status=fault.status, headers=fault.headers)
        entry.bought, entry.spoilt = True, fault.content is not None or fault.short
        if api == "open":
            return web.Response(body=content, content_type="image/jpeg")
        tokens = self.tokens(entry)
        entry.usd = self.charges(*tokens)
        answer = json.dumps(_openai_answer(encoded, *tokens)).encode()
        if fault.short:
            return await _cut_short(request, answer)
        return web.Response(body=answer, content_type="application/json")

    def _made(self, prompt: str, fields: dict[str, str], fault: Fault) -> tuple[bytes, str]:
        """The picture's bytes, and the same as Base64."""
        form = "JPEG" if "jpeg" in fields.get("output_format", "") else "PNG"
        content = fault.content
        if content is None:
            content = picture_bytes(prompt, size=self.size, form=form)
        return content, base64.b64encode(content).decode()


async def _cut_short(request: web.Request, answer: bytes) -> web.StreamResponse:
    """Half of the body that the header promises."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = len(answer)
    await response.prepare(request)
    await response.write(answer[: len(answer) // 2])
    assert request.transport is not None
    request.transport.close()
    return response


def _maker(request: web.Request, api: str) -> str:
    """What the ledger calls it: Pollinations' requests bear its name."""
    return "pollinations" if request.path.startswith("/pollinations") else api


def _openai_answer(encoded: str, words: int, pictures: int, out: int) -> dict[str, Any]:
    return {
        "created": 1,
        "data": [{"b64_json": encoded}],
        "usage": {
            "input_tokens": words + pictures,
            "output_tokens": out,
            "total_tokens": words + pictures + out,
            "input_tokens_details": {"text_tokens": words, "image_tokens": pictures},
        },
    }
