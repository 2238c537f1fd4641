"""A provider in memory: what it is asked, and pictures or what the script says instead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.model import Angle, CarSpec, Picture, PictureRequest, Strength
from bot.pipeline.ports import Capabilities
from tests.loopback.pictures import picture_bytes

SEEDS = Capabilities(strength=Strength.SEEDS, concurrency=4, seconds=1)
STUDIO = Capabilities(strength=Strength.GEOMETRY, concurrency=4, seconds=1, repeatable=True)
_FOR_EVER = 200
"""Calls: whoever makes so many does not stop by himself."""
Answer = FailureKind | Exception | bytes | Callable[[], Any]


@dataclass(slots=True)
class Painter:
    """A provider that answers every call by its script, angle by angle, and draws where that is empty.

    `always` is its answer to everything. A function of the script is called first, and then it draws.
    """

    name: str = "one"
    capabilities: Capabilities = SEEDS
    script: dict[str, list[Answer]] = field(default_factory=dict)
    always: Answer | None = None
    cannot: frozenset[str] = frozenset()
    size: tuple[int, int] = (384, 256)
    asked: list[PictureRequest] = field(default_factory=list)
    guided: list[tuple[str, CarSpec]] = field(default_factory=list)

    def draws(self, angle: Angle) -> bool:
        return angle.name not in self.cannot

    async def draw(self, request: PictureRequest) -> Picture:
        self.asked.append(request)
        assert len(self.asked) < _FOR_EVER
        waiting = self.script.get(request.angle.name)
        answer = waiting.pop(0) if waiting else self.always
        if callable(answer):
            answer = await result if asyncio.iscoroutine(result := answer()) else result
        if isinstance(answer, FailureKind):
            raise ProviderError(provider=self.name, kind=answer)
        if isinstance(answer, Exception):
            raise answer
        content = answer or picture_bytes(f"{self.name} {request.seed}", size=self.size)
        return Picture(
            content=content,
            media_type="image/png",
            width=0,
            height=0,
            provider=self.name,
            model="m",
            seconds=1,
        )

    async def guide(self, spec: CarSpec, angle: Angle) -> bytes | None:
        """Implements Guides as well."""
        self.guided.append((angle.name, spec))
        return picture_bytes(f"guide {angle.name}", size=self.size)

    async def close(self) -> None: ...

    @property
    def angles(self) -> list[str]:
        """Of all that it was asked."""
        return [request.angle.name for request in self.asked]


def studio(*, size: tuple[int, int] = (384, 256)) -> Painter:
    """The last resort: it draws everything but the inside."""
    return Painter(name="studio", capabilities=STUDIO, cannot=frozenset({"interior"}), size=size)
