"""Where do the guides of a set come from in time? Rendered while the car is looked up, waited for briefly."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import structlog

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import ProviderError
from bot.pipeline.model import AngleName, CarSpec
from bot.pipeline.ports import Guides

_log = structlog.get_logger(__name__)


class Poses:
    """The guides of one set. Use as a context manager: leaving it stops what is still being rendered.

    `patience` in seconds from the start: a picture is worth waiting for its pose, but not for long.
    """

    def __init__(self, *, guides: Guides | None, spec: CarSpec, patience: float) -> None:
        self._guides = guides
        self._spec = spec
        self._patience = patience
        self._until = 0.0
        self._tasks: dict[AngleName, asyncio.Task[bytes | None]] = {}

    async def __aenter__(self) -> Self:
        self._until = asyncio.get_running_loop().time() + self._patience
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def start(self, angles: Iterable[AngleName]) -> None:
        """Begin to render; angles that were begun already go on."""
        if self._guides is not None:
            for angle in angles:
                if angle not in self._tasks:
                    self._tasks[angle] = asyncio.create_task(self._render(angle), name=f"guide {angle}")

    async def pose(self, angle: AngleName) -> bytes | None:
        """The guide as PNG, or None where there is none or it comes too late."""
        self.start((angle,))
        task = self._tasks.get(angle)
        if task is None:
            return None
        try:
            async with asyncio.timeout_at(max(self._until, asyncio.get_running_loop().time() + 0.01)):
                return await asyncio.shield(task)
        except TimeoutError:
            _log.info("guide.late", angle=angle)
            return None

    async def _render(self, angle: AngleName) -> bytes | None:
        assert self._guides is not None  # noqa: S101 - tasks are started only with guides
        try:
            return await self._guides.guide(self._spec, CATALOGUE[angle])
        except ProviderError as error:
            _log.warning("guide.failed", angle=angle, kind=error.kind.value)
            return None
