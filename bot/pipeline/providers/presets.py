"""What can each family of picture models take, and what does a picture cost? One table for all servers.

Prices in USD, as published in November 2026; settings win over the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from bot.pipeline.model import Strength
from bot.pipeline.ports import Capabilities

_MEGAPIXEL = 1024 * 1024
_MILLION = 1_000_000


class Edits(StrEnum):
    """How pictures are handed over, if they are."""

    NONE = "none"
    MULTIPART = "multipart"
    JSON = "json"
    """As data addresses: Pollinations drops the seed of a multipart edit and keeps that of JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """USD per million tokens: words in, pictures in, pictures out."""

    words: float
    pictures: float
    out: float

    def cost(self, words: int, pictures: int, out: int) -> float:
        """USD of one answer."""
        return (words * self.words + pictures * self.pictures + out * self.out) / _MILLION


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One family of models.

    `references` counts all pictures of an edit: photos, hero and guide. `seed` travels as a field of
    that name. `expected` is USD of a megapixel by quality, and what a picture costs where the server
    counts no `tokens`; "" stands for every quality that is not listed.
    """

    edits: Edits = Edits.NONE
    references: int = 0
    seed: bool = False
    sentences: bool = True
    width: int = 1536
    height: int = 1024
    quality: str | None = None
    qualities: frozenset[str] = frozenset()
    """What may be sent; nothing is sent to models that list none."""
    concurrency: int = 6
    per_minute: int | None = None
    seconds: float = 15.0
    tokens: Tokens | None = None
    expected: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({"": 0.0}))
    by_size: bool = False
    """Whether larger pictures cost more."""
    jpeg: bool = False
    """Whether JPEG may be asked for: it arrives sooner than PNG and is looked at sooner."""
    hedges: bool = False
    """Whether a second, identical call is one of its own: Pollinations joins it to the first."""

    @property
    def price(self) -> float:
        """USD that a picture is expected to cost."""
        usd = self.expected.get(self.quality or "", self.expected[""])
        return usd * self.width * self.height / _MEGAPIXEL if self.by_size else usd

    @property
    def strength(self) -> Strength:
        """How firmly such a model holds one car together."""
        if self.edits is not Edits.NONE and self.references:
            return Strength.REFERENCES
        return Strength.SEEDS if self.seed else Strength.NONE

    def capabilities(self, model: str) -> Capabilities:
        """As the pipeline sees it."""
        takes = self.references if self.edits is not Edits.NONE else 0
        return Capabilities(
            strength=self.strength,
            concurrency=self.concurrency,
            per_minute=self.per_minute,
            seconds=self.seconds,
            takes_references=takes,
            takes_guide=takes > 0,
            takes_seed=self.seed,
            instructions=self.sentences,
            price=self.price,
            width=self.width,
            height=self.height,
            model=model,
            hedges=self.hedges,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What an operator knows better; None keeps the table's value."""

    edits: bool | None = None
    references: int | None = None
    seed: bool | None = None
    sentences: bool | None = None
    size: str | None = None
    quality: str | None = None
    concurrency: int | None = None
    per_minute: int | None = None
    price: float | None = None


def _flat(usd: float) -> Mapping[str, float]:
    return MappingProxyType({"": usd})


