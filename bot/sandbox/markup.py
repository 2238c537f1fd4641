"""What does Telegram's HTML say? Plain text with entities, and the same as safe HTML for the page."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from bot.sandbox.calls import Json

_TOKEN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)([^<>]*)>|&(#?\w+);|[^<&]+|[<&]", re.DOTALL)
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_KINDS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "a": "text_link", "blockquote": "blockquote", "tg-spoiler": "spoiler", "span": "spoiler",
    "tg-emoji": "custom_emoji",
}  # fmt: skip
_SAFE = {
    "bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "code": "code", "pre": "pre",
    "blockquote": "blockquote", "spoiler": "span", "custom_emoji": "span", "text_link": "a",
}  # fmt: skip
_LINKS = re.compile(r"https?://[^\s<>\"]+|(?<![\w/])/[a-z][a-z0-9_]{0,31}(?![\w/])|(?<!\w)@\w{4,32}")


class BadMarkup(ValueError):
    """Telegram could not read it. The text says why, in Telegram's words."""


@dataclass(frozen=True, slots=True)
class Marked:
    """`text` as people see it, `entities` in the Bot API's form, `safe` for the page."""

    text: str
    entities: tuple[Json, ...] = ()
    safe: str = ""


@dataclass(slots=True)
class _Open:
    tag: str
    kind: str
    start: int
    more: Json = field(default_factory=dict)


def units(text: str) -> int:
    """Length in UTF-16 code units, in which entities count."""
    return len(text.encode("utf-16-le")) // 2


def plain(text: str) -> Marked:
    """A text without markup: commands, mentions and addresses become entities."""
    found: list[Json] = []
    safe: list[str] = []
    at = 0
    for hit in _LINKS.finditer(text):
        kind = {"/": "bot_command", "@": "mention"}.get(hit[0][0], "url")
        found.append({"type": kind, "offset": units(text[: hit.start()]), "length": units(hit[0])})
        safe += (html.escape(text[at : hit.start()]), _anchor(kind, hit[0]))
        at = hit.end()
    safe.append(html.escape(text[at:]))
    return Marked(text, tuple(found), "".join(safe))


def _anchor(kind: str, word: str) -> str:
    shown = html.escape(word)
    if kind == "url":
        return f'<a href="{shown}" target="_blank" rel="noreferrer">{shown}</a>'
    return f'<a class="{kind}" data-word="{shown}">{shown}</a>'


def read_html(source: str) -> Marked:
    """Telegram's HTML. Raises BadMarkup where Telegram would not take it."""
    text: list[str] = []
    safe: list[str] = []
    entities: list[Json] = []
    opened: list[_Open] = []

    def at() -> int:
        return units("".join(text))

    for token in _TOKEN.finditer(source):
        closing, tag, attributes, entity = token[1], (token[2] or "").lower(), token[3], token[4]
        if tag and not closing:
            opened.append(_opened(tag, attributes, at()))
            safe.append(_start(opened[-1]))
        elif tag:
            if not opened or opened[-1].tag != tag:
                raise BadMarkup(f'can\'t parse entities: unexpected end tag "{tag}"')
            one = opened.pop()
            safe.append(f"</{_SAFE[one.kind]}>")
            if length := at() - one.start:
                entities.append({"type": one.kind, "offset": one.start, "length": length, **one.more})
        elif token[0] == "<":
            raise BadMarkup("can't parse entities: unsupported start tag: < must be written as &lt;")
        else:
            piece = _letter(entity) if entity else token[0]
            text.append(piece)
            inside = any(one.kind in {"text_link", "code", "pre"} for one in opened)
            safe.append(html.escape(piece) if inside else plain(piece).safe)
    if opened:
        raise BadMarkup(f"can't parse entities: can't find end tag of \"{opened[-1].tag}\"")
    entities.sort(key=lambda one: (one["offset"], -one["length"]))
    return Marked("".join(text), tuple(entities), "".join(safe))


def _opened(tag: str, attributes: str, start: int) -> _Open:
    if tag not in _KINDS:
        raise BadMarkup(f'can\'t parse entities: unsupported start tag "{tag}"')
    given = {hit[1].lower(): html.unescape(hit[2] or hit[3] or "") for hit in _ATTRIBUTE.finditer(attributes)}
    if tag == "span" and given.get("class") != "tg-spoiler":
        raise BadMarkup('can\'t parse entities: tag "span" must have class "tg-spoiler"')
    kind = _KINDS[tag]
    if kind == "blockquote" and "expandable" in attributes:
        return _Open(tag, kind, start, {})
    return _Open(tag, kind, start, {"url": given.get("href", "")} if kind == "text_link" else {})


def _start(one: _Open) -> str:
    if one.kind == "text_link":
        address = one.more["url"]
        known = address if address.startswith(("https://", "http://", "tg://")) else ""
        return f'<a href="{html.escape(known)}" target="_blank" rel="noreferrer">'
    return f'<span class="{one.kind}">' if _SAFE[one.kind] == "span" else f"<{_SAFE[one.kind]}>"


def _letter(entity: str) -> str:
    if entity in _NAMED:
        return _NAMED[entity]
    return html.unescape(f"&{entity};") if entity.startswith("#") else f"&{entity};"
