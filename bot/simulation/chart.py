"""A run as one picture: what each person waited, and how the queue grew and shrank."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bot.simulation.outcome import Played, Wait
from bot.simulation.table import span

_INK, _PAPER, _FAINT = "#20242a", "#f7f8f9", "#d9dde2"
_FIRST, _ALBUM, _QUEUE, _DRAWN = "#7fb2e5", "#2b6cb0", "#e2a93b", "#2f9e6e"
_MOST_DOTS, _MOST_STEPS, _SPANS = 4000, 200, 120


def draw_chart(played: Played) -> bytes:
    """A PNG of 1600 x 1200 pixels."""
    figure = Figure(figsize=(10.667, 8.0), dpi=150, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 2, width_ratios=(1.9, 1), hspace=0.42, wspace=0.2)
    waits, queue, shares = (
        figure.add_subplot(grid[0, 0]),
        figure.add_subplot(grid[1, 0]),
        figure.add_subplot(grid[:, 1]),
    )
    unit, name = _unit(max(album.album for album in played.lived))
    _waits(waits, played, unit, name)
    _queue(queue, played, unit, name)
    _shares(shares, played)
    for axes in (waits, queue, shares):
        axes.set_facecolor(_PAPER)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(_FAINT)
        axes.tick_params(colors=_INK, labelsize=10, length=0)
    figure.text(0.07, 0.95, _head(played), color=_INK, size=12.5)
    figure.subplots_adjust(left=0.07, right=0.965, top=0.86, bottom=0.075)
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=_PAPER)
    return out.getvalue()


def _head(played: Played) -> str:
    outcome = played.outcome
    tightest = outcome.stations[0]
    return (
        f"{outcome.albums:,} albums, {outcome.asked_per_hour:,.0f} an hour were asked for; "
        f"tightest: {tightest.name}, {tightest.albums:,.0f} an hour"
    )


def _unit(longest: float) -> tuple[float, str]:
    """The axis of time in what reads best."""
    for seconds, name in ((3600.0, "hours"), (60.0, "minutes")):
        if longest > 3 * seconds:
            return seconds, name
    return 1.0, "seconds"


def _title(axes: Axes, words: str) -> None:
    axes.set_title(words, loc="left", color=_INK, size=13, weight="bold", pad=12)


def _waits(axes: Axes, played: Played, unit: float, name: str) -> None:
    """One dot an album; of very many, every n-th."""
    lived = played.lived[:: max(1, len(played.lived) // _MOST_DOTS)]
    asked = [album.asked / unit for album in lived]
    size = 14 if len(lived) < 500 else 5  # noqa: PLR2004 - dots that touch each other are smaller
    axes.scatter(
        asked, [album.album - album.asked for album in lived], s=size, color=_ALBUM, lw=0, label="album"
    )
    first = [(album.first or album.album) - album.asked for album in lived]
    axes.scatter(asked, first, s=size, color=_FIRST, lw=0, label="first picture")
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", color=_FAINT, lw=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(f"asked, {name}", color=_INK, size=10)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False, fontsize=10)
    _title(axes, "Seconds waited")


def _queue(axes: Axes, played: Played, unit: float, name: str) -> None:
    for found, color, words in ((played.queue, _QUEUE, "waiting"), (played.drawing, _DRAWN, "being drawn")):
        steps = _thinned(found)
        times, counts = [at / unit for at, _ in steps], [count for _, count in steps]
        axes.fill_between(times, counts, step="post", color=color, alpha=0.25, lw=0)
        axes.step(times, counts, where="post", color=color, lw=1.2, label=words)
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", color=_FAINT, lw=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(name, color=_INK, size=10)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False, fontsize=10)
    _title(axes, "Albums")


def _thinned(steps: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """Of very many steps their means over equal spans."""
    if len(steps) <= _MOST_STEPS:
        return steps
    times, counts = np.array([at for at, _ in steps]), np.array([count for _, count in steps], dtype=float)
    area = np.concatenate(([0.0], np.cumsum(np.diff(times) * counts[:-1])))
    edges = np.linspace(times[0], times[-1], _SPANS + 1)
    means = np.diff(np.interp(edges, times, area)) / np.diff(edges)
    return [*zip(edges[:-1].tolist(), means.tolist(), strict=True), (float(edges[-1]), 0.0)]


def _shares(axes: Axes, played: Played) -> None:
    """How many people had it within so many seconds."""
    outcome = played.outcome
    first = [(album.first or album.album) - album.asked for album in played.lived]
    album = [album.album - album.asked for album in played.lived]
    for seconds, wait, color, side in ((first, outcome.first, _FIRST, -1), (album, outcome.album, _ALBUM, 1)):
        ordered = sorted(seconds)
        axes.plot(
            ordered, [100 * (place + 1) / len(ordered) for place in range(len(ordered))], color=color, lw=2
        )
        _marks(axes, wait, color, side)
    axes.set_ylim(0, 101)
    axes.set_xlim(left=-0.18 * max(album), right=max(album) * 1.14)
    axes.grid(axis="y", color=_FAINT, lw=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("seconds", color=_INK, size=10)
    _title(axes, "Of 100, have it within")


def _marks(axes: Axes, wait: Wait, color: str, side: int) -> None:
    """Beside the curve, on the side where the other one is not."""
    marks: Sequence[tuple[float, float]] = ((50, wait.p50), (95, wait.p95))
    for share, seconds in marks:
        axes.plot([seconds], [share], "o", color=color, ms=6)
        axes.annotate(
            span(seconds),
            (seconds, share),
            (9 * side, -13 if side > 0 else 6),
            textcoords="offset points",
            ha="left" if side > 0 else "right",
            size=10,
            color=_INK,
        )