_QUALITIES = frozenset({"low", "medium", "high", "auto"})
# xhigh and max are not published: each is taken as twice the step below
_SECOND = MappingProxyType(
    {"low": 0.0059, "medium": 0.013, "high": 0.053, "xhigh": 0.106, "max": 0.212, "": 0.053}
)
_FIRST = MappingProxyType({"low": 0.011, "medium": 0.042, "high": 0.167, "": 0.167})
_MINI = MappingProxyType({"low": 0.005, "medium": 0.011, "high": 0.036, "": 0.036})
_GPT_2 = Preset(
    edits=Edits.MULTIPART,
    references=16,
    qualities=_QUALITIES | {"xhigh", "max"},
    concurrency=10,
    tokens=Tokens(words=5, pictures=8, out=30),
    expected=_SECOND,
    by_size=True,
    jpeg=True,
)
_GPT_1 = replace(_GPT_2, qualities=_QUALITIES, tokens=Tokens(words=5, pictures=8, out=32), expected=_FIRST)
_OPEN_WEIGHTS = Preset(seed=True, concurrency=10, seconds=15.0)
_TAGS = replace(_OPEN_WEIGHTS, sentences=False, width=1024, height=768)
_OPENAI: Mapping[str, Preset] = MappingProxyType(
    {
        "gpt-image-2": replace(_GPT_2, seconds=40.0),
        "gpt-image-2.5-flare": replace(_GPT_2, seconds=12.0),
        "gpt-image-2.6-flare": replace(_GPT_2, seconds=12.0),
        "gpt-image-2.5-sunburst": replace(_GPT_2, seconds=30.0),
        "gpt-image-2.6-sunburst": replace(_GPT_2, seconds=30.0),
        "gpt-image": replace(_GPT_1, seconds=30.0),
        "chatgpt-image": replace(_GPT_1, seconds=30.0),
        "gpt-image-1-mini": replace(_GPT_1, tokens=Tokens(words=2, pictures=2.5, out=8), expected=_MINI),
        "qwen-image-edit": replace(_OPEN_WEIGHTS, edits=Edits.MULTIPART, references=3),
        "flux": _TAGS,
        "sd": _TAGS,
        "stable": _TAGS,
        "dreamshaper": _TAGS,
        "": _OPEN_WEIGHTS,
    }
)
"""OpenAI's models, then those that people serve themselves (LocalAI, vLLM-Omni and others)."""
_POLLEN = Preset(edits=Edits.JSON, seconds=12.0)
_GEMINI = MappingProxyType({"": 0.04})
_POLLINATIONS: Mapping[str, Preset] = MappingProxyType(
    {
        "flux": replace(_TAGS, concurrency=6, seconds=8.0, expected=_flat(0.002)),
        "dreamshaper": replace(_TAGS, seed=False, concurrency=6, seconds=5.0, expected=_flat(0.0001)),
        "zimage": Preset(seed=True, seconds=8.0, expected=_flat(0.004)),
        "klein": replace(_POLLEN, references=10, seed=True, expected=_flat(0.005)),
        "kontext": replace(_POLLEN, references=1, expected=_flat(0.04)),
        "seedream": replace(_POLLEN, references=10, seed=True, seconds=20.0, expected=_flat(0.03)),
        "seedream-pro": replace(_POLLEN, references=14, seed=True, seconds=25.0, expected=_flat(0.04)),
        "seedream5": replace(_POLLEN, references=14, seed=True, seconds=25.0, expected=_flat(0.035)),
        "seedream5-pro": replace(_POLLEN, references=10, seed=True, seconds=30.0, expected=_flat(0.09)),
        "nanobanana": replace(
            _POLLEN, references=3, tokens=Tokens(words=0.3, pictures=0.3, out=30), expected=_GEMINI
        ),
        "nanobanana-2": replace(
            _POLLEN, references=14, tokens=Tokens(words=0.5, pictures=0.5, out=60), expected=_flat(0.16)
        ),
        "nanobanana-2-lite": replace(
            _POLLEN, references=14, tokens=Tokens(words=0.25, pictures=0.25, out=30), expected=_GEMINI
        ),
        "nanobanana-pro": replace(
            _POLLEN, references=14, tokens=Tokens(words=2, pictures=2, out=120), expected=_flat(0.14)
        ),
        "gptimage": replace(
            _GPT_1,
            edits=Edits.JSON,
            tokens=Tokens(words=1.5, pictures=1.875, out=6),
            expected=_MINI,
            seconds=25.0,
        ),
        "gptimage-large": replace(_GPT_1, edits=Edits.JSON, seconds=30.0),
        "gpt-image-2": replace(
            _GPT_2, edits=Edits.JSON, tokens=Tokens(words=3.75, pictures=6, out=22.5), seconds=40.0
        ),
        "qwen-image": replace(_POLLEN, references=3, expected=_flat(0.03)),
        "wan-image": replace(_POLLEN, references=9, expected=_flat(0.03)),
        "": Preset(expected=_flat(0.04)),
    }
)
"""Pollinations' models by their names there. One pollen is one USD."""
_TABLES = MappingProxyType({"openai": _OPENAI, "pollinations": _POLLINATIONS})


def preset_for(provider: str, model: str, overrides: Overrides | None = None) -> Preset:
    """The preset of `openai` or `pollinations` whose name the model's begins with, the longest one.

    A path before the name does not count: `Qwen/Qwen-Image` is `qwen-image`.
    """
    name = model.rpartition("/")[2].lower()
    table = _TABLES[provider]
    found = table[max((start for start in table if name.startswith(start)), key=len)]
    itself = provider == "openai"
    found = replace(found, hedges=itself, jpeg=found.jpeg and itself)
    return _overridden(found, overrides or Overrides())


def _overridden(preset: Preset, known: Overrides) -> Preset:
    if known.edits is not None and known.edits != (preset.edits is not Edits.NONE):
        preset = replace(preset, edits=Edits.MULTIPART if known.edits else Edits.NONE)
        if known.edits and not preset.references:
            preset = replace(preset, references=1)
    if known.references is not None:
        preset = replace(preset, references=known.references)
    if known.seed is not None:
        preset = replace(preset, seed=known.seed)
    if known.sentences is not None:
        preset = replace(preset, sentences=known.sentences)
    if known.size is not None:
        width, _, height = known.size.partition("x")
        preset = replace(preset, width=int(width), height=int(height))
    if known.quality is not None:
        preset = replace(preset, quality=known.quality, qualities=preset.qualities | {known.quality})
    if known.concurrency is not None:
        preset = replace(preset, concurrency=known.concurrency)
    if known.per_minute is not None:
        preset = replace(preset, per_minute=known.per_minute)
    if known.price is not None:
        preset = replace(preset, expected=_flat(known.price), by_size=False, tokens=None)
    return preset
