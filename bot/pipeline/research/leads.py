"""What a search source answers, and which of the photos it names show the right car."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Protocol

from bot.pipeline.errors import FailureKind, SearchError
from bot.pipeline.model import CarSpec

_YEARS_APART = 3
"""A photo of a car this many years older or newer is likely of another generation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A photo that a source names: where it is, what it is called, and whose it is."""

    url: str
    page: str
    title: str
    author: str | None = None
    licence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoFacts:
    """What a source says of an emblem. `text` is a stranger's: never put it in a prompt."""

    text: str
    source: str


class Source(Protocol):
    """Somebody who can be asked. Both calls raise SearchError; nothing found is an empty answer."""

    name: str

    async def logo(self, brand: str) -> tuple[LogoFacts, ...]: ...

    async def photos(self, words: str) -> tuple[Lead, ...]: ...


@contextmanager
def well_formed(source: str) -> Iterator[None]:
    """An answer that is not shaped as agreed becomes a SearchError, wherever it is read."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise SearchError(source=source, kind=FailureKind.BAD_ANSWER) from error


def pack(leads: Iterable[Lead]) -> bytes:
    """As bytes for the cache; empty for no leads."""
    rows = [asdict(lead) for lead in leads]
    return json.dumps(rows, ensure_ascii=False).encode() if rows else b""


def unpack(value: bytes) -> tuple[Lead, ...]:
    return tuple(Lead(**row) for row in json.loads(value)) if value else ()


def _plain(text: str) -> str:
    """Lower case without accents, words apart by single blanks."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.findall(r"[^\W_]+", "".join(c for c in letters if not unicodedata.combining(c))))


def _names(title: str, spec: CarSpec) -> bool:
    """Whether the title names brand and model: as words, or run together (Mazda3, CX5)."""
    padded, squashed = f" {title} ", title.replace(" ", "")
    brand, model = _plain(spec.brand or ""), _plain(spec.model or "")
    brand_there = brand.replace(" ", "") in squashed
    together = (brand + model).replace(" ", "") in squashed
    generation = _plain(spec.generation or "")
    return brand_there and (
        f" {model} " in padded
        or (together and re.search(rf"{re.escape(model.replace(' ', ''))}(?!\d)", squashed) is not None)
        or bool(generation and f" {generation} " in padded)
    )


def _year_fits(title: str, spec: CarSpec) -> bool:
    """Whether a year in the title is near enough; a title without one tells nothing against it."""
    years = [int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", title)]
    if spec.year is None or not years or str(spec.model) in {str(year) for year in years}:
        return True
    return any(abs(year - spec.year) <= _YEARS_APART for year in years)


def fitting(leads: Iterable[Lead], spec: CarSpec, view: str) -> tuple[Lead, ...]:
    """The leads whose title names this car; those that name the view and the generation first."""
    generation = _plain(spec.generation or "")

    def rank(lead: Lead) -> int:
        title = f" {_plain(lead.title)} "
        return -(2 * (f" {view} " in title) + bool(generation and f" {generation} " in title))

    named = [lead for lead in leads if _names(_plain(lead.title), spec) and _year_fits(lead.title, spec)]
    return tuple(sorted(named, key=rank))
