"""How is the process at this moment? What /health tells, and the gauges of /metrics read."""

from __future__ import annotations

import asyncio
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.app import House
from bot.handlers.outbox import Outbox
from bot.handlers.updates import DurableQueue
from bot.pipeline.figures import Inside, JobRun
from bot.watch.lag import LoopLag
from bot.watch.meters import Meters
from storage.schema import REVISION


def own_version() -> str:
    """Of Rakurs; a question mark where it runs without being installed."""
    try:
        return version("rakurs")
    except PackageNotFoundError:
        return "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """Implements the handlers' Glance. `waiting` counts albums that wait for their turn; `started` in ticks."""

    house: House
    outbox: Outbox
    queue: DurableQueue
    waiting: Callable[[], int]
    lag: LoopLag
    started: float

    async def inside(self) -> Inside:
        """Raises StorageError."""
        runs, database = await asyncio.gather(
            self.house.jobs.listing(), asyncio.to_thread(self.database_bytes)
        )
        return Inside(
            up=self.house.clock.ticks() - self.started,
            versions=self.versions(),
            updates=self.queue.under_way,
            messages=self.outbox.depth(),
            albums=self.waiting(),
            providers=tuple(self.house.drawer.breakers().items()),
            sources=tuple(self.sources().items()),
            searches=tuple(self.house.memory.counts.items()),
            reused=tuple(self.house.drawer.reused().items()),
            disk_free=self.disk_free(),
            database=database,
            lag_p99=self.lag.p99(),
            jobs=tuple(JobRun(name=run.name, outcome=run.outcome, started=run.started) for run in runs),
        )

    def versions(self) -> tuple[tuple[str, str], ...]:
        """Of everything that matters when something is reported."""
        return (
            ("Rakurs", own_version()),
            ("Python", platform.python_version()),
            ("python-telegram-bot", version("python-telegram-bot")),
            ("Mitsuba", f"{version('mitsuba')} {self.house.studio.running_variant or ''}".strip()),
            ("schema", REVISION),
            ("database", make_url(self.house.settings.database).get_backend_name()),
        )

    def sources(self) -> dict[str, float]:
        """For how many seconds each source of searches is not asked."""
        return {source.name: source.breaker.seconds_open for source in self.house.sources}

    def disk_free(self) -> int:
        """Bytes that are left where pictures are kept."""
        return shutil.disk_usage(self.house.settings.rakurs_data_dir).free

    def database_bytes(self) -> int | None:
        """Of a SQLite file with its log; None for a server, which knows that better itself."""
        address = make_url(self.house.settings.database)
        if address.get_backend_name() != "sqlite" or not address.database:
            return None
        files = [Path(address.database + ending) for ending in ("", "-wal")]
        return sum(file.stat().st_size for file in files if file.exists())

    def show_in(self, meters: Meters) -> None:
        """Put the readings of this process among the metrics."""
        names = {name.replace("-", "_").lower(): which for name, which in self.versions()}
        meters.build.info(names)
        meters.gauge("updates_waiting", "Updates that no handler has finished", lambda: self.queue.under_way)
        longest = "The longest that an update has waited for the disk"
        meters.gauge("update_store_seconds_most", longest, lambda: self.queue.longest_store)
        meters.gauge("outbox_waiting", "Messages that wait for their turn", self.outbox.depth)
        meters.gauge("albums_waiting", "Albums that wait for their turn to be drawn", self.waiting)
        meters.gauge("disk_free_bytes", "Room left where pictures are kept", self.disk_free)
        meters.gauge("database_bytes", "Size of the SQLite file", lambda: self.database_bytes() or 0)
        meters.table("breaker_open_seconds", "For how long it is not asked", "source", self.breakers)
        meters.sums(
            "pictures_reused", "Pictures that needed no call, by source", "source", self.house.drawer.reused
        )
        meters.sums(
            "searches",
            "Questions to the web by what became of them",
            "outcome",
            lambda: self.house.memory.counts,
        )

    def breakers(self) -> dict[str, float]:
        """Of providers and sources together."""
        return {**self.house.drawer.breakers(), **self.sources()}
