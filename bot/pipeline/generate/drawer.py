"""How does an accepted album get all its pictures? At once, then one by one, then from the next provider."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.breaker import Breaker
from bot.pipeline.errors import (
    BudgetExceeded,
    FailureKind,
    InspectionError,
    ProviderError,
    RakursError,
    SetFailed,
    StorageError,
)
from bot.pipeline.generate.attempt import Attempts, Line
from bot.pipeline.generate.course import Course, course_of, unlike
from bot.pipeline.generate.eyes import Eyes, Seen
from bot.pipeline.generate.flights import Flights
from bot.pipeline.generate.gate import Permits, gate_of
from bot.pipeline.generate.hedge import Hedge
from bot.pipeline.generate.order import Sheet, credited
from bot.pipeline.generate.poses import Poses
from bot.pipeline.generate.retry import STOPS_SET, RetryRules
from bot.pipeline.generate.sheets import Sheets
from bot.pipeline.generate.teller import Teller
from bot.pipeline.generate.till import Cashier, Free, Till
from bot.pipeline.model import Album, AngleName, Picture, Rung, Session, View
from bot.pipeline.ports import Clock, Guides, Judge, Progress, Provider, Researcher, SessionStore, Step

_log = structlog.get_logger(__name__)
_TELLS_OF_ALL = frozenset({FailureKind.SERVER, FailureKind.TIMEOUT, FailureKind.PLACEHOLDER})
"""What tells nothing of a provider when one view meets it, but does when a whole set does."""
_SETS_BESIDE = 4
_LADDER = (Rung.FULL, Rung.UNBADGED, Rung.GENERIC)


@dataclass(slots=True, kw_only=True)
class _Set:
    """One album under way with one provider. `before` counts views that had a picture already."""

    album: Album
    sheet: Sheet
    line: Line
    views: tuple[View, ...]
    before: int
    seen: Seen
    drawn: dict[AngleName, Picture]
    failures: dict[AngleName, Exception]
    until: float
    """When it is given up, by the clock's ticks."""

    @property
    def missing(self) -> tuple[View, ...]:
        return tuple(view for view in self.views if view.angle not in self.drawn)

    @property
    def done(self) -> int:
        return self.before + len(self.drawn)

    @property
    def facts(self) -> dict[str, str]:
        """What every log line of this set names."""
        return {"session": self.album.session_id, "provider": self.line.provider.name}


