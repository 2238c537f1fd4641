"""Which words mean what? One look-up table from spellings and sounds to everything the gazetteer knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.pipeline.gazetteer import Brand, Gazetteer, Generation, Model
from bot.pipeline.understand.sound import sounds_of_name, sounds_of_word
from bot.pipeline.understand.text import squash

LONGEST_PHRASE = 6
LONGEST_KEY = 40

_CODE = re.compile(r"[a-z]{1,3}\d{1,4}[a-z]{0,2}|\d{1,3}[a-z]{1,3}")
_LETTER_NUMBER = re.compile(r"[a-zа-яєії]\d{1,2}")
_EAST = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NUMBERED = re.compile(r"w\d{3}")
_TABLES = frozenset({"kin", "emoji", "bare_numbers", "trim_makers", "beside_maker"})
_APART = re.compile(r"[ -]+")
_SHORT_WORD = 2
_SOUND_LENGTH = 4


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A model with its maker. `bound`: read only right beside its maker's name; `weak`: needs support."""

    brand: Brand
    model: Model
    bound: bool
    weak: bool


@dataclass(frozen=True, slots=True)
class Maker:
    brand: Brand
    weak: bool


@dataclass(frozen=True, slots=True)
class Sense:
    """What a word of the word lists means: a topic and a meaning in it."""

    topic: str
    meaning: str


@dataclass(slots=True)
class Index:
    """Spellings (folded, without spaces) to meanings."""

    makers: dict[str, Maker] = field(default_factory=dict)
    models: dict[str, tuple[Named, ...]] = field(default_factory=dict)
    senses: dict[str, tuple[Sense, ...]] = field(default_factory=dict)
    maker_sounds: dict[str, Maker] = field(default_factory=dict)
    model_sounds: dict[str, tuple[Named, ...]] = field(default_factory=dict)
    codes: dict[str, tuple[tuple[Brand, Model, Generation], ...]] = field(default_factory=dict)
    everyday: frozenset[str] = frozenset()
    bare: frozenset[str] = frozenset()
    """Numbers that are models without their maker's name."""
    phrases: set[str] = field(default_factory=set)
    """Names of models that are written apart."""
    lettered: set[str] = field(default_factory=set)
    """Those of `phrases` in which a letter stands alone: `c klas` is no misspelling of another one."""
    beside: frozenset[str] = frozenset()
    """Words that are models only beside their maker's name."""
    east: frozenset[str] = frozenset()
    longest_east: int = 1
    hexes: Mapping[str, str] = field(default_factory=dict)
    modifiers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    kin: tuple[frozenset[str], ...] = ()
    emoji: Mapping[str, str] = field(default_factory=dict)
    trim_makers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def knows(self, key: str) -> bool:
        """Whether a word means anything at all, everyday words included."""
        return (
            key in self.makers
            or key in self.models
            or key in self.senses
            or key in self.codes
            or key in self.everyday
        )

    def sounds_like(self, key: str) -> tuple[Maker | None, tuple[Named, ...]]:
        """Maker and models that a Cyrillic word sounds like."""
        for heard in sounds_of_word(key):
            maker, models = self.maker_sounds.get(heard), self.model_sounds.get(heard, ())
            if maker or models:
                return maker, models
        return None, ()

    def split_east(self, run: str) -> Iterator[str]:
        """Cut a run of an East Asian script into known words, longest first, and what lies between them."""
        at = unknown = 0
        while at < len(run):
            lengths = range(min(self.longest_east, len(run) - at), 0, -1)
            length = next((n for n in lengths if run[at : at + n] in self.east), 0)
            if length:
                if unknown < at:
                    yield run[unknown:at]
                yield run[at : at + length]
                unknown = at + length
            at += length or 1
        if unknown < at:
            yield run[unknown:at]


