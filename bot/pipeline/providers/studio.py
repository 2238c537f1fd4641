"""How does the built-in 3D studio answer as a provider? Render processes behind the ports Provider and Guides."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import Any, TypeVar

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.model import (
    Angle,
    AngleName,
    Body,
    CarSpec,
    Framing,
    Picture,
    PictureRequest,
    SessionId,
    Strength,
)
from bot.pipeline.ports import Capabilities
from bot.pipeline.studio import worker
from bot.pipeline.studio.apart import Apart
from bot.pipeline.studio.film import mp4
from bot.pipeline.studio.plan import plan

T = TypeVar("T")

SAMPLES = 6
_CORES_A_WORKER = (
    2  # one process of two threads shows the first view sooner than two of one, in half the memory
)
_LIMITS = (64, 4096)
_FRAMES = (2, 360)
_TURN = 4.5  # seconds a turn takes
_WARM = CarSpec(body=Body.SEDAN, color_hex="#8a8d91")
_HERO = CATALOGUE[AngleName("front-three-quarter")]


_WORK_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What geometry, Mitsuba, the denoiser or Pillow may raise in a render process."""


def _nobody(_done: int, _total: int) -> None:
    """Hears of a film's frames and says nothing."""


class StudioProvider:
    """Draws every exterior angle of any car from geometry alone; needs no key and no network.

    `workers` render processes (default: one for two cores) are started by `start` or by the first call.
    A process that dies is replaced and its view drawn once more. Give `samples` a pixel to trade
    noise for time. `variant` is Mitsuba's; left out, it is llvm_ad_rgb where libLLVM 16 or newer is
    found and scalar_rgb elsewhere.
    """

    name = "studio"

    def __init__(
        self, workers: int | None = None, *, samples: int = SAMPLES, variant: str | None = None
    ) -> None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._workers = workers or max(1, cores // _CORES_A_WORKER)
        self._threads = max(1, cores // self._workers)
        self._samples = samples
        self._variant = variant
        self._pool: ProcessPoolExecutor | None = None
        self._warming: list[Future[Any]] = []
        self._told: str | None = None
        self.capabilities = Capabilities(
            strength=Strength.GEOMETRY,
            concurrency=self._workers,
            seconds=3.0,
            takes_seed=True,
            repeatable=True,
            width=1024,
            height=768,
        )

    def draws(self, angle: Angle) -> bool:
        """The studio does no interiors."""
        return angle.framing is not Framing.INSIDE

    async def start(self) -> None:
        """Start the render processes and let them compile; returns at once."""
        pool = self._running()
        warm = plan(_WARM, "CAR-00000000")
        self._warming = [pool.submit(worker.warm, warm, _HERO) for _ in range(self._workers)]

    async def ready(self) -> None:
        """Wait until the processes of `start` have compiled."""
        for future in self._warming:
            await asyncio.wrap_future(future)

    @property
    def running_variant(self) -> str | None:
        """Mitsuba's, as the render processes chose it; None before one of them has told it."""
        warm = (one for one in self._warming if one.done() and not one.cancelled() and not one.exception())
        return self._told or next((one.result() for one in warm), None)

    async def draw(self, request: PictureRequest) -> Picture:
        """One view as JPEG. Raises ProviderError: UNSUPPORTED, CRASHED."""
        if not self.draws(request.angle):
            raise ProviderError(self.name, FailureKind.UNSUPPORTED, code="interior")
        if not all(_LIMITS[0] <= side <= _LIMITS[1] for side in (request.width, request.height)):
            raise ProviderError(self.name, FailureKind.UNSUPPORTED, code="size")
        started = time.monotonic()
        car = plan(request.spec, request.session_id)
        order = worker.Order(
            plan=car,
            angle=request.angle,
            width=request.width,
            height=request.height,
            seed=request.seed,
            samples=self._samples,
        )
        done = await self._run(worker.draw, order)
        self._told = done.variant
        return Picture(
            content=done.content,
            media_type="image/jpeg",
            width=request.width,
            height=request.height,
            provider=self.name,
            model=f"mitsuba {done.variant}",
            seconds=time.monotonic() - started,
            mesh=done.mesh,
            paint=done.paint,
            warnings=car.warnings,
        )

    async def guide(self, spec: CarSpec, angle: Angle) -> bytes | None:
        """A flat PNG of the same body from the same camera; None for interiors. Raises ProviderError."""
        if not self.draws(angle):
            return None
        return await self._run(worker.guide, plan(spec, ""), angle, 1024, 768)

    async def spin(
        self,
        spec: CarSpec,
        session_id: SessionId,
        frames: int = 36,
        *,
        width: int = 768,
        height: int = 576,
        told: Callable[[int, int], None] = _nobody,
    ) -> bytes:
        """The car turning once round, as MP4; `told` hears how many frames of how many are there.

        No more frames wait at the render processes than these take at once, so that somebody's album does
        not stand behind a whole film. Raises ProviderError: UNSUPPORTED, CRASHED.
        """
        if not _FRAMES[0] <= frames <= _FRAMES[1] or width % 2 or height % 2:
            raise ProviderError(self.name, FailureKind.UNSUPPORTED, code="spin")
        car = plan(spec, session_id)
        orders = [
            worker.Order(
                plan=car,
                angle=replace(_HERO, azimuth=360.0 * number / frames),
                width=width,
                height=height,
                seed=1,
                samples=max(1, self._samples // 2),
                steady=True,
            )
            for number in range(frames)
        ]
        places, done = asyncio.Semaphore(self._workers), 0

        async def frame(order: worker.Order) -> bytes:
            nonlocal done
            async with places:
                drawn = await self._run(worker.draw, order)
            done += 1
            told(done, frames)
            return drawn.content

        pictures = await asyncio.gather(*(frame(order) for order in orders))
        try:
            return await asyncio.to_thread(mp4, pictures, width=width, height=height, rate=frames / _TURN)
        except OSError as error:
            raise ProviderError(self.name, FailureKind.CRASHED, code="ffmpeg") from error

    def process_ids(self) -> tuple[int, ...]:
        """Ids of the render processes that run now."""
        return tuple(self._pool._processes) if self._pool is not None else ()  # noqa: SLF001 - no public way

    async def close(self) -> None:
        """Stop the render processes; a view under way is given up."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)

    async def _run(self, work: Callable[..., T], *facts: Any) -> T:
        """Run in a render process; after a crash once more in a fresh one."""
        for attempt in (1, 2):
            pool = self._running()
            try:
                return await asyncio.wrap_future(pool.submit(work, *facts))
            except BrokenProcessPool as broken:
                self._replace(pool)
                if attempt > 1:
                    raise ProviderError(self.name, FailureKind.CRASHED, code="worker_died") from broken
            except _WORK_ERRORS as error:
                raise ProviderError(self.name, FailureKind.CRASHED, code=type(error).__name__) from error
        raise ProviderError(self.name, FailureKind.CRASHED)

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._workers,
                mp_context=Apart(),
                initializer=worker.prepare,
                initargs=(self._threads, self._variant),
            )
        return self._pool

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        """Drop the broken pool, unless another view has replaced it already."""
        if self._pool is broken:
            self._pool = None
        broken.shutdown(wait=False, cancel_futures=True)
