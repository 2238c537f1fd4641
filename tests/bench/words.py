"""How fast and how right is the reading of descriptions?"""

from __future__ import annotations

import json
import time
from pathlib import Path

from rich.table import Table

from bot.pipeline.gazetteer import load_gazetteer
from bot.pipeline.understand import Understanding, accuracy

_CASES = Path(__file__).parents[1] / "unit" / "understand" / "cases.jsonl"


def table() -> Table:
    """Milliseconds a description and the share of right fields, on the cases of the tests."""
    started = time.perf_counter()
    understanding = Understanding(gazetteer=load_gazetteer())
    opened = time.perf_counter() - started
    rows = [json.loads(line) for line in _CASES.read_text(encoding="utf-8").splitlines() if line.strip()]
    report = accuracy(rows, understanding=understanding)
    result = Table(title=f"Understanding, on {report.cases} descriptions")
    result.add_column("what")
    result.add_column("figure", justify="right")
    result.add_row("start, ms", f"{opened * 1000:.0f}")
    result.add_row("median, ms", f"{report.median_seconds * 1000:.2f}")
    result.add_row("longest, ms", f"{report.longest_seconds * 1000:.2f}")
    for name, asked in report.asked.items():
        result.add_row(f"{name} right", f"{report.right[name]} of {asked}")
    return result
