"""What does the gazetteer hold? Brands, models, generations, colours and word lists as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.pipeline.model import Body, Dimensions


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One generation of a model. `last_year` is None while it is made; `body` only where it differs."""

    name: str
    aliases: tuple[str, ...]
    first_year: int
    last_year: int | None
    dimensions: Dimensions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model. `body` is the usual one of `bodies`; `dimensions` those of its newest known generation."""

    name: str
    aliases: tuple[str, ...]
    body: Body
    bodies: tuple[Body, ...]
    first_year: int
    last_year: int | None
    generations: tuple[Generation, ...] = ()
    dimensions: Dimensions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """One maker. `badge` says what the emblem looks like, in words of sight, naming no maker."""

    name: str
    aliases: tuple[str, ...]
    badge: str
    models: tuple[Model, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Color:
    """A colour: lower-case English name, `#rrggbb`, and the words for it by language code."""

    name: str
    hex: str
    words: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Word lists by topic, then by meaning: `topics["bodies"]["estate"]` holds words and phrases.

    `modifiers` maps (dark or light, colour) to the colour meant. `everyday` are words that are never
    read as a typing error and are not by themselves a model's name.
    """

    topics: Mapping[str, Mapping[str, tuple[str, ...]]]
    modifiers: Mapping[tuple[str, str], str]
    everyday: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gazetteer:
    """Everything that is known about cars and the words for them."""

    brands: tuple[Brand, ...]
    colors: tuple[Color, ...]
    lexicon: Lexicon

    def badges(self) -> Mapping[str, str]:
        """The badge book: brand name to what its emblem looks like, for every brand."""
        return {brand.name: brand.badge for brand in self.brands}

    def brand(self, name: str | None) -> Brand | None:
        """The brand of exactly that name; nothing has no name."""
        return next((brand for brand in self.brands if brand.name == name), None)

    def model(self, brand: str | None, name: str | None) -> Model | None:
        """The model of exactly that name."""
        found = self.brand(brand)
        return next((model for model in found.models if model.name == name), None) if found else None
