"""How does a bot get watched? One value that puts meters and spans around its parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.app import Around
from bot.pipeline.ports import Clock, Courier, Progress, Runner
from bot.pipeline.tracing import Tracer, Untraced
from bot.pipeline.understand import Understanding
from bot.watch.calls import CountedCalls
from bot.watch.inside import own_version
from bot.watch.lag import LoopLag
from bot.watch.meters import Meters
from bot.watch.spans import open_spans
from bot.watch.watched import (
    WatchedCourier,
    WatchedJudge,
    WatchedProgress,
    WatchedProvider,
    WatchedResearcher,
    WatchedRunner,
    WatchedUnderstanding,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What watches one bot."""

    clock: Clock
    tracer: Tracer
    lag: LoopLag
    meters: Meters

    def calls(self) -> CountedCalls:
        return CountedCalls(self.meters)

    def progress(self, inner: Progress) -> Progress:
        return WatchedProgress(inner, self.meters, self.tracer, self.clock)

    def courier(self, inner: Courier) -> Courier:
        return WatchedCourier(inner, self.meters, self.tracer, self.clock)

    def runner(self, inner: Runner) -> Runner:
        return WatchedRunner(inner, self.meters)

    def understanding(self, inner: Understanding) -> WatchedUnderstanding:
        return WatchedUnderstanding(inner, self.tracer)

    def around(self) -> Around:
        """For the parts of the house that draw."""
        return Around(
            provider=lambda inner: WatchedProvider(inner, self.meters, self.tracer, self.clock),
            researcher=lambda inner: WatchedResearcher(inner, self.tracer),
            judge=lambda inner: WatchedJudge(inner, self.meters, self.tracer),
            job=lambda job, outcome: self.meters.jobs.labels(job, outcome).inc(),
        )


@asynccontextmanager
async def open_watch(*, clock: Clock, endpoint: str | None) -> AsyncIterator[Watch]:
    """Watch until this ends; spans go to the collector at `endpoint`, where one is named."""
    spans = open_spans(endpoint, version=own_version()) if endpoint else None
    meters = Meters()
    lag = LoopLag(registry=meters.registry)
    beat = asyncio.create_task(lag.watch(), name="loop lag")
    try:
        yield Watch(clock=clock, tracer=spans or Untraced(), lag=lag, meters=meters)
    finally:
        beat.cancel()
        await asyncio.gather(beat, return_exceptions=True)
        if spans is not None:
            await asyncio.to_thread(spans.close)
