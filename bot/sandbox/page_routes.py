"""How does the chat page reach the sandbox? Its files, its own small API, and a stream of events."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

from aiohttp import web

from bot.sandbox.calls import Json
from bot.sandbox.cast import ADMIN_ID, BOT, TOPICS
from bot.sandbox.ledger import Ledger
from bot.sandbox.visitors import NotThere, Visitors
from bot.sandbox.world import World

WAITING = 2000
"""Events that may wait for one page; a page that is slower is shut and comes back by itself."""
HEARTBEAT = 15.0
_CALLS_SHOWN = 300
_SCRIPTS = ("page", "here", "bubbles", "frame", "words", "album", "inline", "viewer")
_FILES = {
    "": ("index.html", "text/html"),
    "page.css": ("page.css", "text/css"),
    **{f"{name}.js": (f"{name}.js", "text/javascript") for name in _SCRIPTS},
}
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
)


def add_page(app: web.Application, *, world: World, ledger: Ledger) -> None:
    """Put the page and its API on the server."""
    routes = _Routes(world=world, ledger=ledger, visitors=Visitors(world))
    for name in _FILES:
        app.router.add_get(f"/{name}", routes.file)
    app.router.add_get("/media/{id}", routes.media)
    app.router.add_get("/violations", routes.violations)
    app.router.add_get("/api/state", routes.state)
    app.router.add_get("/api/events", routes.events)
    app.router.add_post("/api/{deed}", routes.deed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Routes:
    world: World
    ledger: Ledger
    visitors: Visitors

    async def file(self, request: web.Request) -> web.Response:
        name, kind = _FILES[request.path.lstrip("/")]
        content = resources.files("bot.sandbox").joinpath("page", name).read_bytes()
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
        return web.Response(body=content, content_type=kind, charset="utf-8", headers=headers)

    async def media(self, request: web.Request) -> web.Response:
        kept = self.world.shelf.find(request.match_info["id"])
        if kept is None:
            raise web.HTTPNotFound
        shown = kept.media_type.startswith(("image/", "video/")) and "svg" not in kept.media_type
        headers = {"Cache-Control": "max-age=86400, immutable", "X-Content-Type-Options": "nosniff"}
        if not shown or "download" in request.query:
            headers["Content-Disposition"] = f'attachment; filename="{_safe_name(kept.name)}"'
        return web.Response(body=kept.content, content_type=kept.media_type, headers=headers)

    async def violations(self, _request: web.Request) -> web.Response:
        return web.json_response(self.ledger.violations())

    async def state(self, _request: web.Request) -> web.Response:
        return web.json_response(self._state())

    def _state(self) -> Json:
        calls = list(self.ledger.entries)[-_CALLS_SHOWN:]
        return {
            "bot": BOT,
            "admin": ADMIN_ID,
            "people": [{**one.user(), "owner": one.owner} for one in self.world.people.values()],
            "chats": list(self.world.chats.values()),
            "topics": [{"id": number, "title": title} for number, title in TOPICS.items()],
            "messages": [said.page() for chat in self.world.messages.values() for said in chat.values()],
            "menus": self._menus(),
            "calls": [entry.page() for entry in calls],
            "violations": self.ledger.violations()["count"],
            "shapes_checked": self.ledger.violations()["shapes_checked"],
            "online": self.world.online,
        }

    def _menus(self) -> Json:
        """For every person and chat, the commands they see."""
        return {
            f"{person.id} {chat}": self.world.menu(person.id, chat, person.language)
            for person in self.world.people.values()
            for chat in self.world.chats
        }

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: the whole state first, then every change."""
        waiting: asyncio.Queue[tuple[str, Json]] = asyncio.Queue(WAITING)

        def listen(kind: str, facts: Json) -> None:
            with contextlib.suppress(asyncio.QueueFull):
                waiting.put_nowait((kind, {"menus": self._menus()} if kind == "menus" else facts))

        stream = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await stream.prepare(request)
        self.world.listeners.add(listen)
        try:
            await _write(stream, "state", self._state())
            while not waiting.full():
                try:
                    kind, facts = await asyncio.wait_for(waiting.get(), HEARTBEAT)
                except TimeoutError:
                    kind, facts = "beat", {}
                if kind == "closing":
                    break
                await _write(stream, kind, facts)
        except ConnectionError:
            pass
        finally:
            self.world.listeners.discard(listen)
        return stream

    async def deed(self, request: web.Request) -> web.Response:
        """POST with a form: say, edit, press, ask, choose, speak."""
        _same_origin(request)
        form = dict(await request.post())
        try:
            return web.json_response(await self._done(request.match_info["deed"], form))
        except NotThere as error:
            return web.json_response({"error": str(error)}, status=404)
        except (KeyError, ValueError, TypeError) as error:
            return web.json_response({"error": f"bad form: {error}"}, status=400)

    async def _done(self, deed: str, form: dict[str, Any]) -> Json:
        person = int(form["person"])
        if deed == "speak":
            self.visitors.speak(person=person, language=str(form["language"])[:8])
            return {}
        chat, topic = int(form["chat"]), int(form.get("topic") or 0) or None
        if deed == "ask":
            words, offset = str(form.get("words", "")), str(form.get("offset", ""))
            return {"query": await self.visitors.ask(person=person, chat=chat, words=words, offset=offset)}
        if deed == "choose":
            query, result = str(form["query"]), str(form["result"])
            return await self.visitors.choose(
                person=person, chat=chat, topic=topic, query=query, result=result
            )
        if deed == "say":
            photo = form.get("photo")
            content = photo.file.read() if isinstance(photo, web.FileField) else None
            text, reply_to = str(form.get("text", "")).strip(), int(form.get("reply_to") or 0) or None
            if not text and not content:
                raise ValueError("nothing to say")
            return await self.visitors.say(
                person=person, chat=chat, topic=topic, text=text, reply_to=reply_to, photo=content
            )
        number = int(form["message"])
        if deed == "edit":
            return await self.visitors.edit(person=person, chat=chat, number=number, text=str(form["text"]))
        if deed == "press":
            query = await self.visitors.press(person=person, chat=chat, number=number, data=str(form["data"]))
            return {"query": query}
        raise NotThere(f"no deed {deed}")


def _same_origin(request: web.Request) -> None:
    """Other pages in the same browser may not write here."""
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.host}":
        raise web.HTTPForbidden


def _safe_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in ".-_" else "_" for letter in name)[:100]


async def _write(stream: web.StreamResponse, kind: str, facts: Json) -> None:
    data = json.dumps({"kind": kind, **facts}, ensure_ascii=False)
    await stream.write(f"data: {data}\n\n".encode())
