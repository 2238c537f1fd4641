"""How does the bot reach the sandbox? A Bot API server on loopback, and the chat page beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.pipeline.errors import BadSettings
from bot.sandbox.calls import Called, Json, read_call
from bot.sandbox.ledger import Ledger
from bot.sandbox.page_routes import add_page
from bot.sandbox.sends import Refused
from bot.sandbox.telegram import Telegram
from bot.sandbox.visitors import Visitors
from bot.sandbox.world import World

TOKEN = "424242:sandbox-token-that-opens-nothing-else"  # noqa: S105 - opens nothing but the sandbox
LONGEST_WAIT = 25.0
_OWN_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
Fault = tuple[int, Json] | str


@dataclass(slots=True)
class Sandbox:
    """`async with Sandbox() as sandbox:` serves on 127.0.0.1; port 0 takes a free one.

    `calls` and `faults` are for tests: every call in order, and for a method the answers to give
    before it works again (a status with facts, or "cut"). Raises BadSettings where the port is taken.
    """

    port: int = 0
    record: bool = True
    longest_wait: float = LONGEST_WAIT
    url: str = ""
    world: World = field(default_factory=World)
    ledger: Ledger = field(default_factory=Ledger)
    calls: list[Called] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    _runner: web.AppRunner | None = None

    @property
    def visitors(self) -> Visitors:
        """The people on the page."""
        return Visitors(self.world)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=100 * 2**20, middlewares=[_called_by_its_name])
        for way in ("GET", "POST"):
            app.router.add_route(way, "/bot{token}/{method}", self._serve)
        app.router.add_get("/file/bot{token}/files/{id}", self._file)
        add_page(app, world=self.world, ledger=self.ledger)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise BadSettings(
                problems=(("port", f"{self.port} cannot be used: {error.strerror}"),)
            ) from error
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.world.tell("closing")
        if self._runner is not None:
            await self._runner.cleanup()

    def of(self, method: str) -> list[Called]:
        """Calls of one method, in order."""
        return [call for call in self.calls if call.method == method]

    def said(self) -> list[str]:
        """Texts of all messages sent, in order."""
        return [call.fields["text"] for call in self.of("sendMessage")]

    async def push(self, update: Json) -> int:
        """Hand the bot an update; its number."""
        return await self.world.push(update)

    async def until(self, true: Callable[[], object], *, seconds: float = 10) -> None:
        """Wait until calls made it true."""
        async with asyncio.timeout(seconds), self.world.arrived:
            await self.world.arrived.wait_for(true)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != TOKEN:
            return _failed(401, "Unauthorized")
        call = await read_call(request)
        if call.method == "getUpdates":
            seconds = min(float(call.number("timeout") or 0), self.longest_wait)
            return _ok(await self.world.fresh(call.number("offset") or 0, seconds))
        if self.record:
            self.calls.append(call)
        try:
            return self._answer(request, call)
        finally:
            async with self.world.arrived:
                self.world.arrived.notify_all()

    def _answer(self, request: web.Request, call: Called) -> web.StreamResponse:
        if waiting := self.faults.get(call.method):
            return _broken(request, waiting.pop(0))
        violations, refused, result = self.ledger.judge(call), None, None
        if violations:
            refused = f"Bad Request: {violations[0]}"
        else:
            try:
                result = Telegram(self.world).answer(call)
            except Refused as error:
                refused = error.description
        entry = self.ledger.enter(call, violations=violations, refused=refused)
        self.world.tell("call", entry=entry.page())
        return _ok(result) if refused is None else _failed(400, refused)

    async def _file(self, request: web.Request) -> web.Response:
        kept = self.world.shelf.find(request.match_info["id"])
        if kept is None or request.match_info["token"] != TOKEN:
            raise web.HTTPNotFound
        return web.Response(body=kept.content, content_type="application/octet-stream")


@web.middleware
async def _called_by_its_name(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Where another name was bound to this machine, its page in the same browser reads and writes nothing."""
    if request.url.host not in _OWN_NAMES:
        raise web.HTTPForbidden
    return await handler(request)


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _failed(code: int, description: str, **more: Any) -> web.Response:
    body = {"ok": False, "error_code": code, "description": description, **more}
    return web.json_response(body, status=code)


def _broken(request: web.Request, fault: Fault) -> web.StreamResponse:
    """Fail as it was told: cut the line, or answer with that status."""
    if isinstance(fault, str):
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    code, facts = fault
    return _failed(code, **{"description": "fault", **facts})
