"""What is counted and listed of stored sessions: pages and figures as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from bot.pipeline.model import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some sessions of one owner, newest first; `total` counts all of them."""

    sessions: tuple[Session, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What operators want to know of one span of time.

    Times in seconds, money in USD, rates 0..1; None where nothing was measured.
    `costs` is USD a provider, `paid` all of it; of that `not_delivered` went for pictures that nobody
    got: bad answers, duplicates, and albums that ended without them. `maybe_paid` comes on top: calls
    that may have been charged, with what was set aside for them. `cost_per_album` is the mean of the
    albums that cost anything.
    """

    complete: int = 0
    partial: int = 0
    failed: int = 0
    cancelled: int = 0
    pictures: int = 0
    first_attempt: float | None = None
    fallback: float | None = None
    first_picture_p50: float | None = None
    first_picture_p95: float | None = None
    album_p50: float | None = None
    album_p95: float | None = None
    costs: tuple[tuple[str, float], ...] = ()
    paid: float = 0.0
    not_delivered: float = 0.0
    not_delivered_pictures: int = 0
    maybe_paid: float = 0.0
    cost_per_album: float | None = None
    users: int = 0
    unknown_deliveries: int = 0
    queued: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """The last run of a scheduled job; `started` in UTC seconds, None where it never ran."""

    name: str
    outcome: str
    started: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """How one process is at this moment. Seconds, bytes and counts since its start.

    `providers` in the order of preference and `sources` of searches: for how many seconds each is not
    asked because it keeps failing, 0 where it is. `versions` as (what, which).
    `reused` are pictures that needed no call, by where they came from.
    """

    up: float
    versions: tuple[tuple[str, str], ...]
    updates: int
    messages: int
    albums: int
    providers: tuple[tuple[str, float], ...]
    sources: tuple[tuple[str, float], ...]
    searches: tuple[tuple[str, int], ...]
    reused: tuple[tuple[str, int], ...]
    disk_free: int
    database: int | None
    lag_p99: float
    jobs: tuple[JobRun, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Albums asked for within one stretch of time from `start` (UTC seconds) on, and USD paid in it."""

    start: float
    complete: int = 0
    partial: int = 0
    failed: int = 0
    cancelled: int = 0
    cost: float = 0.0

    @property
    def albums(self) -> int:
        """All that are over."""
        return self.complete + self.partial + self.failed + self.cancelled
