"""How is a run told on a terminal?"""

from __future__ import annotations

import math

from rich.bar import Bar
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table

from bot.simulation.outcome import Outcome, Wait
from bot.simulation.plan import Plan

_WIDTH = 100


def render(plan: Plan, outcome: Outcome, console: Console | None = None) -> None:
    """Print it."""
    shown = Group(_head(plan, outcome), _waits(outcome), _stations(outcome), _foot(outcome))
    (console or Console(width=_WIDTH)).print(shown)


def _head(plan: Plan, outcome: Outcome) -> Panel:
    fleet = plan.fleet
    workers = f"{fleet.workers} worker" + ("s" if fleet.workers > 1 else "")
    return Panel(
        f"[bold]{outcome.albums:,}[/] albums of [bold]{outcome.people:,}[/] people, "
        f"{outcome.pictures:,} pictures; {outcome.asked_per_hour:,.0f} albums an hour\n"
        f"{workers} with {fleet.cores} cores, {plan.albums_at_once} albums at once each; "
        f"the provider makes {plan.maker.at_once} at once, {plan.maker.latency.mean:.3g} s a picture",
        title="simulated",
        title_align="left",
        border_style="dim",
        width=_WIDTH,
    )


def _waits(outcome: Outcome) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 3, 0, 1))
    table.add_column("a person waits")
    for name in ("half at most", "95 of 100", "99 of 100", "the longest"):
        table.add_column(name, justify="right")
    for what, wait in (("to the first picture", outcome.first), ("to the album", outcome.album)):
        table.add_row(what, *(f"[bold]{span(seconds)}[/]" for seconds in _of(wait)))
    return table


def _of(wait: Wait) -> tuple[float, ...]:
    return wait.p50, wait.p95, wait.p99, wait.most


def _stations(outcome: Outcome) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 3, 0, 1))
    table.add_column("what carries how much")
    table.add_column("albums an hour", justify="right")
    table.add_column("asked of it")
    table.add_column("because", style="dim")
    for place, station in enumerate(outcome.stations):
        share = outcome.asked_per_hour / station.albums
        color = "red" if share > 1 else "yellow" if share > 0.8 else "green"  # noqa: PLR2004 - nearly full
        table.add_row(
            f"[bold]{station.name}[/]" if place == 0 else station.name,
            f"{station.albums:,.0f}" if math.isfinite(station.albums) else "any",
            Bar(size=1, begin=0, end=min(1.0, share), width=16, color=color),
            station.sum,
        )
    return table


def _foot(outcome: Outcome) -> str:
    lines = [
        f" queue {outcome.queue_mean:.1f} albums on average, {outcome.queue_most} at most"
        f" · fairness {outcome.fairness:.2f}"
        f" · provider busy {outcome.used['provider']:.0%}, messages {outcome.used['messages']:.0%}"
    ]
    if outcome.cost:
        lines.append(f" cost {outcome.cost:,.2f}, at this pace {outcome.cost_per_day:,.2f} a day")
    if outcome.overloaded:
        lines.append(
            f" [red]More is asked for than {outcome.stations[0].name} carries:[/]"
            f" the last album came {span(outcome.drained_after)} after the last wish."
        )
    return "\n".join(lines)


def span(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 100:  # noqa: PLR2004 - short enough for seconds
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{seconds / 3600:.1f} h"  # noqa: PLR2004 - as above
