"""A small Bot API server on loopback: hands out updates, records calls, fails where it is told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from bot.sandbox.calls import Called
from tests.loopback.listening import Listening

TOKEN = "424242:loopback-token-for-tests-only-AAAA"


@dataclass(slots=True)
class BotApi(Listening):
    """`masters` own every group. `faults` holds, for a method, answers to give before it works again: a status or "cut".

    `stored` are files that people sent, by file id.
    """

    url: str = ""
    stored: dict[str, bytes] = field(default_factory=dict)
    masters: set[int] = field(default_factory=set)
    calls: list[Called] = field(default_factory=list)
    faults: dict[str, list[tuple[int, dict[str, Any]] | str]] = field(default_factory=dict)
    _updates: list[dict[str, Any]] = field(default_factory=list)
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    _next_message: int = 1000
    _next_update: int = 1

    async def __aenter__(self) -> Self:
        """On a free port of 127.0.0.1."""
        app = web.Application(client_max_size=50 * 2**20)
        app.router.add_post("/bot{token}/{method}", self.answer)
        app.router.add_get("/file/bot{token}/{file}", self.file)
        self.url = await self._listen(app)
        return self

    def of(self, method: str) -> list[Called]:
        return [call for call in self.calls if call.method == method]

    def said(self) -> list[str]:
        """Texts of all messages sent, in order."""
        return [call.fields["text"] for call in self.of("sendMessage")]

    async def push(self, update: dict[str, Any]) -> int:
        async with self._arrived:
            number = self._next_update
            self._next_update += 1
            self._updates.append({"update_id": number, **update})
            self._arrived.notify_all()
        return number

    async def until(self, true: Callable[[], object], *, seconds: float = 10) -> None:
        """Wait until calls made it true."""
        async with asyncio.timeout(seconds):
            async with self._arrived:
                await self._arrived.wait_for(true)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        fields: dict[str, str] = {}
        files: dict[str, bytes] = {}
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = value.file.read()
            elif isinstance(value, str):
                fields[name] = value
        if method == "getUpdates":
            return _ok(await self._wait_updates(int(fields.get("offset", "0") or 0)))
        async with self._arrived:
            self.calls.append(Called(method, fields, files))
            self._arrived.notify_all()
        if waiting := self.faults.get(method):
            fault = waiting.pop(0)
            if fault == "cut":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            assert not isinstance(fault, str)
            return web.json_response({"ok": False, "error_code": fault[0], **fault[1]}, status=fault[0])
        return _ok(self._result(method, fields))

    async def file(self, request: web.Request) -> web.Response:
        """What `stored` holds under that name."""
        return web.Response(body=self.stored[request.match_info["file"]])

    async def _wait_updates(self, offset: int) -> list[dict[str, Any]]:
        def fresh() -> list[dict[str, Any]]:
            return [update for update in self._updates if update["update_id"] >= offset]

        try:
            async with asyncio.timeout(0.15), self._arrived:
                await self._arrived.wait_for(fresh)
        except TimeoutError:
            pass
        return fresh()

    def _result(self, method: str, fields: dict[str, str]) -> Any:  # noqa: PLR0911 - one line a method reads best
        match method:
            case "getMe":
                return {"id": 424242, "is_bot": True, "first_name": "Rakurs", "username": "rakurs_bot"}
            case "sendMediaGroup":
                return [self._message(fields, photo=True) for _ in json.loads(fields["media"])]
            case "sendPhoto" | "sendAnimation" | "sendMessage" | "sendDocument":
                return self._message(fields, photo=method == "sendPhoto", film=method == "sendAnimation")
            case "editMessageText" | "editMessageMedia" | "editMessageCaption":
                return self._message(fields)
            case "getFile":
                size = len(self.stored.get(fields["file_id"], b""))
                facts = {"file_unique_id": "1", "file_size": size, "file_path": fields["file_id"]}
                return {"file_id": fields["file_id"], **facts}
            case "getChatMember":
                user = {"id": int(fields["user_id"]), "is_bot": False, "first_name": "x"}
                if int(fields["user_id"]) in self.masters:
                    return {"status": "creator", "user": user, "is_anonymous": False}
                return {"status": "member", "user": user}
            case _:
                return True

    def _message(self, fields: dict[str, str], *, photo: bool = False, film: bool = False) -> dict[str, Any]:
        self._next_message += 1
        chat = int(fields["chat_id"])
        message: dict[str, Any] = {
            "message_id": self._next_message,
            "date": 1,
            "chat": {"id": chat, "type": "private" if chat > 0 else "group"},
        }
        number = self._next_message
        if film:
            animation = {"file_id": f"film-{number}", "file_unique_id": str(number)}
            message["animation"] = {**animation, "width": 4, "height": 3, "duration": 5}
        if photo:
            message["photo"] = [
                {"file_id": f"file-{number}", "file_unique_id": str(number), "width": 3, "height": 2}
            ]
        return message


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def message(
    text: str, *, number: int = 10, user: int = 7, chat: int = 7, language: str = "en"
) -> dict[str, Any]:
    """A message as Telegram describes it."""
    entities: Iterable[dict[str, Any]] = (
        [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
        if text.startswith("/")
        else []
    )
    return {
        "message_id": number,
        "date": 1,
        "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup", "title": "g"},
        "from": {"id": user, "is_bot": False, "first_name": "Ann", "language_code": language},
        "text": text,
        "entities": list(entities),
    }


def pressed(
    data: str, *, user: int = 7, chat: int = 7, answered: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A pressed button, under a message that answered another one."""
    under = message("question", number=500, user=424242, chat=chat)
    if answered is not None:
        under["reply_to_message"] = answered
    return {
        "callback_query": {
            "id": "1",
            "from": {"id": user, "is_bot": False, "first_name": "Ann", "language_code": "en"},
            "chat_instance": "1",
            "data": data,
            "message": under,
        }
    }
