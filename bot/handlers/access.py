"""Who may ask for an album now? Allow-list, flood control and albums a day."""

from __future__ import annotations

from dataclasses import dataclass

from bot.handlers.ports import Archive, Line, Measured
from bot.handlers.visits import Visit
from bot.pipeline.angles import DEFAULT_ALBUM
from bot.pipeline.ports import Clock

_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLimits:
    """`allowed` None lets everybody in; `albums_per_day` None counts nothing (days are UTC).

    `queue` albums may wait altogether, and no longer than `longest_wait` seconds; `each` may be under
    way for one person.
    """

    allowed: frozenset[int] | None = None
    albums_per_day: int | None = None
    requests_per_minute: int = 12
    queue: int = 2000
    longest_wait: float = 7200.0
    each: int = 5


class Access:
    """Admins pass every limit."""

    def __init__(
        self,
        *,
        limits: AccessLimits,
        archive: Archive,
        clock: Clock,
        line: Line | None = None,
        measured: Measured | None = None,
    ) -> None:
        self._line = line
        self._measured = measured
        self._limits = limits
        self._archive = archive
        self._clock = clock
        self._recent: dict[str, list[float]] = {}

    async def refusal(self, visit: Visit) -> str | None:
        """Why this visit gets no album now, in the person's words; None when it may have one."""
        words = visit.words
        if visit.admin:
            return None
        if (refusal := self.knock(visit)) is not None:
            return refusal
        left, hours = await self.left_today(visit.owner)
        if left == 0:
            return words.n(
                "That was your last album for today. New ones in {count} hour.",
                "That was your last album for today. New ones in {count} hours.",
                hours,
            )
        return await self._crowded(visit)

    async def _crowded(self, visit: Visit) -> str | None:
        """Why the queue has no place for this visit; None when it has."""
        words, waiting = visit.words, self._line.waiting if self._line else 0
        if waiting:
            seconds = self._measured.seconds_behind(waiting, DEFAULT_ALBUM) if self._measured else 0.0
            if waiting >= self._limits.queue or seconds > self._limits.longest_wait:
                return words.n(
                    "So many people are waiting that your car would take about {count} minute. "
                    "Please ask again a little later.",
                    "So many people are waiting that your car would take about {count} minutes. "
                    "Please ask again a little later.",
                    max(1, round(seconds / 60)),
                )
        mine = len(await self._archive.running(visit.owner))
        if mine >= self._limits.each:
            return words.n(
                "{count} album of yours is still on its way. Let it come first, or stop it with /cancel.",
                "{count} albums of yours are still on their way. Let them come first, or stop them with /cancel.",
                mine,
            )
        return None

    def knock(self, visit: Visit) -> str | None:
        """Why this visit gets nothing now, not even what is no album; None when it may ask."""
        words = visit.words
        if visit.admin:
            return None
        if self._limits.allowed is not None and int(visit.owner) not in self._limits.allowed:
            return words.t("This bot draws for invited people only. Please ask its owner to let you in.")
        if (wait := self._flooding(visit.owner)) > 0:
            return words.n(
                "A little slower, please: try again in {count} second.",
                "A little slower, please: try again in {count} seconds.",
                wait,
            )
        return None

    async def left_today(self, owner: str) -> tuple[int | None, int]:
        """Albums left today (None: no limit) and hours until the next day, rounded up."""
        now = self._clock.now()
        midnight = now - now % _DAY
        hours = max(1, -int(-(midnight + _DAY - now) // 3600))
        if self._limits.albums_per_day is None:
            return None, hours
        used = await self._archive.albums_since(owner, midnight)
        return max(0, self._limits.albums_per_day - used), hours

    def _flooding(self, owner: str) -> int:
        """Seconds to wait, 0 when this request is fine (and counted)."""
        now = self._clock.ticks()
        if len(self._recent) > 10_000:  # noqa: PLR2004 - a bound on memory, not a rule for people
            self._recent = {who: times for who, times in self._recent.items() if times[-1] > now - 60}
        times = [moment for moment in self._recent.get(owner, []) if moment > now - 60]
        if len(times) >= self._limits.requests_per_minute:
            return max(1, round(times[0] + 60 - now))
        self._recent[owner] = [*times, now]
        return 0
