"""How does an accepted album get all its pictures? From one provider, or as a whole from the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import structlog

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.breaker import Breaker
from bot.pipeline.errors import (
    BudgetExceeded,
    FailureKind,
    SetFailed,
)
from bot.pipeline.generate.arrivals import Arrivals
from bot.pipeline.generate.attempt import Attempts, Line
from bot.pipeline.generate.course import Course, course_of, unlike
from bot.pipeline.generate.eyes import Eyes, Seen
from bot.pipeline.generate.gate import Permits, gate_of
from bot.pipeline.generate.hedge import Hedge
from bot.pipeline.generate.order import Sheet, strength_of
from bot.pipeline.generate.poses import Poses
from bot.pipeline.generate.retry import RetryRules
from bot.pipeline.generate.set_work import Set, SetWork, kind_of, queue_seconds
from bot.pipeline.generate.sheets import Sheets
from bot.pipeline.generate.teller import Teller
from bot.pipeline.generate.till import Cashier, Free, Till
from bot.pipeline.model import Album, Session, View
from bot.pipeline.ports import Clock, Guides, Judge, Progress, Provider, Researcher, SessionStore, Step
from bot.pipeline.runs import always

_log = structlog.get_logger(__name__)
_TELLS_OF_ALL = frozenset({FailureKind.SERVER, FailureKind.TIMEOUT, FailureKind.PLACEHOLDER})
"""What tells nothing of a provider when one view meets it, but does when a whole set does."""


class SetDrawer:
    """Fills the blank views of albums.

    `providers` in the order of preference; the last is the last resort. `permits` lets pictures of a
    provider begin; by default this process alone decides. `judge` looks at bought pictures. `ready` raises
    StorageError while a picture could not be stored.
    """

    def __init__(  # noqa: PLR0913 - one word a collaborator
        self,
        *,
        store: SessionStore,
        providers: Sequence[Provider],
        researcher: Researcher,
        progress: Progress,
        guides: Guides | None,
        clock: Clock,
        cashier: Cashier,
        rules: RetryRules | None = None,
        permits: Callable[[Provider], Permits] | None = None,
        judge: Judge | None = None,
        ready: Callable[[], Awaitable[None]] = always,
    ) -> None:
        self._store = store
        self._guides = guides
        self._cashier = cashier
        self._rules = rules or RetryRules()
        self._clock = clock
        self._teller = Teller(progress=progress)
        self._work = SetWork(
            store=store,
            rules=self._rules,
            clock=clock,
            teller=self._teller,
            attempts=Attempts(
                store=store,
                rules=self._rules,
                clock=clock,
                arrivals=Arrivals(store=store, clock=clock),
                ready=ready,
                eyes=Eyes(judge=cashier.looks(judge)),
            ),
        )
        self._sheets = Sheets(
            store=store,
            researcher=researcher,
            teller=self._teller,
            takes=providers[0].capabilities,
            photos=any(provider.capabilities.takes_references for provider in providers),
        )
        self._lines = {
            provider.name: Line(
                provider=provider,
                gate=(permits or (lambda one: gate_of(one, clock)))(provider),
                breaker=Breaker(clock=clock.ticks),
            )
            for provider in providers
        }
        self._resort = self._lines[providers[-1].name]

    def breakers(self) -> dict[str, float]:
        """For how many seconds each provider is not asked, in the order of preference; 0 where it is."""
        return {name: line.breaker.seconds_open for name, line in self._lines.items()}

    def reused(self) -> dict[str, int]:
        """Pictures that needed no call since the start, by where they came from."""
        return {"stored": 0, "arrived": 0, **self._work.attempts.reused, "joined": self._work.flights.joined}

    async def draw_set(self, session: Session, album: Album) -> Album:
        """Draw every blank view and mark what is missing; hand back the album with its provider.

        Raises SetFailed when not one view could be drawn, StorageError as it comes. May be called
        again after a kill at any moment: what is stored is neither composed nor bought again.
        """
        stored, _ = await asyncio.gather(self._store.views(session.id), self._cashier.recover(album))
        views = {view.angle: view for view in stored}
        if not views.keys() >= set(album.angles):
            # the car was deleted between two readings: there is nothing to draw any more
            return album
        every, mine = tuple(views.values()), tuple(views[angle] for angle in album.angles)
        course = course_of(album, mine, self._lines)
        if not course.lacking:
            return album
        lines = self._order(album, every, course)
        patience = self._rules.guide_patience
        async with Poses(guides=self._guides, spec=session.spec, patience=patience) as poses:
            if lines[0].provider.capabilities.takes_guide:
                poses.start(view.angle for view in course.lacking)
            sheet = await self._sheets.make(session, album, course.lacking, every, poses)
            return await self._in_order(lines, album, sheet, course, every)

    async def _in_order(
        self, lines: Sequence[Line], album: Album, sheet: Sheet, course: Course, every: tuple[View, ...]
    ) -> Album:
        """One provider after the other, until one has drawn something.

        When the time of the set is up, only the last resort is still asked.
        """
        kinds: dict[str, FailureKind] = {}
        until = self._clock.ticks() + self._rules.set_deadline
        for line in lines:
            name = line.provider.name
            resort = line is self._resort
            if not resort and self._clock.ticks() >= until:
                kinds[name] = FailureKind.TIMEOUT
                continue
            try:
                till = await self._till(line, album, sheet, course)
            except BudgetExceeded as short:
                kinds[name] = FailureKind.BUDGET
                _log.info("budget.short", session=album.session_id, provider=name, scope=short.scope)
                continue
            try:
                hedge = Hedge(
                    times=line.times, allowed=self._rules.hedge and line.provider.capabilities.hedges
                )
                mine = replace(line, till=till, hedge=hedge)
                one = self._set(mine, album, sheet, course, every, kinds)
                if not resort:
                    one.until = until + queue_seconds(line, course.lacking)
                await self._work.draw(one, Step.NEXT_PROVIDER if kinds else Step.STARTED)
            finally:
                await till.close()
            if one.done:
                return await self._work.finish(one)
            kinds[name] = kind_of(next(iter(one.failures.values()), None))
            if kinds[name] in _TELLS_OF_ALL:
                line.breaker.failed()
            _log.warning("provider.gave_up", kind=kinds[name].value, **one.facts)
        last = next(reversed(kinds.values()))
        for view in course.lacking:
            await self._store.mark_missing(view.session_id, view.angle, last)
        self._teller.tell(Step.FINISHED, album, done=course.before)
        if course.before:
            return album
        raise SetFailed(kinds=kinds)

    async def _till(self, line: Line, album: Album, sheet: Sheet, course: Course) -> Till | Free:
        """Money for the whole set at once, so that no set ends halfway for want of it."""
        drawable = [view for view in course.lacking if line.provider.draws(CATALOGUE[view.angle])]
        return await self._cashier.open(sheet.session, album, line.provider, drawable)

    def _order(self, album: Album, views: Sequence[View], course: Course) -> tuple[Line, ...]:
        """Whoever began this car goes on; a set that has pictures never changes its provider."""
        if course.whose is not None:
            return (self._lines[course.whose],)
        lines = tuple(self._lines.values())
        names = (album.provider, *(view.provider for view in views))
        first = next((self._lines[name] for name in names if name in self._lines), None)
        if first is not None:
            lines = (first, *(line for line in lines if line is not first))
        # without those that have just failed again and again; the last resort always stays
        return (*(line for line in lines[:-1] if not line.breaker.seconds_open), lines[-1])

    def _set(
        self,
        line: Line,
        album: Album,
        sheet: Sheet,
        course: Course,
        every: Sequence[View],
        kinds: Mapping[str, FailureKind],
    ) -> Set:
        """The set with this provider; `kinds` says why those before it did not draw it."""
        name = line.provider.name
        known = album.because if album.provider == name else None
        marked = replace(
            album,
            provider=name,
            strength=strength_of(sheet, line.provider.capabilities),
            because=next(iter(kinds.values()), known),
            unlike=unlike(album, every, name),
        )
        return Set(
            album=marked,
            sheet=sheet,
            line=replace(line, paused=partial(self._teller.tell, Step.PAUSED, marked, done=course.before)),
            views=course.lacking,
            before=course.before,
            seen=Seen(spec=sheet.session.spec, number=album.number),
        )
