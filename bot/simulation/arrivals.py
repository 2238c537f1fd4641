"""When do people write? By chance, in a burst, or as it was written down."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.pipeline.angles import ALBUM_LIMIT
from bot.pipeline.errors import BadSettings

MOST = 200_000
"""Albums of one run; more would only take long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One wish: seconds from the beginning, who, how many views (None: the plan's)."""

    at: float
    owner: str | None = None
    views: int | None = None


class Arrivals(Protocol):
    """Gives the wishes of a run, in order."""

    def wishes(self, rng: random.Random) -> Sequence[Arrival]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Poisson:
    """So many albums a minute on average, for so many hours."""

    per_minute: float
    hours: float

    def wishes(self, rng: random.Random) -> Sequence[Arrival]:
        """Raises BadSettings where it would be too many."""
        if self.per_minute * self.hours * 60 > MOST:
            raise BadSettings(problems=(("--rate", f"more than {MOST:,} albums in one run"),))
        found, now, end = [], rng.expovariate(self.per_minute / 60), self.hours * 3600
        while now < end:
            found.append(Arrival(at=now))
            now += rng.expovariate(self.per_minute / 60)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """So many people within so many seconds, each with one wish."""

    people: int
    seconds: float

    def wishes(self, rng: random.Random) -> Sequence[Arrival]:
        """Raises BadSettings where it would be too many."""
        if self.people > MOST:
            raise BadSettings(problems=(("--burst", f"more than {MOST:,} albums in one run"),))
        moments = sorted(rng.uniform(0, self.seconds) for _ in range(self.people))
        return [Arrival(at=moment, owner=f"burst {number}") for number, moment in enumerate(moments)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Wishes of a file."""

    rows: Sequence[Arrival]

    def wishes(self, rng: random.Random) -> Sequence[Arrival]:  # noqa: ARG002 - nothing is left to chance
        """As written, in the order of time."""
        return sorted(self.rows, key=lambda row: row.at)


def read_trace(path: Path) -> Trace:
    """A CSV file with the column `seconds` and, where wanted, `owner` and `views`. Raises BadSettings."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [_row(number, row) for number, row in enumerate(csv.DictReader(file), 2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadSettings(problems=(("--trace", f"{path.name} cannot be read"),)) from error
    if not 0 < len(rows) <= MOST:
        raise BadSettings(
            problems=(("--trace", f"{path.name} has {len(rows):,} rows; 1 to {MOST:,} can be played"),)
        )
    return Trace(rows=rows)


def _row(number: int, row: dict[str, str]) -> Arrival:
    try:
        at, views = float(row["seconds"]), int(row["views"]) if row.get("views") else None
    except KeyError as error:
        raise BadSettings(problems=(("--trace", "the file has no column named seconds"),)) from error
    except (ValueError, TypeError) as error:
        raise BadSettings(
            problems=(("--trace", f"line {number} is not a number of seconds and views"),)
        ) from error
    if not 0 <= at < float("inf") or (views is not None and not 1 <= views <= ALBUM_LIMIT):
        raise BadSettings(
            problems=(("--trace", f"line {number}: seconds from 0, views from 1 to {ALBUM_LIMIT}"),)
        )
    return Arrival(at=at, owner=row.get("owner") or None, views=views)
