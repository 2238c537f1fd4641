"""The figures as one picture for a phone."""

from __future__ import annotations

import io
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bot.handlers.texts import Words
from bot.pipeline.figures import Figures

_INK, _PAPER, _FAINT = "#20242a", "#f7f8f9", "#d9dde2"
_GOOD, _HALF, _BAD, _FIRST, _ALBUM = "#2f9e6e", "#e2a93b", "#d0483e", "#7fb2e5", "#2b6cb0"


def stats_picture(table: Sequence[tuple[str, Figures]], words: Words) -> bytes:
    """A PNG of 1080 x 1350 pixels: albums by outcome above, waiting times below."""
    figure = Figure(figsize=(7.2, 9.0), dpi=150, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    outcome, times = figure.subplots(2, 1)
    names = [name for name, _ in table]
    rows = [figures for _, figures in table]
    _outcomes(outcome, names, rows, words)
    _times(times, names, rows, words)
    for axes in (outcome, times):
        axes.set_facecolor(_PAPER)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(_FAINT)
        axes.tick_params(colors=_INK, labelsize=13, length=0)
    figure.subplots_adjust(left=0.2, right=0.95, top=0.9, bottom=0.07, hspace=0.42)
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=_PAPER)
    return out.getvalue()


def _outcomes(axes: Axes, names: list[str], rows: list[Figures], words: Words) -> None:
    """Shares of each span's albums, so that an hour and a year can stand side by side."""
    places = list(range(len(rows)))[::-1]
    totals = [max(1, row.complete + row.partial + row.failed) for row in rows]
    left = [0.0] * len(rows)
    parts = (
        (words.t("complete"), _GOOD, [row.complete for row in rows]),
        (words.t("partial"), _HALF, [row.partial for row in rows]),
        (words.t("failed"), _BAD, [row.failed for row in rows]),
    )
    for label, color, values in parts:
        shares = [100 * value / total for value, total in zip(values, totals, strict=True)]
        axes.barh(places, shares, left=left, color=color, label=label, height=0.55)
        for place, start, share, value in zip(places, left, shares, values, strict=True):
            if share > 6:  # noqa: PLR2004 - per cent; narrower than its figure
                axes.text(
                    start + share / 2, place, str(value), ha="center", va="center", color="white", size=13
                )
        left = [start + share for start, share in zip(left, shares, strict=True)]
    axes.set_yticks(places, names)
    axes.set_xlim(0, 100)
    axes.set_xticks([])
    axes.set_title(words.t("Albums"), loc="left", color=_INK, size=18, weight="bold", pad=34)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=3, frameon=False, fontsize=12)


def _times(axes: Axes, names: list[str], rows: list[Figures], words: Words) -> None:
    places = list(range(len(rows)))[::-1]
    series = (
        (words.t("first picture, p50"), _FIRST, [row.first_picture_p50 for row in rows], 0.2),
        (words.t("album, p50"), _ALBUM, [row.album_p50 for row in rows], -0.2),
    )
    longest = max([value for _, _, values, _ in series for value in values if value] or [1.0])
    for label, color, values, shift in series:
        lengths = [value or 0.0 for value in values]
        axes.barh([place + shift for place in places], lengths, color=color, label=label, height=0.36)
        for place, value in zip(places, values, strict=True):
            text = "–" if value is None else words.t("{seconds} s", seconds=f"{value:.1f}")
            axes.text((value or 0) + longest * 0.015, place + shift, text, va="center", color=_INK, size=12)
    axes.set_yticks(places, names)
    axes.set_xlim(0, longest * 1.15)
    axes.set_xticks([])
    axes.set_title(words.t("Waiting time"), loc="left", color=_INK, size=18, weight="bold", pad=34)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=2, frameon=False, fontsize=12)
