"""Which words find a photo of a car from an angle."""

from __future__ import annotations

from types import MappingProxyType

from bot.pipeline.model import AngleName, CarSpec

_VIEWS = MappingProxyType(
    {
        "front": "front",
        "front-three-quarter": "front",
        "front-three-quarter-right": "front",
        "low": "front",
        "top": "front",
        "rear": "rear",
        "rear-three-quarter": "rear",
        "rear-three-quarter-right": "rear",
        "side": "side",
        "side-right": "side",
        "overhead": "roof",
        "wheel": "wheel",
        "interior": "interior",
        "dashboard": "dashboard",
        "trunk": "boot",
        "engine": "engine",
        "details": "grille",
        "headlight": "headlight",
        "taillight": "taillight",
    }
)


def view_word(angle: AngleName) -> str:
    """One word that titles of photos use. Angles that share one share the search, not the photo."""
    return _VIEWS.get(angle, "front")


def photo_words(spec: CarSpec, angle: AngleName) -> str:
    """The query for one angle: recognised values only."""
    return " ".join(word for word in (spec.brand, spec.model, spec.generation, view_word(angle)) if word)
