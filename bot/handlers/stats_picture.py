"""What does an operator want to see at a glance? The last day and week as one picture for a phone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from babel.dates import format_date

from bot.handlers.numbers import money, seconds, short
from bot.handlers.texts import Words
from bot.pipeline.figures import Figures, Slot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BOUNDS = (5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 120.0)
"""Seconds between the bars of waiting times."""
_INK, _SOFT, _PAPER, _CARD, _LINE = "#1d2733", "#66727f", "#eef1f4", "#ffffff", "#dfe4e9"
_GOOD, _HALF, _BAD, _STOPPED = "#2e9e6b", "#f0b13c", "#d9483b", "#aab4be"
_BLUE, _DEEP = "#5b9bd8", "#2a6db3"
_SMALL, _TEXT, _TITLE, _HUGE = 14.5, 16, 19, 27
"""Points: on a screen of 390 pixels the small ones are 11 high."""
_LEFT, _WIDE = 0.035, 0.93


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """What the picture shows: the last 24 hours and 7 days, their slots, and the week's waits between BOUNDS.

    `now` in UTC seconds.
    """

    now: float
    day: Figures
    week: Figures
    hours: Sequence[Slot]
    days: Sequence[Slot]
    waits: Sequence[int]


def stats_picture(seen: Glimpse, words: Words) -> bytes:
    """A PNG of 1080 x 1350 pixels. Blocks: call it in a thread."""
    out = io.BytesIO()
    stats_figure(seen, words).savefig(out, format="png", facecolor=_PAPER)
    return out.getvalue()


def stats_figure(seen: Glimpse, words: Words) -> Figure:
    """The same, not yet drawn."""
    # here and not above: only operators ask for it, and it takes as long to load as the rest of the chat
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(7.2, 9.0), dpi=150, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    _head(figure, seen.now, words)
    _tiles(figure, seen.day, words)
    hours = _card(figure, 0.571, 0.24, words.t("Albums, 24 hours"))
    _outcomes(hours, seen.hours, words, _hour_names(seen.hours))
    _legend(figure, words)
    days = _card(figure, 0.305, 0.215, words.t("7 days"), right=0.5)
    _outcomes(days, seen.days, words, _day_names(seen.days, words))
    _costs(_card(figure, 0.305, 0.215, words.t("Cost, 7 days"), left=0.5), seen.week, words)
    waits = _card(
        figure, 0.015, 0.272, words.t("Waiting for an album, 7 days"), below=_quantiles(seen.week, words)
    )
    _waits(waits, seen.waits, words)
    return figure


def _card(
    figure: Figure,
    bottom: float,
    height: float,
    title: str,
    *,
    left: float = 0.0,
    right: float = 1.0,
    below: str = "",
) -> Axes:
    """A white card with a title and a line below it; `left` and `right` are shares of the width."""
    start = _LEFT + _WIDE * left + (0.012 if left else 0)
    wide = _WIDE * (right - left) - (0.012 if left or right < 1 else 0)
    _plate(figure, start, bottom, wide, height)
    figure.text(
        start + 0.025, bottom + height - 0.016, title, color=_INK, size=_TITLE, weight="bold", va="top"
    )
    figure.text(start + 0.025, bottom + height - 0.052, below, color=_DEEP, size=_SMALL, va="top")
    axes = figure.add_axes(
        (start + 0.025, bottom + 0.038, wide - 0.05, height - (0.128 if below else 0.098)), facecolor="none"
    )
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(_LINE)
    axes.tick_params(colors=_SOFT, labelsize=_SMALL, length=0, pad=5)
    axes.set_yticks([])
    return axes


def _plate(figure: Figure, left: float, bottom: float, wide: float, height: float) -> None:
    from matplotlib.patches import FancyBboxPatch  # noqa: PLC0415 - as above

    figure.add_artist(
        FancyBboxPatch(
            (left + 0.012, bottom + 0.012),
            wide - 0.024,
            height - 0.024,
            boxstyle="round,pad=0.012",
            mutation_aspect=0.8,
            facecolor=_CARD,
            edgecolor="none",
            transform=figure.transFigure,
            zorder=-1,
        )
    )


def _head(figure: Figure, now: float, words: Words) -> None:
    """What the tiles speak of, and when: hours and days below are those of UTC."""
    moment = datetime.fromtimestamp(now, UTC)
    day = format_date(moment, "d MMM", locale=words.language)
    figure.text(
        _LEFT + 0.005, 0.972, words.t("Last 24 hours"), color=_INK, size=_TEXT, weight="bold", va="center"
    )
    figure.text(
        _LEFT + _WIDE - 0.005,
        0.972,
        f"{day}, {moment:%H:%M} UTC",
        color=_SOFT,
        size=_SMALL,
        va="center",
        ha="right",
    )


def _tiles(figure: Figure, day: Figures, words: Words) -> None:
    """Four numbers of the last 24 hours."""
    over = day.complete + day.partial + day.failed
    good = f"{100 * day.complete / over:.0f}%" if over else "–"
    wait = "–" if day.album_p50 is None else words.t("{seconds} s", seconds=seconds(day.album_p50))
    tiles = (
        (short(over + day.cancelled), words.t("albums"), _INK),
        (good, words.t("complete"), _GOOD if over and day.complete >= 0.9 * over else _BAD if over else _INK),
        (wait, words.t("median wait"), _INK),
        (f"${money(day.paid)}", words.t("paid"), _INK),
    )
    width = (_WIDE - 3 * 0.016) / 4
    for number, (value, name, color) in enumerate(tiles):
        left = _LEFT + number * (width + 0.016)
        _plate(figure, left, 0.829, width, 0.118)
        middle = left + width / 2
        figure.text(middle, 0.905, value, color=color, size=_HUGE, weight="bold", ha="center", va="center")
        figure.text(middle, 0.854, name, color=_SOFT, size=_SMALL, ha="center", va="center")


def _outcomes(axes: Axes, slots: Sequence[Slot], words: Words, names: dict[int, str]) -> None:
    """Stacked bars; the tallest carries its number."""
    places, base = list(range(len(slots))), [0] * len(slots)
    for color, values in (
        (_GOOD, [slot.complete for slot in slots]),
        (_HALF, [slot.partial for slot in slots]),
        (_BAD, [slot.failed for slot in slots]),
        (_STOPPED, [slot.cancelled for slot in slots]),
    ):
        axes.bar(places, values, bottom=base, color=color, width=0.78)
        base = [low + value for low, value in zip(base, values, strict=True)]
    most = max(base, default=0)
    axes.set_xlim(-0.6, len(slots) - 0.4)
    axes.set_ylim(0, most * 1.2 or 1)
    axes.set_xticks(list(names), list(names.values()))
    if not most:
        _nothing(axes, words)
        return
    top = base.index(most)
    axes.text(top, most * 1.03, short(most), ha="center", va="bottom", color=_INK, size=_TEXT)


def _hour_names(slots: Sequence[Slot]) -> dict[int, str]:
    """Every sixth hour, in UTC."""
    hours = {place: datetime.fromtimestamp(slot.start, UTC) for place, slot in enumerate(slots)}
    return {place: f"{hour:%H:%M}" for place, hour in hours.items() if hour.hour % 6 == 0}


def _day_names(slots: Sequence[Slot], words: Words) -> dict[int, str]:
    return {
        place: format_date(datetime.fromtimestamp(slot.start, UTC), "EEEEEE", locale=words.language)
        for place, slot in enumerate(slots)
    }


def _legend(figure: Figure, words: Words) -> None:
    from matplotlib.patches import Patch  # noqa: PLC0415 - as above

    names = (words.t("complete"), words.t("partial"), words.t("failed"), words.t("stopped"))
    colors = (_GOOD, _HALF, _BAD, _STOPPED)
    patches = [Patch(color=color, label=name) for color, name in zip(colors, names, strict=True)]
    figure.legend(
        handles=patches,
        loc="center",
        bbox_to_anchor=(0.5, 0.545),
        ncols=4,
        frameon=False,
        fontsize=_SMALL,
        labelcolor=_SOFT,
        handlelength=0.8,
        handleheight=0.8,
        columnspacing=1.4,
    )


def _costs(axes: Axes, week: Figures, words: Words) -> None:
    """At most three bars: the dearest providers, and what of it nobody got."""
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])
    dear = sorted(week.costs, key=lambda cost: -cost[1])
    room = 3 - bool(week.not_delivered)
    shown = dear if len(dear) <= room else dear[: room - 1]
    rows = [(name, cost, _BLUE) for name, cost in shown]
    if len(dear) > len(shown):
        rows.append((words.t("others"), sum(cost for _, cost in dear[len(shown) :]), _BLUE))
    if week.not_delivered:
        rows.append((words.t("not delivered"), week.not_delivered, _BAD))
    if not rows:
        _nothing(axes, words, words.t("free"))
        return
    longest = max(cost for _, cost, _ in rows)
    for number, (name, cost, color) in enumerate(rows):
        axes.barh(-number, cost, color=color, height=0.2)
        axes.text(0, 0.16 - number, name[:16], color=_SOFT, size=_SMALL, va="bottom")
        axes.text(longest, 0.16 - number, f"${money(cost)}", color=_INK, size=_SMALL, va="bottom", ha="right")
    axes.set_xlim(0, longest)
    axes.set_ylim(-2.2, 0.75)


def _quantiles(week: Figures, words: Words) -> str:
    if week.album_p50 is None or week.album_p95 is None:
        return ""
    half, most = seconds(week.album_p50), seconds(week.album_p95)
    return words.t("half within {half} s, 95% within {most} s", half=half, most=most)


def _waits(axes: Axes, waits: Sequence[int], words: Words) -> None:
    """How many albums took how long."""
    places = list(range(len(waits)))
    total, most = sum(waits), max(waits, default=0)
    edges = ["0", *(f"{bound:.0f}" for bound in BOUNDS)]
    axes.bar([place + 0.5 for place in places], waits, color=_BLUE, width=0.86)
    axes.set_xlim(0, len(places))
    axes.set_ylim(0, most * 1.22 or 1)
    axes.set_xticks(places, [*edges[:-1], words.t("{seconds} s", seconds=edges[-1])])
    if not total:
        _nothing(axes, words)
    for place, value in zip(places, waits, strict=True):
        if total and value >= total / 100:
            text = f"{100 * value / total:.0f}%"
            axes.text(place + 0.5, value + most * 0.03, text, ha="center", color=_INK, size=_SMALL)


def _nothing(axes: Axes, words: Words, text: str = "") -> None:
    axes.text(
        0.5,
        0.5,
        text or words.t("nothing yet"),
        transform=axes.transAxes,
        color=_SOFT,
        size=_TEXT,
        ha="center",
        va="center",
    )
