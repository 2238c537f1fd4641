"""How long does research take, and is its deadline kept, on loopback servers?"""

from __future__ import annotations

import time

import httpx

from bot.pipeline.model import AngleName
from tests.bench.figure import Figure, median
from tests.loopback.search import Fault, photo_bytes
from tests.unit.research.house import X5, House, open_house

_ANGLES = [AngleName(name) for name in ("front", "side", "rear")]
_DEADLINE = 0.5


async def figures(*, short: bool) -> list[Figure]:
    """Each round is a house of its own, so that nothing is remembered."""
    rounds = 1 if short else 5
    quick = [await _round() for _ in range(rounds)]
    late = [await _round(delay=_DEADLINE * 4) for _ in range(rounds)]
    return [
        Figure(
            part="research",
            what="badge and three photos",
            value=median([ours for ours, _ in quick]) * 1e3,
            unit="ms",
            floor=median([bare for _, bare in quick]) * 1e3,
            floor_is="the same requests, bare, one after the other",
        ),
        Figure(
            part="research",
            what=f"servers too slow, deadline {_DEADLINE:g} s",
            value=median([ours for ours, _ in late]),
            unit="s",
            floor=_DEADLINE,
            floor_is="the deadline itself",
            most=1.1,
        ),
    ]


async def _round(*, delay: float = 0.0) -> tuple[float, float]:
    """Seconds of our research, and of its requests repeated bare (0 where they would be too slow)."""
    async with open_house(sources=("wikimedia",), deadline=_DEADLINE if delay else 5.0) as house:
        house.server.know_maker("BMW", logo="BMW.svg", words="BMW logo: a blue and white roundel.")
        for angle in _ANGLES:
            house.server.know_photo(f"2020 BMW X5 {angle}", content=photo_bytes())
        if delay:
            house.server.faults = {"wikidata": Fault(delay=delay), "commons": Fault(delay=delay)}
        started = time.perf_counter()
        await house.researcher.research(X5, _ANGLES)
        ours = time.perf_counter() - started
        return ours, 0.0 if delay else await _bare(house)


async def _bare(house: House) -> float:
    """What was asked, asked again with a plain client."""
    asked = list(house.server.requests)
    async with httpx.AsyncClient(trust_env=False) as client:
        started = time.perf_counter()
        names = iter(house.server.pictures)
        for one in asked:
            where = f"{house.server.url}/{one.service}"
            where += f"/{next(names)}" if one.service == "pictures" else ""
            await client.get(where, params=one.params)
        return time.perf_counter() - started
