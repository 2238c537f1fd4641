"""How do the data files become a gazetteer?"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from itertools import product
from types import MappingProxyType
from typing import Any

from bot.pipeline.gazetteer.tables import Brand, Color, Gazetteer, Generation, Lexicon, Model
from bot.pipeline.model import Body, Dimensions

_BRAND_FILES = ("germany", "europe", "france", "asia", "america", "east")
_BODIES = {
    "s": Body.SEDAN,
    "h": Body.HATCHBACK,
    "l": Body.LIFTBACK,
    "e": Body.ESTATE,
    "c": Body.COUPE,
    "o": Body.CONVERTIBLE,
    "u": Body.SUV,
    "p": Body.PICKUP,
    "m": Body.MINIVAN,
    "v": Body.VAN,
}
# The part of both overhangs that lies in front, typical of the body.
_FRONT_SHARE = {
    Body.SEDAN: 0.47,
    Body.HATCHBACK: 0.53,
    Body.LIFTBACK: 0.455,
    Body.ESTATE: 0.463,
    Body.COUPE: 0.45,
    Body.CONVERTIBLE: 0.45,
    Body.SUV: 0.46,
    Body.PICKUP: 0.43,
    Body.MINIVAN: 0.47,
    Body.VAN: 0.461,
}
_ROMAN = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv")
_BRACES = re.compile(r"\{([^{}]*)\}")
_COMMA = re.compile(r",(?![^{}]*\})")

Sizes = Mapping[tuple[str, str, str], tuple[int, int, int, int, int | None]]


def _read(name: str) -> str:
    return files(__package__).joinpath("data", name).read_text(encoding="utf-8")


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(_read(name))


def expand(text: str) -> Iterator[str]:
    """`x{1,2}{,i}` as x1, x1i, x2, x2i."""
    if "{" not in text:
        return iter((text,))
    parts = _BRACES.split(text)
    choices = [part.split(",") if at % 2 else [part] for at, part in enumerate(parts)]
    return ("".join(chosen) for chosen in product(*choices))


def _names(text: str) -> tuple[str, ...]:
    """A comma-separated list in which commas inside braces do not separate."""
    if "{" not in text:
        return tuple(name for part in text.split(",") if (name := part.strip()))
    listed = _COMMA.split(text)
    return tuple(name for part in listed if part.strip() for name in expand(part.strip()))


def _years(text: str) -> tuple[int, int | None]:
    first, dash, last = text.partition("-")
    return int(first), (int(last) if last else None) if dash else int(first)


def _sizes() -> Sizes:
    rows = csv.reader(_read("sizes.csv").splitlines())
    next(rows)
    return {
        (brand, model, generation): (
            int(length),
            int(width),
            int(height),
            int(wheelbase),
            int(front) if front else None,
        )
        for brand, model, generation, length, width, height, wheelbase, front in rows
    }


def _dimensions(sizes: Sizes, key: tuple[str, str, str], body: Body) -> Dimensions | None:
    found = sizes.get(key)
    if found is None:
        return None
    length, width, height, wheelbase, front = found
    front = front or round((length - wheelbase) * _FRONT_SHARE[body])
    return Dimensions(
        length=length,
        width=width,
        height=height,
        wheelbase=wheelbase,
        front_overhang=front,
        rear_overhang=length - wheelbase - front,
    )


def _generation(text: str, brand: str, model: str, body: Body, sizes: Sizes) -> Generation:
    codes, _, years = text.strip().rpartition(" ")
    name, *others = codes.split("=")
    first, last = _years(years)
    numbers = [code for code in (name, *others) if code.isdecimal() and int(code) < len(_ROMAN)]
    for number in numbers:
        roman = _ROMAN[int(number)]
        others += [f"mk{number}", f"{number} gen", f"gen {number}", f"{number} поколение"]
        others += [f"{number} покоління", f"{number}th gen", f"{number}th generation", f"generation {number}"]
        others += [roman] if len(roman) > 1 or roman in "vx" else []
        others += [f"mk {roman}"] if roman else []
    return Generation(
        name=f"Mk{name}" if name in numbers else name,
        aliases=(name, *others),
        first_year=first,
        last_year=last,
        dimensions=_dimensions(sizes, (brand, model, name), body),
    )


def _model(line: str, brand: str, sizes: Sizes) -> Model:
    name, letters, years, *rest = (part.strip() for part in f"{line} | ".split("|"))
    bodies = tuple(_BODIES[letter] for letter in letters)
    first, last = _years(years)
    rows = rest[1] if len(rest) > 1 else ""
    generations = tuple(
        _generation(row, brand, name, bodies[0], sizes) for row in rows.split(";") if row.strip()
    )
    own = _dimensions(sizes, (brand, name, ""), bodies[0])
    newest = next((gen.dimensions for gen in reversed(generations) if gen.dimensions), None)
    return Model(
        name=name,
        aliases=_names(rest[0]),
        body=bodies[0],
        bodies=bodies,
        first_year=first,
        last_year=last,
        generations=generations,
        dimensions=own or newest,
    )


def _brands(sizes: Sizes) -> Iterator[Brand]:
    for file in _BRAND_FILES:
        for name, row in _toml(f"brands_{file}.toml").items():
            lines = (line.strip() for line in row["models"].splitlines())
            yield Brand(
                name=name,
                aliases=_names(row["aliases"]),
                badge=row["badge"],
                models=tuple(_model(line, name, sizes) for line in lines if line),
            )


def _inflected(word: str, endings: str) -> tuple[str, ...]:
    """`чорн~` with every ending of its language; words without the mark as they are."""
    stem, mark, tail = word.partition("~")
    return tuple(f"{stem}{ending}{tail}" for ending in endings.split(",")) if mark else (word,)


def _colors(data: Mapping[str, Any]) -> tuple[Color, ...]:
    endings = data["endings"]
    ordinary = set(_names(data["not_colors"]["words"]))
    return tuple(
        Color(
            name=name,
            hex=row["hex"],
            words=MappingProxyType(
                {
                    language: tuple(
                        form
                        for word in _names(text)
                        for form in _inflected(word, endings.get(language, ""))
                        if form not in ordinary
                    )
                    for language, text in row.items()
                    if language != "hex"
                }
            ),
        )
        for name, row in data["colors"].items()
    )


def _lexicon(colors: Mapping[str, Any]) -> Lexicon:
    words = _toml("words.toml")
    everyday = frozenset(_read("everyday.txt").split())
    return Lexicon(
        topics=MappingProxyType(
            {
                topic: MappingProxyType(
                    {
                        meaning: tuple(w.strip() for line in text.splitlines() for w in _names(line))
                        for meaning, text in table.items()
                    }
                )
                for topic, table in words.items()
            }
        ),
        modifiers=MappingProxyType(
            {
                (shade, color): meant
                for shade, table in colors["modifiers"].items()
                for color, meant in table.items()
            }
        ),
        everyday=everyday,
    )


def load_gazetteer() -> Gazetteer:
    """Read all data files of the package; takes about a tenth of a second."""
    colors = _toml("colors.toml")
    return Gazetteer(brands=tuple(_brands(_sizes())), colors=_colors(colors), lexicon=_lexicon(colors))
