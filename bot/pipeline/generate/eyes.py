"""Is what arrived a picture of this view, and of the same car as the others? Made again once, then labelled."""

from __future__ import annotations

import asyncio
import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

import structlog

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import FailureKind, InspectionError
from bot.pipeline.generate.looks import Looks
from bot.pipeline.generate.sight import contradiction
from bot.pipeline.inspect import Inspected, inspect, same_view
from bot.pipeline.model import (
    DUPLICATE,
    OFF_COLOR,
    OTHER_SHAPE,
    AngleName,
    CarSpec,
    Framing,
    Picture,
    Strength,
    View,
)
from bot.pipeline.paint import Match, common, compare, lab_of, load
from bot.pipeline.ports import Capabilities

_log = structlog.get_logger(__name__)
_MIRRORS = {"side": "side-right"}
"""Pairs of angles that are each other's mirror image; three-quarters end in -right."""
_SHAPE = math.log(1.15)
"""By how much the ratio of the sides may miss the one that was asked for."""
_AGREE = 2
"""Views that must be there before a further one is held against them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A picture, labelled with all that is wrong with it. `doubt` is why another one is worth its money."""

    picture: Picture
    found: Inspected
    doubt: InspectionError | None = None


@dataclass(slots=True, kw_only=True)
class Seen:
    """The pictures of one set so far. `spec` tells the paint that was asked for, `number` is the album's."""

    spec: CarSpec
    number: int = 1
    pictures: dict[AngleName, Inspected] = field(default_factory=dict)
    doubted: dict[AngleName, Look] = field(default_factory=dict)
    """What is shown, with its label, unless the one more picture of that view is better."""

    def settle(self, angle: AngleName) -> None:
        """The doubted picture of that angle, if there is one, is shown: others are held against it."""
        if angle in self.doubted:
            self.pictures[angle] = self.doubted[angle].found

    def twice(self, angle: AngleName, picture: Inspected) -> AngleName | None:
        """The other angle that this picture shows again, if any."""
        for other, known in self.pictures.items():
            if other != angle and same_view(picture, known, mirrored=not _mirrors(angle, other)):
                return other
        return None

    def painted(self, angle: AngleName, picture: Inspected) -> tuple[Match, float]:
        """How its paint compares with the asked one and with what the other views agree on, and how far
        it is off (CIEDE2000)."""
        if picture.paint is None:
            return Match.SAME, 0.0
        wanted = []
        if self.spec.color_hex is not None and self.spec.second_color_hex is None:
            wanted.append(lab_of(self.spec.color_hex))
        others = [
            known.paint
            for other, known in self.pictures.items()
            if other != angle and known.paint is not None
        ]
        if len(others) >= _AGREE:
            wanted.append(common(others))
        found = [compare(picture.paint, one) for one in wanted]
        return max(found, key=lambda pair: (_GRAVITY[pair[0]], pair[1]), default=(Match.SAME, 0.0))


_GRAVITY = {Match.SAME: 0, Match.DIFFERS: 1, Match.OTHER: 2}


def _mirrors(one: AngleName, other: AngleName) -> bool:
    return f"{one}-right" == other or f"{other}-right" == one or _MIRRORS.get(one) == other


