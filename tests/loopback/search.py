"""A real HTTP server that answers as Wikidata, Wikimedia Commons and a host of pictures do.

Faults are attributes that a test switches on; every request is kept in `requests`.
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web
from PIL import Image

from tests.loopback.listening import Listening


def photo_bytes(*, size: tuple[int, int] = (1600, 1000), form: str = "JPEG", exif: bool = False) -> bytes:
    """A picture that is not blank; with `exif`, one that tells where it was taken."""
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    out = io.BytesIO()
    if exif:
        tags = Image.Exif()
        tags[0x010E] = "taken at home"
        picture.save(out, form, exif=tags)
    else:
        picture.save(out, form)
    return out.getvalue()


@dataclass(slots=True)
class Asked:
    """One request: which service, its parameters, its headers."""

    service: str
    params: dict[str, str]
    headers: dict[str, str]


@dataclass(slots=True)
class Fault:
    """What goes wrong at one service: seconds of delay, a status with headers, or other content."""

    delay: float = 0.0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    content_type: str = "text/html"


class SearchServer(Listening):
    """`async with SearchServer() as server:` on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self.faults: dict[str, Fault] = {}
        self.pictures: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.files: list[dict[str, Any]] = []
        self.makers: dict[str, dict[str, str]] = {}
        self.at_once = 0
        self.most_at_once = 0
        self.host = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/wikidata", self._wikidata)
        app.router.add_get("/commons", self._commons)
        app.router.add_get("/pictures/{name}", self._picture)
        url = await self._listen(app)
        self.host = url.removeprefix("http://")
        return self

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def asked(self, service: str) -> list[Asked]:
        return [request for request in self.requests if request.service == service]

    def know_maker(self, brand: str, *, logo: str, words: str, about: str = "German car maker") -> None:
        """Wikidata has the maker with a logo file; Commons describes the file in those words."""
        self.makers[brand] = {"id": f"Q{len(self.makers) + 10}", "logo": logo, "words": words, "about": about}

    def know_photo(
        self,
        title: str,
        *,
        content: bytes | None = None,
        url: str | None = None,
        author: str = '<a href="//x">Jane &amp; Co</a>',
        licence: str = "CC BY-SA 4.0",
        mime: str = "image/jpeg",
    ) -> str:
        """Commons has a photo of that title; returns the address of the picture."""
        name = f"{len(self.files)}.jpg"
        self.pictures[name] = photo_bytes() if content is None else content
        where = url or f"{self.url}/pictures/{name}"
        self.files.append(
            {"title": title, "url": where, "author": author, "licence": licence, "mime": mime},
        )
        return where

    async def _enter(self, service: str, request: web.Request) -> web.Response | None:
        self.requests.append(Asked(service, dict(request.query), dict(request.headers)))
        fault = self.faults.get(service)
        if fault is None:
            return None
        await asyncio.sleep(fault.delay)
        if fault.status == 200 and fault.content is None:
            return None
        return web.Response(
            status=fault.status,
            headers=fault.headers,
            body=fault.content or b"",
            content_type=fault.content_type,
        )

    async def _wikidata(self, request: web.Request) -> web.Response:
        if (wrong := await self._enter("wikidata", request)) is not None:
            return wrong
        if request.query["action"] == "wbsearchentities":
            hits = [
                {"id": maker["id"]}
                for brand, maker in self.makers.items()
                if brand.casefold() == request.query["search"].casefold()
            ]
            return web.json_response({"search": [{"id": "Q1"}, *hits] if hits else []})
        ids = request.query["ids"].split("|")
        entities: dict[str, Any] = {
            "Q1": {"descriptions": {"en": {"value": "village in Bavaria"}}, "claims": {}},
        }
        for maker in self.makers.values():
            claim = {"mainsnak": {"datavalue": {"value": maker["logo"]}}, "rank": "preferred"}
            old = {"mainsnak": {"datavalue": {"value": "Old.svg"}}, "rank": "normal"}
            entities[maker["id"]] = {
                "descriptions": {"en": {"value": maker["about"]}},
                "claims": {"P154": [claim, old]},
            }
        return web.json_response({"entities": {key: entities[key] for key in ids if key in entities}})

    async def _commons(self, request: web.Request) -> web.Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if (wrong := await self._enter("commons", request)) is not None:
                return wrong
        finally:
            self.at_once -= 1
        if "titles" in request.query:
            pages = [
                {
                    "title": f"File:{maker['logo']}",
                    "imageinfo": [{"extmetadata": {"ImageDescription": {"value": maker["words"]}}}],
                }
                for maker in self.makers.values()
                if request.query["titles"] == f"File:{maker['logo']}"
            ]
            return web.json_response({"query": {"pages": pages}})
        return web.json_response({"query": {"pages": [*self._file_pages()][::-1]}})

    def _file_pages(self) -> list[dict[str, Any]]:
        """Formatversion 2: a list in no order, each with its place in the search."""
        return [
            {
                "index": index,
                "title": f"File:{row['title']}.jpg",
                "imageinfo": [
                    {
                        "mime": row["mime"],
                        "url": "https://never.example/original.jpg",
                        "thumburl": row["url"],
                        "descriptionurl": f"https://commons.example/wiki/File:{index}",
                        "extmetadata": {
                            "LicenseShortName": {"value": row["licence"]},
                            "Artist": {"value": row["author"]},
                        },
                    }
                ],
            }
            for index, row in enumerate(self.files, start=1)
        ]

    async def _picture(self, request: web.Request) -> web.Response:
        if (wrong := await self._enter("pictures", request)) is not None:
            return wrong
        name = request.match_info["name"]
        if name in self.redirects:
            return web.Response(status=302, headers={"Location": self.redirects[name]})
        if name not in self.pictures:
            return web.Response(status=404, body=b"gone", content_type="text/plain")
        return web.Response(body=self.pictures[name], content_type="image/jpeg")
