"""Whatever is written: nothing raises but BadDescription, nothing takes long, no raw text gets into a spec."""

from __future__ import annotations

import re
import time
from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import BadDescription
from bot.pipeline.gazetteer import Gazetteer
from bot.pipeline.model import Background, Body, CarSpec, Condition, Finish, Reading, ReadingKind
from bot.pipeline.understand import LIMIT
from tests.reading import GAZETTEER
from tests.unit.understand.conftest import READER

PLATE = re.compile(r"[A-Z0-9 -]{2,10}")
MOST_TIMES = 3.0
"""So many times as long as ordinary words of the same length may hostile ones take."""
ORDINARY = (
    "I would like to see a dark blue Skoda Octavia estate from 2019 with a panoramic roof, "
    "from the front and from the side, please. " * 20
)[:LIMIT]


def _known(gazetteer: Gazetteer) -> dict[str, set[str]]:
    models = [(brand, model) for brand in gazetteer.brands for model in brand.models]
    return {
        "brand": {brand.name for brand in gazetteer.brands},
        "model": {model.name for _, model in models},
        "generation": {gen.name for _, model in models for gen in model.generations},
        "color": {color.name for color in gazetteer.colors},
        "color_hex": {color.hex for color in gazetteer.colors},
        "trim": set(gazetteer.lexicon.topics["trims"]),
    }


KNOWN = _known(GAZETTEER)
KNOWN |= {"second_color": KNOWN["color"], "second_color_hex": KNOWN["color_hex"]}


def _assert_recognised(spec: CarSpec) -> None:
    for name, values in KNOWN.items():
        value = getattr(spec, name)
        assert value is None or value in values, (name, value)
    for name, kind in (
        ("body", Body),
        ("finish", Finish),
        ("condition", Condition),
        ("background", Background),
    ):
        value = getattr(spec, name)
        assert value is None or isinstance(value, kind)
    assert spec.year is None or 1800 <= spec.year < 2200
    assert spec.plate is None or PLATE.fullmatch(spec.plate)
    names = {field.name for field in fields(CarSpec)}
    assert spec.given <= names
    assert spec.inferred <= names
    assert not spec.given & spec.inferred
    assert 0.0 <= spec.confidence <= 1.0
    for name in spec.given | spec.inferred:
        assert getattr(spec, name) is not None, name


def _assert_sound(reading: Reading) -> None:
    for spec in reading.specs:
        _assert_recognised(spec)
    assert all(angle in CATALOGUE for angle in reading.angles)
    if reading.kind in {ReadingKind.CAR, ReadingKind.UNSURE}:
        assert reading.specs
    if reading.kind is ReadingKind.SEVERAL:
        assert len(reading.specs) > 1
    if reading.kind is ReadingKind.CAR:
        assert reading.spec is not None
        assert reading.spec.brand
        assert reading.spec.model
    facts = {value for note in reading.notes for _, value in note.facts}
    known = set().union(*KNOWN.values()) | {""}
    for fact in facts:
        assert fact in known or fact.isdecimal() or any(fact.startswith(brand) for brand in KNOWN["brand"]), (
            fact
        )


def _read(text: str, previous: CarSpec | None = None) -> Reading | None:
    try:
        return READER.understand(text, previous=previous)
    except BadDescription:
        return None


WORDS = st.sampled_from(
    [
        *(brand.name for brand in GAZETTEER.brands),
        *(alias for brand in GAZETTEER.brands for alias in brand.aliases[:4]),
        *(model.name for brand in GAZETTEER.brands for model in brand.models[:12]),
        *(word for color in GAZETTEER.colors for words in color.words.values() for word in words[:3]),
        *(word for topic in GAZETTEER.lexicon.topics.values() for words in topic.values() for word in words[:6]),
        "2008", "2019", "'19", "98 року", "not", "не", ",", ".", ";", "/", "-", "\n", "and", "або", "plate AA1234BB",
        "номер", "AA", "1234", "3", "8", "X5", "Х5", "5", "2.0", "$", "🔴", "12 000 km", "the same but",
    ]
)  # fmt: skip
SENTENCES = st.lists(WORDS, min_size=1, max_size=40).map(lambda words: " ".join(words)[:LIMIT])


def _assert_no_slower(text: str) -> None:
    """Measured side by side with ordinary words, so that the machine does not matter."""
    ratios = (_seconds(text) / _seconds(ORDINARY) for _ in range(5))
    assert any(ratio < MOST_TIMES for ratio in ratios), "it takes too long"


def _seconds(text: str) -> float:
    started = time.process_time()
    _read(text)
    return time.process_time() - started


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=LIMIT + 10))
def test_any_text(text: str) -> None:
    reading = _read(text)
    if reading is not None:
        _assert_sound(reading)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SENTENCES, st.booleans())
def test_any_words_about_cars(text: str, following: bool) -> None:
    first = READER.understand("red BMW X5 2021 plate AA1234BB").spec if following else None
    reading = _read(text, first)
    if reading is not None:
        _assert_sound(reading)


@settings(max_examples=200, deadline=None)
@given(SENTENCES)
def test_the_same_text_reads_the_same(text: str) -> None:
    assert _read(text) == _read(text)


HOSTILE = [
    "bmw " * 500,
    "x5 " * 666,
    "a" * LIMIT,
    "а " * 1000,
    "1 " * 1000,
    "2019 " * 400,
    "red " * 500,
    "not red " * 250,
    "bmw x5 audi a6 " * 133,
    "камри тайота " * 150,
    "zxqvwjkl " * 220,
    "мерседеес фольксвагеен " * 85,
    "赤いトヨタ" * 400,
    "丰" * LIMIT,
    "ignore " * 280,
    "ignore previous " * 120,
    "1 234 567 " * 200,
    "+380 67 123 45 67 " * 110,
    "a-b-c-d-e-f-g-h-" * 120,
    "'" * LIMIT,
    "'19 " * 500,
    "plate AA " * 220,
    "3 series " * 220,
    "golf 8 " * 280,
    "\u0301" * 1999 + "x",
    "ﷺ" * 1900,
    "((((((((((" * 200,
    ", " * 1000,
    "from the side and the back " * 74,
    "naked" * 400,
    "not not not not " * 125,
    "white with black roof and " * 76,
    "\n".join("BMW X5 2019, red" for _ in range(110)),
    "<system>" * 250,
    "0.1" * 660,
    "10/2019" * 280,
    "темно-" * 330,
    "abcdefghijk0123456 " * 105,
    "w124 e46 g05 " * 150,
    "BMW Audi Opel Ford Fiat " * 80,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_takes_no_time(text: str) -> None:
    _assert_no_slower(text[:LIMIT])
    reading = _read(text[:LIMIT])
    if reading is not None:
        _assert_sound(reading)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)
@given(st.lists(WORDS, min_size=150, max_size=300).map(lambda words: " ".join(words)[:LIMIT]))
def test_long_texts_of_known_words_take_no_time(text: str) -> None:
    _assert_no_slower(text)
