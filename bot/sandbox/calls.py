"""What did the bot ask for? One call as it came over HTTP, in every form that the Bot API takes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Called:
    """One call. `fields` as they were written (values of JSON bodies are written as JSON again);
    `files` maps part names to bytes, `names` to the file names that came with them."""

    method: str
    fields: dict[str, str]
    files: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def value(self, name: str) -> Any:
        """A field that holds JSON; None where it is absent or is none."""
        try:
            return json.loads(self.fields[name])
        except (KeyError, ValueError):
            return None

    def number(self, name: str) -> int | None:
        """A field that holds a whole number."""
        text = self.fields.get(name, "")
        return int(text) if text.removeprefix("-").isdecimal() else None


async def read_call(request: web.Request) -> Called:
    """Query, form, multipart or JSON; the address's last part is the method."""
    fields = dict(request.query)
    files: dict[str, bytes] = {}
    names: dict[str, str] = {}
    if request.content_type == "application/json":
        body = await request.json()
        for name, value in body.items() if isinstance(body, dict) else ():
            fields[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    else:
        for name, part in (await request.post()).items():
            if isinstance(part, web.FileField):
                files[name] = part.file.read()
                names[name] = part.filename
            elif isinstance(part, str):
                fields[name] = part
    return Called(method=request.match_info["method"], fields=fields, files=files, names=names)
