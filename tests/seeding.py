"""A database full of plausible months: `python -m tests.seeding FILE [albums] [days]`.

Rows are written straight into the tables, so that a hundred thousand albums take seconds.
"""

from __future__ import annotations

import asyncio
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa

from bot.pipeline.angles import DEFAULT_ALBUM
from bot.pipeline.model import AlbumState, ViewState
from bot.pipeline.money import Outcome
from storage import open_storage
from storage.schema import albums, charges, job_runs, pictures, sessions, views

DAY = 86_400.0
Rows = dict[str, list[dict[str, Any]]]
_PRICES = {"openai": 0.0131, "pollinations": 0.002, "studio": 0.0}
_SECONDS = {"openai": 11.0, "pollinations": 7.5, "studio": 9.0}


@dataclass(slots=True)
class Life:
    """`count` albums of `people` in the `days` before `now`, busier by day than by night."""

    now: float
    count: int = 3_000
    days: float = 30.0
    people: int = 240
    random: Random = field(default_factory=lambda: Random(7))

    def rows(self) -> Rows:
        """By table."""
        found: Rows = {name: [] for name in ("sessions", "albums", "views", "pictures", "charges")}
        for number, created in enumerate(sorted(self._moments())):
            self._album(found, number, created)
        return found

    def _moments(self) -> Iterator[float]:
        made = 0
        while made < self.count:
            moment = self.now - self.days * DAY * self.random.random()
            hour = (moment + 2 * 3600) % DAY / 3600
            if self.random.random() < 0.15 + 0.85 * max(0.0, math.sin((hour - 6) / 18 * math.pi)):
                made += 1
                yield moment

    def _album(self, found: Rows, number: int, created: float) -> None:
        random = self.random
        owner = str(10_000 + int(self.people * random.random() ** 2))
        session = f"CAR-{number:08X}"
        provider = random.choices(("openai", "pollinations", "studio"), (70, 18, 12))[0]
        state = self._state(created)
        slow = _SECONDS[provider] * random.lognormvariate(0, 0.35)
        last = slow * (1.2 + random.random()) + (120 * random.random() if random.random() < 0.03 else 0)
        over = state not in {AlbumState.OPEN, AlbumState.DELIVERING}
        lacking = state in {AlbumState.DELIVERED, AlbumState.UNKNOWN} and random.random() < 0.05
        taken_over = provider != "openai" and random.random() < 0.12
        drawn = state in {AlbumState.DELIVERED, AlbumState.UNKNOWN}
        found["sessions"].append(
            {"id": session, "owner": owner, "chat": owner, "language": "uk", "spec": "{}", "created": created}
        )
        found["albums"].append(
            {
                "session_id": session,
                "number": 1,
                "angles": "[]",
                "chat": owner,
                "state": state.value,
                "provider": provider,
                "strength": "seeds",
                "created": created,
                "finished": created + last if over else None,
                "told": True if over else None,
                "first_drawn": created + slow if drawn else None,
                "takeovers": int(taken_over),
                "reopened": int(random.random() < 0.01),
            }
        )
        for position, angle in enumerate(DEFAULT_ALBUM):
            missing = not drawn or (lacking and position == 4)
            self._view(found, session, angle, position, provider, created, owner, missing=missing)

    def _state(self, created: float) -> AlbumState:
        if self.now - created < 20:
            return AlbumState.OPEN
        bad = 3 if (created // 3600) % 97 else 60
        states = (AlbumState.DELIVERED, AlbumState.FAILED, AlbumState.CANCELLED, AlbumState.UNKNOWN)
        return self.random.choices(states, (95, bad, 2, 0.4))[0]

    def _view(
        self,
        found: Rows,
        session: str,
        angle: str,
        position: int,
        provider: str,
        created: float,
        owner: str,
        *,
        missing: bool,
    ) -> None:
        key = {"session_id": session, "angle": angle}
        state = ViewState.MISSING if missing else ViewState.DRAWN
        found["views"].append(
            {**key, "number": 1, "position": position, "seed": 100_000 + position, "state": state.value,
             "provider": None if missing else provider, "failure": "server" if missing else None}
        )  # fmt: skip
        price = _PRICES[provider]
        if not missing:
            found["pictures"].append(
                {**key, "provider": provider, "checked": True, "file": "", "size": 300_000, "media_type": "image/jpeg",
                 "width": 1536, "height": 1024, "model": "m", "seconds": _SECONDS[provider], "cost": price,
                 "rung": "full", "warnings": "[]", "created": created + 9}
            )  # fmt: skip
        if price and (not missing or position == 0):
            outcome = self.random.choices(
                (Outcome.DELIVERED, Outcome.WASTED, Outcome.MAYBE), (97, 2, 0.5) if not missing else (0, 9, 1)
            )[0]
            micro = round(price * 1_000_000)
            found["charges"].append(
                {**key, "number": 1, "provider": provider, "model": "m", "owner": owner, "chat": owner,
                 "day": int(created // DAY), "reserved": micro, "outcome": outcome.value,
                 "cost": None if outcome is Outcome.MAYBE else micro, "created": created + 1}
            )  # fmt: skip


def fill(url: str, life: Life) -> None:
    """Write those rows into a database whose schema is there."""
    engine = sa.create_engine(sa.make_url(url))
    tables = {table.name: table for table in (sessions, albums, views, pictures, charges)}
    with engine.begin() as connection:
        for name, rows in life.rows().items():
            if rows:
                connection.execute(sa.insert(tables[name]), rows)
        connection.execute(
            sa.insert(job_runs),
            [{"job": "tidy_database", "started": life.now - 7200, "finished": life.now - 7199,
              "outcome": "ok", "facts": '{"pages": 12}'}],
        )  # fmt: skip
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA optimize=0x10002")
        else:
            connection.exec_driver_sql("ANALYZE")
    engine.dispose()


async def _made(file: Path) -> str:
    url = f"sqlite:///{file}"
    async with open_storage(url, media_dir=file.parent / "media"):
        return url


if __name__ == "__main__":
    words = [*sys.argv[1:], "", ""]
    life = Life(now=time.time(), count=int(words[1] or 3_000), days=float(words[2] or 30))
    fill(asyncio.run(_made(Path(words[0]).absolute())), life)
