"""How well are descriptions read? A list of cases in many languages, field by field, and its time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.pipeline.understand import Understanding, accuracy

_PARTS = 8
CASES = Path(__file__).with_name("cases.jsonl")


@pytest.mark.parametrize("part", range(_PARTS))
def test_the_cases_are_read_right_and_fast(reader: Understanding, part: int) -> None:
    lines = CASES.read_text(encoding="utf-8").splitlines()
    assert len(lines) >= 300
    found = accuracy([json.loads(line) for line in lines[part::_PARTS]], understanding=reader)
    wrong = [f"{miss.text}: {miss.field} {miss.expected!r} != {miss.got!r}" for miss in found.misses]
    assert not wrong, "\n".join(wrong)
    assert found.median_seconds < 0.005


def test_a_miss_is_counted_and_told(reader: Understanding) -> None:
    cases: list[dict[str, object]] = [
        {"text": "red BMW X5 2021", "brand": "BMW", "color": "blue", "body": "suv", "flags": []},
        {"text": "hello", "brand": None, "flags": ["no_car"]},
        {"text": " ", "brand": None, "kind": None},
    ]
    found = accuracy(cases, understanding=reader)
    assert (found.cases, found.whole) == (3, 2)
    assert (found.share("brand"), found.share("color"), found.share("year")) == (1.0, 0.0, 1.0)
    (miss,) = found.misses
    assert (miss.field, miss.expected, miss.got) == ("color", "blue", "red")
