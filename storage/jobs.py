"""Which jobs are due, and what became of each run? A schedule and its audit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from bot.pipeline.errors import StorageError
from storage.codec import FACTS
from storage.opening import Storage
from storage.retention import FUNCTIONS, Facts, Ground, Retention
from storage.schema import job_runs

log = structlog.get_logger(__name__)

HOUR, DAY = 3_600.0, 86_400.0
SCHEDULE: Mapping[str, float] = {
    "forget_updates": HOUR,
    "forget_searches": DAY,
    "forget_pictures": HOUR,
    "forget_sessions": HOUR,
    "forget_drafts": DAY,
    "sweep_media": DAY,
    "forget_job_runs": DAY,
    "settle_charges": HOUR,
    "forget_charges": DAY,
    "tidy_database": 6 * HOUR,
}
"""Seconds from one start of a job to the next."""
RETRY = 900.0
"""Seconds until a job that failed or was killed is tried again, if it is not due earlier."""
_LOCK = 7_305_202_612


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """One scheduled job and its last run. Times in UTC seconds since 1970.

    `outcome`: `never`, `running`, `ok` or `failed`.
    """

    name: str
    every: float
    started: float | None = None
    finished: float | None = None
    outcome: str = "never"
    facts: Facts | None = None

    def due(self, now: float) -> bool:
        """Whether it is time; a start in the future means that the clock was set back."""
        if self.started is None or self.started > now:
            return True
        wait = self.every if self.outcome == "ok" else min(self.every, RETRY)
        return now - self.started >= wait


class Jobs:
    """Runs what is due. Several processes on one database share the schedule."""

    def __init__(
        self,
        *,
        storage: Storage,
        clock: Callable[[], float],
        retention: Retention | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        told: Callable[[str, str], None] = lambda _job, _outcome: None,
    ) -> None:
        self._told = told
        self._storage = storage
        self._clock = clock
        self._retention = retention or Retention()
        self._sleep = sleep

    async def listing(self) -> tuple[JobState, ...]:
        """Every scheduled job with its last run. Raises StorageError."""
        last = sa.select(sa.func.max(job_runs.c.id)).group_by(job_runs.c.job)
        rows = await self._storage.database.rows(sa.select(job_runs).where(job_runs.c.id.in_(last)))
        states = {row.job: _state(row) for row in rows}
        return tuple(states.get(name, JobState(name=name, every=every)) for name, every in SCHEDULE.items())

    async def run_due(self) -> tuple[str, ...]:
        """Run what is due, one after the other; hand back the names. Raises StorageError."""
        due = [state.name for state in await self.listing() if state.due(self._clock())]
        return tuple([name for name in due if await self.run(name, only_if_due=True)])

    async def run(self, name: str, *, only_if_due: bool = False) -> bool:
        """Run one job and keep the record; False when another process was faster.

        Raises StorageError when the record cannot be kept; a job's own failure is in the record.
        """
        run_id = await self._claim(name, only_if_due=only_if_due)
        if run_id is None:
            return False
        facts: Facts
        try:
            facts, outcome = await FUNCTIONS[name](self._ground()), "ok"
        except StorageError as error:
            log.exception("job.failed", job=name)
            facts, outcome = {"error": str(error)}, "failed"
        values = {"finished": self._clock(), "outcome": outcome, "facts": FACTS.text(facts)}
        await self._storage.database.execute(
            sa.update(job_runs).where(job_runs.c.id == run_id).values(**values)
        )
        self._told(name, outcome)
        log.info("job.finished", job=name, outcome=outcome, **facts)
        return True

    async def run_for_ever(self, pause: float = 60.0) -> None:
        """Look every `pause` seconds for what is due, until cancelled."""
        while True:
            try:
                await self.run_due()
            except StorageError:
                log.exception("jobs.not_run")
            await self._sleep(pause)

    def _ground(self) -> Ground:
        return Ground(
            database=self._storage.database,
            media=self._storage.media,
            retention=self._retention,
            now=self._clock(),
        )

    async def _claim(self, name: str, *, only_if_due: bool) -> int | None:
        """The id of a new record, or None when the job is not due any more."""
        now = self._clock()
        newest = sa.select(job_runs).where(job_runs.c.job == name).order_by(job_runs.c.id.desc()).limit(1)
        row = {"job": name, "started": now, "outcome": "running", "facts": "{}"}

        def work(connection: sa.Connection) -> int | None:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            last = connection.execute(newest).one_or_none()
            if only_if_due and last is not None and not _state(last).due(now):
                return None
            fresh = connection.execute(sa.insert(job_runs).values(row).returning(job_runs.c.id))
            return int(fresh.scalar_one())

        return await self._storage.database.write(work)


def _state(row: sa.Row[*tuple[object, ...]]) -> JobState:
    return JobState(
        name=row.job,
        every=SCHEDULE.get(row.job, DAY),
        started=row.started,
        finished=row.finished,
        outcome=row.outcome,
        facts=FACTS.value(row.facts),
    )
