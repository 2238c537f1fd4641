"""How good is an album? Scores out of 100 from album.json and the decoded pictures, nothing else."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import Image, UnidentifiedImageError

from bot.pipeline.badge_words import visual_words
from bot.pipeline.model import SESSION_ID

_FULL_SCORE = 100.0
_WEIGHTS = MappingProxyType({"brand": 30.0, "model": 20.0, "year": 10.0, "color": 25.0, "body_type": 15.0})
_ENOUGH_VISUAL_WORDS = 2
_MAX_PIXELS = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCase:
    """One test car: what is written, which angles, and what must have been understood.

    `expected` holds values of album.json's spec: brand, model, year, color, body_type.
    """

    description: str
    angles: tuple[str, ...]
    expected: Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Each out of 100; `total` is 30 % consistency, 40 % relevance, 30 % logos."""

    consistency: float
    relevance: float
    logos: float
    total: float


def _case(color: str, brand: str, model: str, year: int, body: str, *angles: str) -> CheckCase:
    return CheckCase(
        description=f"{color} {brand} {model} {year} {'SUV' if body == 'suv' else body}",
        angles=angles,
        expected=MappingProxyType(
            {"brand": brand, "model": model, "year": year, "color": color, "body_type": body}
        ),
    )


_CLIO = ("blue", "Renault", "Clio", 2019, "hatchback")
_CASES: Mapping[str, tuple[CheckCase, ...]] = MappingProxyType(
    {
        "minimal": (_case(*_CLIO, "front-three-quarter"),),
        "quick": (_case(*_CLIO, "front", "side"),),
        "full": (
            _case(*_CLIO, "front", "side", "rear"),
            _case("black", "Mercedes-Benz", "E-Class", 2021, "sedan", "front", "side", "rear"),
            _case("white", "Great Wall", "H6", 2020, "suv", "front", "side"),
            _case("red", "BMW", "X5", 2022, "suv", "front", "side", "rear"),
            _case("silver", "Peugeot", "308", 2020, "hatchback", "front", "side"),
        ),
    }
)


def cases(level: str) -> tuple[CheckCase, ...]:
    """The test cars of `minimal`, `quick` or `full`; raises KeyError for any other level."""
    return _CASES[level]


def _has(text: str, phrase: object) -> bool:
    """Whether the phrase stands in the text as whole words, in any case."""
    words = str(phrase).strip()
    return bool(words) and re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) is not None


def _decodes(image: Mapping[str, Any], folder: Path) -> bool:
    """Whether the picture lies in the folder, can be decoded to the end and has the size it claims."""
    path = folder / Path(str(image.get("path") or "?")).name
    try:
        with Image.open(path, formats=("JPEG", "PNG", "WEBP")) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                return False
            picture.load()
            return picture.size == (image.get("width"), image.get("height"))
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False


def _consistency(album: Mapping[str, Any], images: Sequence[Mapping[str, Any]]) -> float:
    """One session id 40, unique seeds 30, the consistency hint in every prompt 30."""
    session = str(album.get("session_id"))
    one = SESSION_ID.fullmatch(session) is not None and all(
        image.get("session_id") == session for image in images
    )
    seeds = [image.get("seed") for image in images]
    unique = len(set(seeds)) == len(seeds) and all(isinstance(seed, int) for seed in seeds)
    hints = all(
        _has(str(image.get("prompt")), f"Same vehicle, session {session}, seed {image.get('seed')}")
        for image in images
    )
    return 40.0 * one + 30.0 * unique + 30.0 * hints


_BADGE = re.compile(r"badge|emblem", re.IGNORECASE)
_BADGE_TAG = re.compile(r"[^,]*(?:badge|emblem)[^,(]*(?:\([^)]*\))?", re.IGNORECASE)


def _badge_and_rest(prompt: str) -> tuple[str, str]:
    """What is said of badges, and all else: an emblem's blue is not the car's blue.

    Of a prompt in sentences the whole sentences, of tags the badge's own with their brackets.
    """
    sentences = re.split(r"(?<=[.!?])\s+", prompt)
    if len(sentences) == 1:
        return " ".join(_BADGE_TAG.findall(prompt)), _BADGE_TAG.sub(" ", prompt)
    about = [part for part in sentences if _BADGE.search(part)]
    return " ".join(about), " ".join(part for part in sentences if part not in about)


def _relevance(prompt: str, wanted: Mapping[str, Any]) -> float:
    """Brand 30, model 20, year 10, colour 25, body 15; what nobody stated does not count."""
    counted = {name: weight for name, weight in _WEIGHTS.items() if wanted.get(name) not in {None, ""}}
    _, rest = _badge_and_rest(prompt)
    got = sum(weight for name, weight in counted.items() if _has(rest, wanted[name]))
    return _FULL_SCORE * got / sum(counted.values()) if counted else 0.0


def _rivals(prompt: str, own: Mapping[str, Any], brands: Collection[str]) -> tuple[str, ...]:
    """Names of other brands in the prompt; the car's own names are taken out first (Land Rover, Rover)."""
    rest = prompt
    for name in sorted({str(own[key]) for key in ("brand", "model", "trim") if own.get(key)}, key=len)[::-1]:
        rest = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", rest, flags=re.IGNORECASE)
    brand = str(own.get("brand") or "")
    return tuple(name for name in brands if name.casefold() != brand.casefold() and _has(rest, name))


def _logos(prompt: str, own: Mapping[str, Any], brands: Collection[str]) -> float:
    """Right badge named 40, no rival named 30, other makers' excluded 15, described by sight 15."""
    brand = str(own.get("brand") or "")
    named = bool(brand) and (_has(prompt, f"{brand} badge") or _has(prompt, f"{brand} emblem"))
    alone = bool(prompt) and not _rivals(prompt, own, brands)
    excluded = _has(prompt, "not any other maker's badge")
    described = named and len(visual_words(_badge_and_rest(prompt)[0])) >= _ENOUGH_VISUAL_WORDS
    return 40.0 * named + 30.0 * alone + 15.0 * excluded + 15.0 * described


def score(
    album: Mapping[str, Any], folder: Path, brands: Collection[str], *, case: CheckCase | None = None
) -> Scores:
    """Score one album.

    `album` is album.json, `folder` where its pictures lie, `brands` all brand names known. Every view
    that was asked counts; one without a decodable picture scores nothing. With a `case` the prompts
    are held against what must have been understood, else against the album's own spec.
    """
    images = [image for image in album.get("images", ()) if isinstance(image, Mapping)]
    asked = max(len(images) + len(album.get("missing", ())), len(case.angles) if case else 0)
    drawn = [image for image in images if _decodes(image, folder)]
    if not asked or not drawn:
        return Scores(consistency=0.0, relevance=0.0, logos=0.0, total=0.0)
    spec: Mapping[str, Any] = album.get("spec") or {}
    wanted: Mapping[str, Any] = {**spec, **case.expected} if case else spec
    prompts = [str(image.get("prompt") or "") for image in drawn]
    consistency = _consistency(album, images) * len(drawn) / asked
    relevance = sum(_relevance(prompt, wanted) for prompt in prompts) / asked
    logos = sum(_logos(prompt, wanted, brands) for prompt in prompts) / asked
    return Scores(
        consistency=round(consistency, 2),
        relevance=round(relevance, 2),
        logos=round(logos, 2),
        total=round(0.3 * consistency + 0.4 * relevance + 0.3 * logos, 2),
    )
