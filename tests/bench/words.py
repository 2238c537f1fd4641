"""How fast and how right is the reading of descriptions?"""

from __future__ import annotations

import json
import time
from pathlib import Path

from bot.pipeline.gazetteer import load_gazetteer
from bot.pipeline.understand import Understanding, accuracy
from tests.bench.figure import Figure, median

_CASES = Path(__file__).parents[1] / "unit" / "understand" / "cases.jsonl"
_ROUNDS = 5


async def figures(*, short: bool) -> list[Figure]:
    """On the cases of the tests; the floor splits each and looks every word up in one dictionary."""
    started = time.perf_counter()
    gazetteer = load_gazetteer()
    understanding = Understanding(gazetteer=gazetteer)
    opened = time.perf_counter() - started
    lines = _CASES.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines[: 40 if short else None] if line.strip()]
    known = {word.casefold(): brand.name for brand in gazetteer.brands for word in brand.name.split()}
    bare = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        for row in rows:
            [known.get(word) for word in str(row["text"]).casefold().split()]
        bare.append((time.perf_counter() - started) / len(rows))
    report = accuracy(rows, understanding=understanding)
    share = sum(report.right.values()) / sum(report.asked.values())
    return [
        Figure(
            part="words",
            what="reading a description",
            value=report.median_seconds * 1e6,
            unit="µs",
            floor=median(bare) * 1e6,
            floor_is="split, and one dictionary look-up a word",
        ),
        Figure(part="words", what="the longest of all", value=report.longest_seconds * 1e3, unit="ms"),
        Figure(part="words", what="start: load and index", value=opened * 1e3, unit="ms"),
        Figure(
            part="words",
            what=f"fields right, of {sum(report.asked.values()):,}",
            value=100 * share,
            unit="%",
            least=99.0,
        ),
    ]
