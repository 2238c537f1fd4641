"""Who is counted and timed on an album's way? Each port wrapped, so that those behind it know nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.pipeline.errors import DeliveryError, InspectionError, ProviderError
from bot.pipeline.generate.looks import LOOKING
from bot.pipeline.model import (
    Album,
    Angle,
    AngleName,
    CarSpec,
    Picture,
    PictureRequest,
    Reading,
    Research,
    Session,
    SessionId,
    View,
)
from bot.pipeline.ports import (
    Capabilities,
    Clock,
    Courier,
    Event,
    Judge,
    Looked,
    Progress,
    Provider,
    Receipt,
    Researcher,
    Runner,
    Sending,
    Step,
)
from bot.pipeline.tracing import Tracer
from bot.pipeline.understand import Understanding
from bot.watch.meters import Meters

_MOST = 1_000
"""Albums whose composing is timed at once, a bound on memory."""


@dataclass(frozen=True, slots=True)
class WatchedUnderstanding:
    """Implements the handlers' Understanding."""

    inner: Understanding
    tracer: Tracer

    def understand(self, description: str, *, previous: CarSpec | None = None) -> Reading:
        """One span; the description is no part of it."""
        with self.tracer.span("understand"):
            return self.inner.understand(description, previous=previous)


@dataclass(frozen=True, slots=True)
class WatchedResearcher:
    """Implements Researcher."""

    inner: Researcher
    tracer: Tracer

    async def research(self, spec: CarSpec, angles: Sequence[AngleName]) -> Research:
        """One span."""
        with self.tracer.span("research", angles=len(angles)):
            return await self.inner.research(spec, angles)


@dataclass(frozen=True, slots=True)
class WatchedProvider:
    """Implements Provider: every call is a span, counted by what came of it."""

    inner: Provider
    meters: Meters
    tracer: Tracer
    clock: Clock

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def capabilities(self) -> Capabilities:
        """As they are now: a provider may learn that it takes less."""
        return self.inner.capabilities

    def draws(self, angle: Angle) -> bool:
        return self.inner.draws(angle)

    async def draw(self, request: PictureRequest) -> Picture:
        """The same picture or the same error."""
        began, outcome = self.clock.ticks(), "crashed"
        with self.tracer.span(
            "view", provider=self.name, session=request.session_id, angle=request.angle.name
        ):
            try:
                picture = await self.inner.draw(request)
                outcome = "drawn"
            except (ProviderError, InspectionError) as error:
                outcome = error.kind.value
                if isinstance(error, ProviderError) and error.cost:
                    self.meters.cost.labels(self.name).inc(error.cost)
                raise
            finally:
                self.meters.pictures.labels(self.name, outcome).inc()
        self.meters.picture_seconds.labels(self.name).observe(self.clock.ticks() - began)
        self.meters.cost.labels(self.name).inc(picture.cost)
        return picture

    async def close(self) -> None:
        await self.inner.close()


@dataclass(frozen=True, slots=True)
class WatchedJudge:
    """Implements Judge: every look is a span, and what it surely cost is counted."""

    inner: Judge
    meters: Meters
    tracer: Tracer

    @property
    def model(self) -> str:
        return self.inner.model

    @property
    def price(self) -> float:
        return self.inner.price

    @property
    def rests(self) -> bool:
        return self.inner.rests

    async def see(self, picture: bytes) -> Looked:
        """The same sight."""
        with self.tracer.span("look"):
            looked = await self.inner.see(picture)
        self.meters.cost.labels(LOOKING).inc(looked.cost or 0.0)
        return looked


@dataclass(frozen=True, slots=True)
class WatchedProgress:
    """Implements Progress: times the first picture and the composing, and hands every step on."""

    inner: Progress
    meters: Meters
    tracer: Tracer
    clock: Clock
    _looked_up: dict[str, float] = field(default_factory=dict)

    def happened(self, event: Event) -> None:
        """One step of an album."""
        if event.step is Step.DRAWN and event.done == 1:
            self.meters.first_seconds.observe(max(0.0, self.clock.now() - event.album.created))
        elif event.step is Step.RESEARCHED and len(self._looked_up) < _MOST:
            self._looked_up[event.album.id] = self.clock.ticks()
        elif event.step is Step.COMPOSED and (began := self._looked_up.pop(event.album.id, None)) is not None:
            self.tracer.past("compose", self.clock.ticks() - began, session=event.album.session_id)
        self.inner.happened(event)


@dataclass(frozen=True, slots=True)
class WatchedCourier:
    """Implements Courier: every album is counted once by how it ended."""

    inner: Courier
    meters: Meters
    tracer: Tracer
    clock: Clock

    async def deliver(
        self,
        session: Session,
        album: Album,
        views: Sequence[View],
        pictures: Sequence[Picture],
        sending: Sending,
    ) -> Receipt:
        """The same receipt or the same error."""
        began = self.clock.ticks()
        try:
            with self.tracer.span("deliver", session=album.session_id, views=len(views)):
                receipt = await self.inner.deliver(session, album, views, pictures, sending)
        except DeliveryError as error:
            if error.kind == "blocked":
                # nobody is told of these, so that `failed` is not called for them
                self.meters.albums.labels("failed").inc()
            raise
        self.meters.upload_seconds.observe(self.clock.ticks() - began)
        self.meters.album_seconds.observe(max(0.0, self.clock.now() - album.created))
        outcome = "complete" if len(views) == len(album.angles) else "partial"
        self.meters.albums.labels(outcome).inc()
        return receipt

    async def arrived(self, session: Session, album: Album, views: Sequence[View]) -> None:
        await self.inner.arrived(session, album, views)

    async def unsure(self, session: Session, album: Album) -> None:
        self.meters.albums.labels("unknown").inc()
        await self.inner.unsure(session, album)

    async def failed(self, session: Session, album: Album) -> None:
        self.meters.albums.labels("failed").inc()
        await self.inner.failed(session, album)


@dataclass(frozen=True, slots=True)
class WatchedRunner:
    """Implements Runner: what a person stopped is counted."""

    inner: Runner
    meters: Meters

    async def start(self) -> None:
        await self.inner.start()

    async def submit(self, session_id: SessionId, number: int) -> None:
        await self.inner.submit(session_id, number)

    async def cancel(self, session_id: SessionId, number: int) -> bool:
        stopped = await self.inner.cancel(session_id, number)
        if stopped:
            self.meters.albums.labels("cancelled").inc()
        return stopped

    async def close(self) -> None:
        await self.inner.close()
