"""What came of a run? Waits, queues, how busy everything was, cost, and who waited longer than others."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.simulation.capacity import Station, stations
from bot.simulation.plan import Plan
from bot.simulation.stations import Load
from bot.simulation.world import Lived, World

DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Seconds at three percentiles, and the longest."""

    p50: float
    p95: float
    p99: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All figures of one run.

    `asked_per_hour` is over the time in which people wrote. `queue` counts albums that wait for their
    turn. `fairness` is Jain's index of the waits of people, 1 where all waited equally long. Cost is
    in the price's currency.
    """

    albums: int
    pictures: int
    people: int
    asked_per_hour: float
    first: Wait
    album: Wait
    queue_mean: float
    queue_most: int
    used: dict[str, float]
    fairness: float
    cost: float
    cost_per_day: float
    drained_after: float
    stations: Sequence[Station]

    @property
    def overloaded(self) -> bool:
        """Whether more was asked for than the tightest station carries."""
        return self.asked_per_hour > self.stations[0].albums

    def facts(self) -> dict[str, Any]:
        """For --json; what has no limit is null."""
        facts = asdict(self)
        for station in facts["stations"]:
            station["albums"] = station["albums"] if math.isfinite(station["albums"]) else None
        return {**facts, "overloaded": self.overloaded}


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A run's figures, and the curves behind them."""

    outcome: Outcome
    lived: Sequence[Lived]
    queue: Sequence[tuple[float, int]]
    drawing: Sequence[tuple[float, int]]


def play(plan: Plan) -> Played:
    """Simulate. Raises BadSettings where the plan has too many albums."""
    world = World(plan)
    world.play()
    return Played(
        outcome=_outcome(plan, world),
        lived=world.lived,
        queue=world.turns.queue.steps,
        drawing=world.turns.used.steps,
    )


def _outcome(plan: Plan, world: World) -> Outcome:
    lived = world.lived
    end = max((album.album for album in lived), default=0.0)
    pictures = sum(album.views for album in lived)
    asked = max((album.asked for album in lived), default=0.0)
    hours = max(asked, 1.0) / 3600
    waits: dict[str, list[float]] = defaultdict(list)
    for album in lived:
        waits[album.owner].append(album.album - album.asked)
    fleet = plan.fleet
    cost = pictures * plan.maker.price
    return Outcome(
        albums=len(lived),
        pictures=pictures,
        people=len(waits),
        asked_per_hour=len(lived) / hours,
        first=_wait([album.first - album.asked for album in lived if album.first is not None]),
        album=_wait([album.album - album.asked for album in lived]),
        queue_mean=world.turns.queue.area / end if end else 0.0,
        queue_most=world.turns.queue.most,
        used={
            "provider": _share(world.maker.used, plan.maker.at_once, end),
            "turns": _share(world.turns.used, fleet.workers * plan.albums_at_once, end),
            "loops": _share(world.loops.used, fleet.workers, end),
            "cores": _share(world.cores.used, fleet.workers * fleet.cores, end),
            "uploads": _share(world.uploads.used, fleet.workers * plan.telegram.uploads, end),
            "messages": min(1.0, world.pace.taken / (plan.telegram.limits.all_rate * end)) if end else 0.0,
        },
        fairness=_fairness([sum(mine) / len(mine) for mine in waits.values()]),
        cost=cost,
        cost_per_day=cost * DAY / max(asked, 1.0),
        drained_after=end - asked,
        stations=stations(plan, views=pictures / len(lived) if lived else plan.views),
    )


def _wait(seconds: Sequence[float]) -> Wait:
    ordered = sorted(seconds)
    if not ordered:
        return Wait(p50=0.0, p95=0.0, p99=0.0, most=0.0)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]

    return Wait(p50=at(0.5), p95=at(0.95), p99=at(0.99), most=ordered[-1])


def _share(used: Load, capacity: int, end: float) -> float:
    return used.area / (capacity * end) if end else 0.0


def _fairness(waits: Sequence[float]) -> float:
    squares = sum(wait * wait for wait in waits)
    return sum(waits) ** 2 / (len(waits) * squares) if squares else 1.0
