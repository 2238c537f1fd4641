"""Loopback servers that name the moments at which a bot can be killed."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.loopback.bot_api import BotApi
from tests.loopback.pictures import Entry, Fault, PictureServer, picture_bytes

MOMENTS = (
    "update handed out",
    "update confirmed",
    "message received",
    "message answered",
    "picture asked",
    "picture handed over",
    "album received",
    "album answered",
    "message deleted",
)
_SESSION = re.compile(r"CAR-[0-9A-F]{8}")
_RECEIVED = {
    "sendMessage": "message received",
    "sendMediaGroup": "album received",
    "sendPhoto": "album received",
    "deleteMessage": "message deleted",
}
_ANSWERED = {
    "sendMessage": "message answered",
    "sendMediaGroup": "album answered",
    "sendPhoto": "album answered",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message that Telegram took. `at` in seconds of the loop's clock."""

    at: float
    method: str
    chat: str
    text: str
    ids: tuple[int, ...]
    buttons: str


@dataclass(slots=True)
class Telegram(BotApi):
    """Forgets confirmed updates, as Telegram does; takes a while for uploads; keeps who sent what.

    Of two who ask for updates at once the second is refused, and counted among the `conflicts`.
    """

    reached: Callable[[str], None] = lambda _moment: None
    sent: list[Sent] = field(default_factory=list)
    deleted: set[int] = field(default_factory=set)
    confirmed: int = 0
    conflicts: int = 0
    _asking: web.Request | None = None
    rng: random.Random = field(default_factory=lambda: random.Random(1))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if method == "getUpdates":
            return await self._ask_once(request)
        # the body has arrived once it was read here; the same object answers the second reading
        await request.post()
        self.reached(_RECEIVED.get(method, ""))
        if method in {"sendMediaGroup", "sendPhoto"}:
            answer = await BotApi.answer(self, request)
            await asyncio.sleep(self.rng.uniform(0.02, 0.25))
        else:
            answer = await BotApi.answer(self, request)
        if method in _ANSWERED:
            asyncio.get_running_loop().call_later(0.002, self.reached, _ANSWERED[method])
        return answer

    async def _ask_once(self, request: web.Request) -> web.StreamResponse:
        before = self._asking
        # whoever has hung up meanwhile asks no more
        if before is not None and before.transport is not None and not before.transport.is_closing():
            self.conflicts += 1
            words = "Conflict: terminated by other getUpdates request"
            return web.json_response({"ok": False, "error_code": 409, "description": words}, status=409)
        self._asking = request
        try:
            return await BotApi.answer(self, request)
        finally:
            if self._asking is request:
                self._asking = None

    async def _wait_updates(self, offset: int) -> list[dict[str, Any]]:
        if offset > self.confirmed:
            self.confirmed = offset
            self.reached("update confirmed")
        updates = await BotApi._wait_updates(self, max(offset, self.confirmed))
        if updates:
            self.reached("update handed out")
        return updates[:100]

    def _result(self, method: str, fields: dict[str, str]) -> Any:
        result = BotApi._result(self, method, fields)
        if method == "deleteMessage":
            self.deleted.add(int(fields["message_id"]))
        elif method in {"sendMessage", "sendMediaGroup", "sendPhoto"}:
            messages = result if isinstance(result, list) else [result]
            sent = Sent(
                at=asyncio.get_running_loop().time(),
                method=method,
                chat=fields["chat_id"],
                text=fields.get("text", ""),
                ids=tuple(message["message_id"] for message in messages),
                buttons=fields.get("reply_markup", ""),
            )
            self.sent.append(sent)
        return result


class Pictures(PictureServer):
    """Takes 0.1 to 0.6 s for a picture; every view of a session gets another one."""

    def __init__(self, *, rng: random.Random) -> None:
        super().__init__()
        self.reached: Callable[[str], None] = lambda _moment: None
        self._rng = rng
        # made before, for a busy server would be late with what it says it has handed over
        self._pool = [picture_bytes(str(number)) for number in range(12)]
        self._given: dict[str, list[str]] = {}
        self._entries: dict[asyncio.Task[Any] | None, Entry] = {}
        self.faults = self._content

    def _content(self, entry: Entry, _before: int) -> Fault:
        self._entries[asyncio.current_task()] = entry
        session, _, seed = view_of(entry).partition(" ")
        seeds = self._given.setdefault(session, [])
        if seed not in seeds:
            seeds.append(seed)
        return Fault(
            content=self._pool[seeds.index(seed) % len(self._pool)], delay=self._rng.uniform(0.1, 0.6)
        )

    async def _answer(
        self,
        request: web.Request,
        api: str,
        prompt: str,
        fields: dict[str, str],
        attached: Sequence[tuple[str, str, bytes]] = (),
    ) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        self.reached("picture asked")
        answer = await super()._answer(request, api, prompt, fields, attached)
        self._entries.pop(asyncio.current_task()).finished = loop.time()
        loop.call_later(0.002, self.reached, "picture handed over")
        return answer


def view_of(entry: Entry) -> str:
    """`CAR-XXXXXXXX 123456`: session and seed name the view."""
    found = _SESSION.search(entry.prompt)
    return f"{found[0] if found else ''} {entry.seed}"
