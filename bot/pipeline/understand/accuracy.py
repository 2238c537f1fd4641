"""How often is each field read as expected? Measured on cases with expected values."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.pipeline.errors import BadDescription
from bot.pipeline.model import Body, CarSpec, Reading, ReadingKind
from bot.pipeline.understand.reader import Understanding

FIELDS = ("brand", "model", "generation", "year", "color", "second_color", "finish", "body", "trim", "condition",
          "background", "plate", "angles", "kind", "flags")  # fmt: skip
_FLAGS = frozenset(
    {"ambiguous_year_model", "neg_color", "multi", "injection", "nsfw", "year_outside", "no_car"}
)
_BODY_WORDS = {"cabriolet": Body.CONVERTIBLE.value, "cabrio": Body.CONVERTIBLE.value}


@dataclass(frozen=True, slots=True)
class Miss:
    """One field read otherwise than expected."""

    text: str
    field: str
    expected: object
    got: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """`right` and `asked` count by field; a field counts where the case names it. Times in seconds."""

    right: Mapping[str, int]
    asked: Mapping[str, int]
    cases: int
    whole: int
    """Cases of which every field was right."""
    misses: tuple[Miss, ...] = field(default=())
    median_seconds: float = 0.0
    longest_seconds: float = 0.0

    def share(self, name: str) -> float:
        """0..1; 1 for a field that no case names."""
        return self.right[name] / self.asked[name] if self.asked.get(name) else 1.0


def _spec(values: Mapping[str, Any]) -> CarSpec:
    sets = {name: frozenset(values[name]) for name in ("given", "inferred") if name in values}
    body = {"body": Body(values["body"])} if values.get("body") else {}
    return CarSpec(**{**values, **sets, **body})


def _read(understanding: Understanding, case: Mapping[str, Any]) -> Reading | None:
    previous = _spec(case["previous"]) if case.get("previous") else None
    try:
        return understanding.understand(str(case["text"]), previous=previous)
    except BadDescription:
        return None


def _got(reading: Reading | None, name: str) -> object:
    if name == "flags":
        flags = {note.kind.value for note in reading.notes} & _FLAGS if reading else set()
        if reading is None or reading.kind is ReadingKind.NO_CAR:
            flags.add("no_car")
        return sorted(flags)
    if name == "kind":
        return reading.kind.value if reading else None
    if name == "angles":
        return list(reading.angles) if reading else []
    value = getattr(reading.spec, name) if reading is not None and reading.spec is not None else None
    return str(value) if name in {"finish", "body", "condition", "background"} and value else value


def _expected(case: Mapping[str, Any], name: str) -> object:
    value = case[name]
    if name == "flags":
        return sorted(set(value) & _FLAGS)
    return _BODY_WORDS.get(value, value) if name == "body" and value else value


def _compare(case: Mapping[str, Any], reading: Reading | None) -> Iterable[tuple[str, object, object]]:
    for name in FIELDS:
        if name in case:
            expected, got = _expected(case, name), _got(reading, name)
            if (
                name == "flags"
                and isinstance(expected, list)
                and "no_car" not in expected
                and isinstance(got, list)
            ):
                got = [flag for flag in got if flag != "no_car"]
            yield name, expected, got


def accuracy(cases: Iterable[Mapping[str, Any]], *, understanding: Understanding) -> Accuracy:
    """Read every case's `text` and compare the fields that the case holds.

    A case is a mapping with `text`, any of FIELDS as expected values, and perhaps `previous` (fields
    of an earlier spec). Flags are compared among those that say something of the text's kind.
    """
    right: dict[str, int] = {}
    asked: dict[str, int] = {}
    misses: list[Miss] = []
    times: list[float] = []
    whole = 0
    for case in cases:
        started = time.perf_counter()
        reading = _read(understanding, case)
        times.append(time.perf_counter() - started)
        good = True
        for name, expected, got in _compare(case, reading):
            asked[name] = asked.get(name, 0) + 1
            right[name] = right.get(name, 0) + (expected == got)
            if expected != got:
                good = False
                misses.append(Miss(str(case["text"]), name, expected, got))
        whole += good
    times.sort()
    return Accuracy(
        right=right,
        asked=asked,
        cases=len(times),
        whole=whole,
        misses=tuple(misses),
        median_seconds=times[len(times) // 2] if times else 0.0,
        longest_seconds=times[-1] if times else 0.0,
    )
