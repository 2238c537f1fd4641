"""What does a brand look like as shapes? Grille, headlamp and tail-lamp families, no trademarks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Family names that `panels` knows how to draw."""

    grille: str
    lamps: str
    tails: str


@cache
def _styles() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files(__package__).joinpath("styles.toml").read_text(encoding="utf-8"))


def style_for(brand: str | None, body: str) -> Style:
    """The style of that brand on that body class; unknown brands get the plain one."""
    table = _styles()
    chosen = {**table["default"], **table.get((brand or "").casefold(), {})}
    if body == "pickup" and "tails" not in table.get((brand or "").casefold(), {}):
        chosen["tails"] = "tall"
    if body in {"van", "minivan", "city"} and chosen["tails"] == "wide":
        chosen["tails"] = "tall"
    return Style(grille=chosen["grille"], lamps=chosen["lamps"], tails=chosen["tails"])