class Eyes:
    """Looks at pictures in threads of its own, which end with it.

    One more at a time than there are cores: the first is shown sooner than if all were looked at together,
    and of a few no core is left without. `judge`, if there is one, looks at what was bought and passed.
    """

    def __init__(self, *, judge: Looks | None = None) -> None:
        self._threads = ThreadPoolExecutor((os.cpu_count() or 1) + 1, thread_name_prefix="eyes")
        self._judge = judge
        self._open = False

    async def open(self, asked: Capabilities) -> None:
        """Load, once, what looks at pictures of such a provider: it is there before the first of them."""
        if not self._open and asked.strength is not Strength.GEOMETRY:
            await asyncio.get_running_loop().run_in_executor(self._threads, load)
            self._open = True

    def decode(self, view: View, arrived: Picture, asked: Capabilities) -> asyncio.Future[Look]:
        """The picture by itself, which has no doubts yet; begun at once, not when it is awaited.

        Raises InspectionError where it is no picture of a car at all.
        """
        bought = asked.strength is not Strength.GEOMETRY
        whole = CATALOGUE[view.angle].framing is Framing.CAR
        return asyncio.get_running_loop().run_in_executor(
            self._threads, partial(_decoded, arrived, paint=bought and whole)
        )

    async def compare(
        self, view: View, decoded: Look, asked: Capabilities, seen: Seen, *, last: bool
    ) -> Look:
        """The picture among the others; nothing is worth another try after the `last`."""
        picture, found = decoded.picture, decoded.found
        bought = asked.strength is not Strength.GEOMETRY
        doubts = await self._doubts(view, picture, found, asked, seen, last=last) if bought else []
        words = [word for word, _ in doubts]
        if bought and OFF_COLOR not in words and seen.painted(view.angle, found)[0] is Match.DIFFERS:
            words.append(OFF_COLOR)
        picture = replace(picture, warnings=(*picture.warnings, *words))
        if doubts and not last:
            return Look(picture=picture, found=found, doubt=doubts[0][1])
        seen.pictures[view.angle] = found
        return Look(picture=picture, found=found)

    async def _doubts(
        self, view: View, picture: Picture, found: Inspected, asked: Capabilities, seen: Seen, *, last: bool
    ) -> list[tuple[str, InspectionError]]:
        """What would be worth another try, the gravest first."""
        doubts = _doubts(view, found, asked, seen)
        if CATALOGUE[view.angle].framing is not Framing.CAR or (doubts and not last):
            return doubts
        if self._judge is None:
            return doubts
        against = await self._against(self._judge, view, picture, seen)
        # other views may have come while the judge was looking
        doubts = _doubts(view, found, asked, seen)
        if against is not None:
            doubts.append((against, InspectionError(FailureKind.CONTRADICTED, {"by": against})))
        return doubts

    @staticmethod
    async def _against(judge: Looks, view: View, picture: Picture, seen: Seen) -> str | None:
        """The warning that the judge's sight of it makes, if any."""
        sight = await judge.see(view, seen.number, picture.content)
        if sight is None:
            return None
        against = contradiction(sight, CATALOGUE[view.angle], seen.spec, picture.rung)
        _log.info("picture.judged", session=view.session_id, angle=view.angle, against=against, **sight.said)
        return against


def _decoded(arrived: Picture, *, paint: bool) -> Look:
    found = inspect(arrived.content, paint=paint)
    picture = replace(
        arrived,
        content=found.content,
        media_type="image/jpeg",
        width=found.width,
        height=found.height,
        paint=arrived.paint or found.paint,
    )
    return Look(picture=picture, found=found)


def _doubts(
    view: View, found: Inspected, asked: Capabilities, seen: Seen
) -> list[tuple[str, InspectionError]]:
    """What this machine can tell itself."""
    doubts = []
    off = abs(math.log(found.width * asked.height / (found.height * asked.width)))
    if off > _SHAPE:
        sizes: dict[str, float | str] = {"width": found.width, "height": found.height}
        doubts.append((OTHER_SHAPE, InspectionError(FailureKind.WRONG_SIZE, sizes)))
    other = seen.twice(view.angle, found)
    if other is not None:
        doubts.append((f"{DUPLICATE}:{other}", InspectionError(FailureKind.DUPLICATE, {"of": other})))
    match, apart = seen.painted(view.angle, found)
    if match is Match.OTHER:
        facts: dict[str, float | str] = {"delta_e": round(apart, 1)}
        doubts.append((OFF_COLOR, InspectionError(FailureKind.OFF_COLOR, facts)))
    return doubts
