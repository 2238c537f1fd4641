"""What could each station carry at most, on paper? The smallest of them is the bottleneck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.simulation.latency import slowest
from bot.simulation.plan import Plan

HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Albums an hour that it can carry, and the sum behind that in words."""

    name: str
    albums: float
    sum: str


def stations(plan: Plan, *, views: float) -> Sequence[Station]:
    """For albums of so many views, the tightest first."""
    maker, fleet, limits = plan.maker, plan.fleet, plan.telegram.limits
    mean = maker.latency.mean
    # its views are made at once as far as the provider lets them
    rounds = max(1.0, views / maker.at_once)
    turn = (
        fleet.search
        + rounds * slowest(maker.latency, views)
        + views * max(fleet.loop, fleet.cpu / fleet.cores)
    )
    at_once = fleet.workers * plan.albums_at_once
    # the status, an edit at least, the pictures, the buttons
    messages = views + 3
    found = [
        Station(
            name="provider, at once",
            albums=HOUR * maker.at_once / (mean * views),
            sum=f"{maker.at_once} at once / ({mean:.3g} s × {views:.3g} views)",
        ),
        Station(
            name="albums drawn at once",
            albums=HOUR * at_once / turn,
            sum=f"{fleet.workers} × {plan.albums_at_once} turns / {turn:.3g} s",
        ),
        Station(
            name="Telegram, one token",
            albums=HOUR * limits.all_rate / messages,
            sum=f"{limits.all_rate:g} messages a second / {messages:.3g} an album",
        ),
        Station(
            name="cores",
            albums=HOUR * fleet.workers * fleet.cores / (fleet.cpu * views) if fleet.cpu else float("inf"),
            sum=f"{fleet.workers} × {fleet.cores} cores / ({fleet.cpu:.3g} s × {views:.3g} views)",
        ),
        Station(
            name="event loops",
            albums=HOUR * fleet.workers / (fleet.loop * views) if fleet.loop else float("inf"),
            sum=f"{fleet.workers} / ({fleet.loop:.3g} s × {views:.3g} views)",
        ),
        Station(
            name="uploads",
            albums=HOUR * fleet.workers * plan.telegram.uploads / plan.telegram.upload
            if plan.telegram.upload
            else float("inf"),
            sum=f"{fleet.workers} × {plan.telegram.uploads} at once / {plan.telegram.upload:.3g} s",
        ),
    ]
    if maker.per_minute:
        found.append(
            Station(
                name="provider, a minute",
                albums=60 * maker.per_minute / views,
                sum=f"{maker.per_minute:g} pictures a minute / {views:.3g} views",
            )
        )
    if maker.pace:
        found.append(
            Station(
                name="provider, its pause",
                albums=HOUR / (maker.pace * views),
                sum=f"one picture in {maker.pace:g} s / {views:.3g} views",
            )
        )
    return sorted(found, key=lambda station: station.albums)