class SetDrawer:
    """Fills the blank views of albums.

    `providers` in the order of preference; the last is the last resort. `permits` lets pictures of a
    provider begin; by default this process alone decides. `judge` looks at bought pictures.
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
    ) -> None:
        self._store = store
        self._guides = guides
        self._cashier = cashier
        self._rules = rules or RetryRules()
        self._clock = clock
        self._flights: Flights[Picture] = Flights()
        self._teller = Teller(progress=progress)
        self._attempts = Attempts(store=store, rules=self._rules, clock=clock, eyes=Eyes(judge=judge))
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
        return {"stored": 0, "arrived": 0, **self._attempts.reused, "joined": self._flights.joined}

    async def draw_set(self, session: Session, album: Album) -> Album:
        """Draw every blank view and mark what is missing; hand back the album with its provider.

        Raises SetFailed when not one view could be drawn, StorageError as it comes. May be called
        again after a kill at any moment: what is stored is neither composed nor bought again.
        """
        views = {view.angle: view for view in await self._store.views(session.id)}
        every, mine = tuple(views.values()), tuple(views[angle] for angle in album.angles)
        course = course_of(album, mine, self._lines)
        if not course.lacking:
            return album
        await self._cashier.recover(album)
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
                one.until = math.inf if resort else until + _queue(line, course.lacking)
                await self._with(one, Step.NEXT_PROVIDER if kinds else Step.STARTED)
            finally:
                await till.close()
            if one.done:
                return await self._finish(one)
            kinds[name] = _kind(next(iter(one.failures.values()), None))
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
    ) -> _Set:
        """The set with this provider; `kinds` says why those before it did not draw it."""
        name = line.provider.name
        known = album.because if album.provider == name else None
        marked = replace(
            album,
            provider=name,
            strength=line.provider.capabilities.strength,
            because=next(iter(kinds.values()), known),
            unlike=unlike(album, every, name),
        )
        return _Set(
            album=marked,
            sheet=sheet,
            line=line,
            views=course.lacking,
            before=course.before,
            seen=Seen(spec=sheet.session.spec),
            drawn={},
            failures={},
            until=math.inf,
        )

    async def _with(self, one: _Set, step: Step) -> None:
        """The whole set with one provider: all at once, then what is missing one by one."""
        provider, album = one.line.provider, one.album
        await self._store.set_provider(
            album.session_id,
            album.number,
            provider.name,
            provider.capabilities.strength,
            because=album.because,
            unlike=album.unlike,
        )
        if photos := credited(one.sheet, provider):
            await self._store.save_credits(album.session_id, photos)
        self._teller.tell(step, album, done=one.done)
        await self._at_once(one)
        if any(provider.draws(CATALOGUE[view.angle]) for view in one.missing):
            await self._one_by_one(one)

    async def _at_once(self, one: _Set) -> None:
        _log.info("[AsyncImages] Starting parallel image generation", views=len(one.views), **one.facts)
        await self._views(one, one.views, Rung.FULL)
        event = f"[AsyncImages] Generated {len(one.drawn)}/{len(one.views)} images in parallel"
        _log.info(event, **one.facts)
        if one.failures:
            words = ", ".join(f"{angle}: {_said(error)}" for angle, error in one.failures.items())
            group = ExceptionGroup("views", list(one.failures.values()))
            _log.warning(f"[AsyncGen] Parallel generation failed: {words}", exc_info=group, **one.facts)

    async def _one_by_one(self, one: _Set) -> None:
        _log.warning("[AsyncGen] Falling back to sequential generation", views=len(one.missing), **one.facts)
        self._teller.tell(Step.SEQUENTIAL, one.album, done=one.done)
        for view in one.missing:
            if one.line.breaker.seconds_open or self._clock.ticks() >= one.until:
                return
            refused = _kind(one.failures.get(view.angle)) is FailureKind.REFUSED
            for rung in _LADDER[1:] if refused else _LADDER:
                await self._views(one, (view,), rung)
                failure = one.failures.get(view.angle)
                if failure is None:
                    break
                _log.warning(
                    "sequential.failed", angle=view.angle, rung=rung.value, exc_info=failure, **one.facts
                )
                if _kind(failure) in STOPS_SET:
                    return
                if _kind(failure) is not FailureKind.REFUSED:
                    break

    async def _views(self, one: _Set, views: Sequence[View], rung: Rung) -> None:
        """Those views at once: each ends among the drawn or among the failures, whatever was raised."""
        held = await self._store.held(one.album.session_id, one.line.provider.name)
        outcomes = await asyncio.gather(
            *(self._view(one, view, rung, held=view.angle in held) for view in views), return_exceptions=True
        )
        for view, outcome in zip(views, outcomes, strict=True):
            if isinstance(outcome, StorageError):
                raise outcome
            if isinstance(outcome, Exception):
                one.failures[view.angle] = outcome

    async def _view(self, one: _Set, view: View, rung: Rung, *, held: bool) -> None:
        provider = one.line.provider
        if not provider.draws(CATALOGUE[view.angle]):
            raise ProviderError(provider=provider.name, kind=FailureKind.UNSUPPORTED)
        takes = provider.capabilities
        words = one.sheet.prompts[view.angle].text(rung, instructions=takes.instructions)
        key = (view.session_id, view.angle, view.seed, words, provider.name, takes.model)
        left = one.until - self._clock.ticks()
        try:
            deadline = self._rules.deadline + _queue(one.line, one.views)
            async with asyncio.timeout(max(0.0, min(deadline, left))):
                picture = await self._flights.join(
                    key,
                    lambda: self._attempts.draw(view, one.sheet, one.line, one.seen, rung, held=held),
                )
        except TimeoutError as error:
            raise ProviderError(provider=provider.name, kind=FailureKind.TIMEOUT, bought=True) from error
        one.drawn[view.angle] = picture
        one.failures.pop(view.angle, None)
        self._teller.tell(Step.DRAWN, one.album, angle=view.angle, picture=picture, done=one.done)

    async def _finish(self, one: _Set) -> Album:
        """Mark what is missing; the album keeps this provider."""
        for view in one.missing:
            kind = _kind(one.failures.get(view.angle))
            await self._store.mark_missing(view.session_id, view.angle, kind)
            self._teller.tell(Step.MISSING, one.album, angle=view.angle, failure=kind, done=one.done)
        album, now = one.album, one.line.provider.capabilities.strength
        if now is not album.strength:
            # it turned out to hold less than it was believed to: the caption says so
            await self._store.set_provider(
                album.session_id,
                album.number,
                one.line.provider.name,
                now,
                because=album.because,
                unlike=album.unlike,
            )
            album = replace(album, strength=now)
        self._teller.tell(Step.FINISHED, album, done=one.done)
        return album


def _kind(error: Exception | None) -> FailureKind:
    if isinstance(error, ProviderError | InspectionError):
        return error.kind
    return FailureKind.CRASHED


def _said(error: Exception) -> str:
    """Our own errors hold facts alone; what others say may quote people's words."""
    return str(error) if isinstance(error, RakursError) else type(error).__name__


def _queue(line: Line, views: Sequence[View]) -> float:
    """Seconds that pictures wait for a provider's pauses, while a few other sets wait for them too."""
    return _SETS_BESIDE * line.provider.capabilities.apart * len(views)
