"""What may never stand in a log? Tokens, keys, addresses of files, and what exceptions quote of people's words."""

from __future__ import annotations

import re
import sqlite3
import traceback
from collections.abc import Collection, Iterator
from types import TracebackType
from urllib.parse import quote

from bot.pipeline.errors import RakursError

MARK = "«secret»"
_SHORTEST = 6
"""Characters of a secret that is looked for by itself; shorter ones would blot out ordinary words."""
_SHAPES = re.compile(
    r"(?:/(?:file/)?bot)?\b\d{5,}:[A-Za-z0-9_-]{20,}"  # a bot token, alone or in an address
    r"|\b(?:sk|pk)[-_][A-Za-z0-9_-]{12,}"
    r"|(?i:bearer\s+)[A-Za-z0-9._~+/-]{8,}"
    r"|(?i:(?<=[?&])(?:key|token|api_key)=)[^&\s]+"
    r"|(?<=://)[^\s/@\"']+(?=@)"  # name and password in an address
)
_ADDRESS = re.compile(r"(https?://[^\s/\"'<>\\]+)/[^\s\"'<>\\]+")
_FUTURE = re.compile(r"\b(exception|result)=.*(?=>)")
_QUOTES_NOBODY = (
    RakursError,
    OSError,
    sqlite3.Error,
    TypeError,
    AttributeError,
    NameError,
    ImportError,
    RecursionError,
)
_LIBRARIES = frozenset({"sqlalchemy", "httpx", "httpcore", "aiohttp", "telegram", "concurrent"})
"""Their messages speak of statements, addresses and methods; parameters are hidden at their source."""


class Redactor:
    """Takes known shapes of secrets out of every text, and these secrets by their own letters."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        long = {form for one in secrets if len(one) >= _SHORTEST for form in (one, quote(one, safe=""))}
        ordered = sorted(long, key=len, reverse=True)
        self._known = re.compile("|".join(re.escape(one) for one in ordered)) if ordered else None

    def __call__(self, text: str) -> str:
        """The text without secrets; of web addresses only scheme and host stay."""
        if self._known is not None:
            text = self._known.sub(MARK, text)
        text = _SHAPES.sub(MARK, text)
        return _FUTURE.sub(r"\1=…", _ADDRESS.sub(r"\1/…", text))


def trace(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """The traceback with its causes. Messages of exceptions that may quote people's words are left out."""
    return "".join(_lines(exc_info[1], set())).rstrip()


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen:
        yield from _lines(cause, seen)
        yield "\nwhich led to\n\n" if error.__cause__ else "\nand while that was handled\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield _name(error) + "\n"
    if isinstance(error, BaseExceptionGroup):
        for number, inner in enumerate(error.exceptions, 1):
            yield f"  {number} of {len(error.exceptions)}\n"
            for line in _lines(inner, seen):
                yield from (f"  {part}" for part in line.splitlines(keepends=True))


def _name(error: BaseException) -> str:
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    known = isinstance(error, _QUOTES_NOBODY) or kind.__module__.partition(".")[0] in _LIBRARIES
    message = str(error) if known else "…"
    return f"{name}: {message}" if message else name