def _add(table: dict[str, tuple[Named, ...]], key: str, named: Named) -> None:
    old = table.get(key)
    if old is None:
        table[key] = (named,)
    elif all(other.model is not named.model for other in old):
        table[key] = (*old, named)


def _strength(index: Index, key: str) -> tuple[bool, bool]:
    """(bound, weak) of a model's spelling."""
    everyday = index.everyday
    if key in index.bare:
        return False, True
    if key in index.beside:
        return True, False
    if key.isdecimal() or (len(key) <= _SHORT_WORD and not any(map(str.isdigit, key))):
        return True, False
    if _LETTER_NUMBER.fullmatch(key):
        return key[0] in "rtкт", True
    return False, key in everyday or _CODE.fullmatch(key) is not None


def _sounds(key: str) -> Iterable[str]:
    return sounds_of_name(key) if len(key) >= _SOUND_LENGTH and key.isalpha() else ()


def _add_brand(index: Index, brand: Brand) -> None:
    for name in (brand.name, *brand.aliases):
        key = squash(name)
        maker = Maker(brand, weak=key in index.everyday or len(key) <= _SHORT_WORD)
        index.makers.setdefault(key, maker)
        for heard in _sounds(key):
            index.maker_sounds.setdefault(heard, maker)


def _add_models(index: Index, brand: Brand) -> None:
    for model in brand.models:
        for name in (model.name, *model.aliases):
            key = squash(name)
            if " " in name or "-" in name:
                index.phrases.add(key)
                if min(map(len, _APART.split(name))) == 1:
                    index.lettered.add(key)
            named = Named(brand, model, *_strength(index, key))
            _add(index.models, key, named)
            for heard in () if named.bound else _sounds(key):
                _add(index.model_sounds, heard, named)
        for generation in model.generations:
            for alias in generation.aliases:
                key = squash(alias)
                index.codes[key] = (*index.codes.get(key, ()), (brand, model, generation))
                if _NUMBERED.fullmatch(key) and key[1:] not in index.codes:
                    index.codes[key[1:]] = ((brand, model, generation),)


def _words(gazetteer: Gazetteer) -> Iterator[tuple[str, Sense]]:
    for color in gazetteer.colors:
        for words in color.words.values():
            for word in words:
                yield squash(word), Sense("colors", color.name)
                if word.endswith(("metallic", "pearl")):
                    yield squash(word), Sense("finishes", "metallic")
    for topic, table in gazetteer.lexicon.topics.items():
        if topic in _TABLES:
            continue
        for meaning, words in table.items():
            for word in words:
                yield squash(word), Sense(topic, meaning)


def build_index(gazetteer: Gazetteer) -> Index:
    """Read the whole gazetteer into one table; takes about a tenth of a second."""
    topics = gazetteer.lexicon.topics
    everyday = frozenset(squash(word) for word in gazetteer.lexicon.everyday)
    index = Index(
        everyday=everyday,
        hexes={color.name: color.hex for color in gazetteer.colors},
        modifiers=gazetteer.lexicon.modifiers,
        kin=tuple(frozenset(names) for names in topics.get("kin", {}).values()),
        bare=frozenset(topics.get("bare_numbers", {}).get("model", ())),
        beside=frozenset(squash(word) for word in topics.get("beside_maker", {}).get("word", ())),
        trim_makers=topics.get("trim_makers", {}),
        emoji={
            sign.replace("\ufe0f", ""): color
            for color, signs in topics.get("emoji", {}).items()
            for sign in signs
        },
    )
    for brand in gazetteer.brands:
        _add_brand(index, brand)
    for brand in gazetteer.brands:
        _add_models(index, brand)
    for key, sense in _words(gazetteer):
        old = index.senses.get(key, ())
        if key and sense not in old:
            index.senses[key] = (*old, sense)
    east = {key for table in (index.makers, index.models, index.senses) for key in table if _EAST.search(key)}
    index.east = frozenset(east)
    index.longest_east = max((len(key) for key in east), default=1)
    return index
