"""How does a set get its pictures from one provider? All at once, then what is missing one by one."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import structlog

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import FailureKind, InspectionError, ProviderError, RakursError, StorageError
from bot.pipeline.generate.attempt import Attempts, Line
from bot.pipeline.generate.eyes import Seen
from bot.pipeline.generate.flights import Flights
from bot.pipeline.generate.order import Sheet, credited, strength_of
from bot.pipeline.generate.retry import STOPS_SET, RetryRules
from bot.pipeline.generate.teller import Teller
from bot.pipeline.model import Album, AngleName, Picture, Rung, Strength, View
from bot.pipeline.ports import Clock, SessionStore, Step

_log = structlog.get_logger(__name__)
_SETS_BESIDE = 4
_LADDER = (Rung.FULL, Rung.UNBADGED, Rung.GENERIC)


@dataclass(slots=True, kw_only=True)
class Set:
    """One album under way with one provider. `before` counts views that had a picture already."""

    album: Album
    sheet: Sheet
    line: Line
    views: tuple[View, ...]
    before: int
    seen: Seen
    drawn: set[AngleName] = field(default_factory=set)
    failures: dict[AngleName, Exception] = field(default_factory=dict)
    until: float = math.inf
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SetWork:
    """Draws sets with the provider of their line. Albums that lack the same view at once share its call."""

    store: SessionStore
    rules: RetryRules
    clock: Clock
    teller: Teller
    attempts: Attempts
    flights: Flights[Picture] = field(default_factory=Flights)

    async def draw(self, one: Set, step: Step) -> None:
        """The whole set with one provider: all at once, then what is missing one by one."""
        provider, album = one.line.provider, one.album
        await self._signed(one, strength_of(one.sheet, provider.capabilities))
        if photos := credited(one.sheet, provider):
            await self.store.save_credits(album.session_id, photos)
        self.teller.tell(step, album, done=one.done)
        await self._at_once(one)
        if any(provider.draws(CATALOGUE[view.angle]) for view in one.missing):
            await self._one_by_one(one)

    async def _at_once(self, one: Set) -> None:
        _log.info("[AsyncImages] Starting parallel image generation", views=len(one.views), **one.facts)
        opened = self.attempts.eyes.open(one.line.provider.capabilities)
        await asyncio.gather(self._views(one, one.views, Rung.FULL), opened)
        event = f"[AsyncImages] Generated {len(one.drawn)}/{len(one.views)} images in parallel"
        _log.info(event, **one.facts)
        if one.failures:
            words = ", ".join(f"{angle}: {_said(error)}" for angle, error in one.failures.items())
            group = ExceptionGroup("views", list(one.failures.values()))
            _log.warning(f"[AsyncGen] Parallel generation failed: {words}", exc_info=group, **one.facts)

    async def _one_by_one(self, one: Set) -> None:
        _log.warning("[AsyncGen] Falling back to sequential generation", views=len(one.missing), **one.facts)
        self.teller.tell(Step.SEQUENTIAL, one.album, done=one.done)
        for view in one.missing:
            if one.line.breaker.seconds_open or self.clock.ticks() >= one.until:
                return
            refused = kind_of(one.failures.get(view.angle)) is FailureKind.REFUSED
            for rung in _LADDER[1:] if refused else _LADDER:
                await self._views(one, (view,), rung)
                failure = one.failures.get(view.angle)
                if failure is None:
                    break
                _log.warning(
                    "sequential.failed", angle=view.angle, rung=rung.value, exc_info=failure, **one.facts
                )
                if kind_of(failure) in STOPS_SET:
                    return
                if kind_of(failure) is not FailureKind.REFUSED:
                    break

    async def _views(self, one: Set, views: Sequence[View], rung: Rung) -> None:
        """Those views at once: each ends among the drawn or among the failures, whatever was raised."""
        held = await self.store.held(one.album.session_id, one.line.provider.name)
        outcomes = await asyncio.gather(
            *(self._view(one, view, rung, held=view.angle in held) for view in views), return_exceptions=True
        )
        for view, outcome in zip(views, outcomes, strict=True):
            if isinstance(outcome, StorageError):
                raise outcome
            if isinstance(outcome, Exception) and not await self._in_doubt(one, view, outcome):
                one.failures[view.angle] = outcome

    async def _in_doubt(self, one: Set, view: View, failure: Exception) -> bool:
        """Where one more picture failed, the doubted one before it is shown with its label."""
        picture = await self.store.picture(view.session_id, view.angle, one.line.provider.name)
        if picture is None:
            return False
        await self.store.choose(view.session_id, view.angle, picture.provider)
        kind = kind_of(failure).value
        _log.info("picture.shown_in_doubt", angle=view.angle, kind=kind, **one.facts)
        one.seen.settle(view.angle)
        self._has(one, view, picture)
        return True

    async def _view(self, one: Set, view: View, rung: Rung, *, held: bool) -> None:
        provider = one.line.provider
        if not provider.draws(CATALOGUE[view.angle]):
            raise ProviderError(provider=provider.name, kind=FailureKind.UNSUPPORTED)
        # of one view, words and seed are the same whoever asks
        key = (view.session_id, view.angle, rung, provider.name)
        left = one.until - self.clock.ticks()
        try:
            deadline = self.rules.deadline + queue_seconds(one.line, one.views)
            async with asyncio.timeout(min(deadline, left)):
                picture = await self.flights.join(
                    key,
                    lambda: self.attempts.draw(view, one.sheet, one.line, one.seen, rung, held=held),
                )
        except TimeoutError as error:
            if self.attempts.arrivals.waiting(view, provider.name):
                # it has come in time: the disk is late, and nobody has to ask for it again
                raise StorageError("arrival", view.angle) from error
            raise ProviderError(provider=provider.name, kind=FailureKind.TIMEOUT) from error
        self._has(one, view, picture)

    def _has(self, one: Set, view: View, picture: Picture) -> None:
        one.drawn.add(view.angle)
        one.failures.pop(view.angle, None)
        self.teller.tell(Step.DRAWN, one.album, angle=view.angle, picture=picture, done=one.done)

    async def finish(self, one: Set) -> Album:
        """Mark what is missing; the album keeps this provider."""
        for view in one.missing:
            kind = kind_of(one.failures.get(view.angle))
            await self.store.mark_missing(view.session_id, view.angle, kind)
            self.teller.tell(Step.MISSING, one.album, angle=view.angle, failure=kind, done=one.done)
        album, now = one.album, strength_of(one.sheet, one.line.provider.capabilities)
        if now is not album.strength:
            # it turned out to hold less than it was believed to: the caption says so
            await self._signed(one, now)
            album = replace(album, strength=now)
        self.teller.tell(Step.FINISHED, album, done=one.done)
        return album

    async def _signed(self, one: Set, strength: Strength) -> None:
        """Note whose set it is and what holds it together."""
        album, name = one.album, one.line.provider.name
        await self.store.set_provider(
            album.session_id, album.number, name, strength, because=album.because, unlike=album.unlike
        )


def kind_of(error: Exception | None) -> FailureKind:
    if isinstance(error, ProviderError | InspectionError):
        return error.kind
    return FailureKind.CRASHED


def _said(error: Exception) -> str:
    """Our own errors hold facts alone; what others say may quote people's words."""
    return str(error) if isinstance(error, RakursError) else type(error).__name__


def queue_seconds(line: Line, views: Sequence[View]) -> float:
    """Seconds that pictures wait for a provider's pauses, while a few other sets wait for them too."""
    return _SETS_BESIDE * line.provider.capabilities.apart * len(views)
