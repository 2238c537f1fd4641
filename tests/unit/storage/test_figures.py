"""The operators' figures stay quick: no query of a recent span reads a whole table, none of all time a whole row."""

from __future__ import annotations

import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from storage import Storage, open_storage
from tests.seeding import Life, fill

NOW = 1_800_000_000.0
DAY = 86_400.0


@pytest.fixture
async def seeded(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Storage]:
    async with open_storage(url, media_dir=tmp_path / "media", clock=lambda: NOW) as storage:
        fill(url, Life(now=NOW, count=getattr(request, "param", 600), days=400))
        yield storage


class Plans:
    """How SQLite means to carry out every statement that is run."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def __enter__(self) -> Self:
        event.listen(sa.Engine, "before_cursor_execute", self._explain)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(sa.Engine, "before_cursor_execute", self._explain)

    def _explain(
        self, connection: sa.Connection, _cursor: object, words: str, facts: Any, *_: object
    ) -> None:
        if words.startswith("SELECT"):
            plan = connection.connection.cursor()
            plan.execute(f"EXPLAIN QUERY PLAN {words}", facts)
            self.steps += [str(row[3]) for row in plan.fetchall()]
            plan.close()


async def test_recent_figures_search_and_never_scan(seeded: Storage) -> None:
    with Plans() as plans:
        figures = await seeded.stats.figures(NOW - 7 * DAY)
        await seeded.stats.trend(NOW - DAY, width=3600, slots=24)
        await seeded.stats.waits(NOW - DAY, (5.0, 60.0))
    assert figures.complete > 0
    assert len(plans.steps) > 10
    # what they made themselves of the few rows that they found may be scanned
    assert [step for step in plans.steps if step.startswith("SCAN") and "anon" not in step] == []


async def test_all_time_reads_indexes_and_no_tables(seeded: Storage) -> None:
    with Plans() as plans:
        figures = await seeded.stats.figures(None)
    assert figures.complete + figures.partial + figures.failed + figures.cancelled == 600
    scans = [step for step in plans.steps if step.startswith("SCAN") and "anon" not in step]
    narrow = ("COVERING INDEX", "INDEX ix_views_missing", "INDEX ix_albums_created")
    assert scans
    assert [step for step in scans if not any(words in step for words in narrow)] == []


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seeded", [100_000], indirect=True)
async def test_a_hundred_thousand_albums_take_less_than_a_third_of_a_second(seeded: Storage) -> None:
    for moment in (NOW - 3600, NOW - DAY, NOW - 7 * DAY, None):
        times = []
        for _ in range(5):
            start = time.perf_counter()
            await seeded.stats.figures(moment)
            times.append(time.perf_counter() - start)
        print(f"since {moment}: {1000 * statistics.median(times):.0f} ms")
        assert statistics.median(times) < 0.3, times
