"""What is a figure, and how are figures shown?"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    `floor` is the same work without Rakurs, measured in the same run, and `floor_is` says what that
    was. `least` and `most` bound the ratio to the floor, or the value itself where there is no floor.
    """

    part: str
    what: str
    value: float
    unit: str
    floor: float | None = None
    floor_is: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def ratio(self) -> float | None:
        """The value over its floor."""
        return self.value / self.floor if self.floor else None

    @property
    def judged(self) -> float:
        """What the bounds speak of."""
        return self.value if self.ratio is None else self.ratio

    @property
    def holds(self) -> bool | None:
        """Whether it is within its bounds; None where it has none."""
        if self.least is None and self.most is None:
            return None
        over = self.least is None or self.judged >= self.least
        return over and (self.most is None or self.judged <= self.most)

    def facts(self) -> dict[str, Any]:
        """For --json."""
        return {**asdict(self), "ratio": self.ratio, "holds": self.holds}


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return float(statistics.median(values))


def table(figures: Sequence[Figure], *, title: str) -> Table:
    """All figures, part after part."""
    shown = Table(title=title, title_justify="left", title_style="bold", header_style="bold", expand=False)
    for name, right in (
        ("figure", False),
        ("Rakurs", True),
        ("floor", True),
        ("ratio", True),
        ("must be", True),
    ):
        shown.add_column(name, justify="right" if right else "left")
    shown.add_column("the floor is", style="dim")
    part = ""
    for one in figures:
        if one.part != part:
            part = one.part
            shown.add_section()
            shown.add_row(f"[bold]{part}[/]")
        shown.add_row(
            f"  {one.what}",
            f"{short(one.value)} {one.unit}",
            f"{short(one.floor)} {one.unit}" if one.floor is not None else "",
            f"{one.ratio:.2f}" if one.ratio is not None else "",
            _bounds(one),
            one.floor_is,
        )
    return shown


def short(value: float) -> str:
    """Three digits that say something."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1 else f"{value:.2g}"


def _bounds(one: Figure) -> str:
    if one.holds is None:
        return ""
    words = [
        f"≥ {one.least:g}" if one.least is not None else "",
        f"≤ {one.most:g}" if one.most is not None else "",
    ]
    mark = "[green]✓[/]" if one.holds else "[red]✗[/]"
    return f"{' '.join(word for word in words if word)} {mark}"
