"""Which curves make a body? The plan's table of points turned into the outlines of a shape."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

from collections.abc import Sequence

from bot.pipeline.studio.curves import Curve, curve
from bot.pipeline.studio.plan import Plan
from bot.pipeline.studio.shape import Shape

_SECTION = (
    (-0.6, -0.22), (-0.05, -0.080), (0.06, -0.030), (0.16, -0.004), (0.21, -0.001), (0.28, -0.018), (0.45, -0.024),
    (0.66, -0.014), (0.80, 0.0), (0.84, -0.004), (0.92, -0.036), (1.0, -0.070), (1.2, -0.16),
)  # fmt: skip
"""The body's side: parts of the way from the lower edge to the window line, and metres inside the widest line."""


def shape_of(plan: Plan) -> Shape:
    """The form of that plan."""
    table, high, long = plan.shape, plan.height, plan.length
    front, rear = plan.front_overhang, plan.front_overhang + plan.wheelbase

    def at(point: Sequence[float]) -> tuple[float, float]:
        return front + point[0] * plan.wheelbase, point[1] * high

    cowl, header, tail_header, tail_foot = (
        at(table[name]) for name in ("cowl", "header", "tail_header", "tail_foot")
    )
    if tail_foot[0] > long - 0.26:
        # no boot lid: the glass stands on the tail
        tail_foot = (long - 0.035 - float(table["tail_lean"]), tail_foot[1])
    tail_header = (min(tail_header[0], tail_foot[0] - 0.04), tail_header[1])
    edge = table["hood_edge"] * high
    scale = plan.wheelbase / (table["size"][3] / 1000)
    tyre = float(table["tyre"]) * (0.5 + 0.5 * scale)
    arch = tyre + 0.042 + (0.02 if table["cladding"] else 0.0)
    return Shape(
        plan=plan,
        front_axle=front,
        rear_axle=rear,
        tyre=tyre,
        arch=arch,
        cowl=cowl,
        header=header,
        tail_header=tail_header,
        tail_foot=tail_foot,
        top=_top(plan, cowl, tail_foot, edge),
        roof=_roof(plan, header, tail_header),
        belt=curve(
            [(0.0, edge), (cowl[0] - 0.2, table["belt"][0] * high - 0.01), (rear + 0.2, table["belt"][1] * high),
             (long, table["deck"][1] * high - 0.01)],
            blur=0.25,
        ),
        nose=_nose(plan, edge),
        tail=_tail(plan),
        front_glass=_glass(cowl, header, -1.0),
        rear_glass=_glass(tail_foot, tail_header, 1.0, float(table["spoiler"])),
        section=curve(_SECTION, blur=0.020),
        half=_half(plan, front, rear),
    )  # fmt: skip


def _top(plan: Plan, cowl: tuple[float, float], foot: tuple[float, float], edge: float) -> Curve:
    table, high = plan.shape, plan.height
    deck = [point * high for point in table["deck"]]
    hood = cowl[1] - 0.035
    middle = edge + 0.66 * (hood - edge)
    start = float(table["hood_gap"])
    points = [
        (0.0, edge - 0.03),
        (start, edge),
        (start + 0.42 * (cowl[0] - start), middle),
        (cowl[0] - 0.02, hood),
        (cowl[0] + 0.35, max(hood, table["belt"][0] * high)),
        (foot[0] - 0.15, deck[0]),
        (max(plan.length - 0.03, foot[0] + 0.05), deck[1]),
    ]
    return curve(points, blur=0.10)


def _roof(plan: Plan, header: tuple[float, float], tail: tuple[float, float]) -> Curve:
    peak = (plan.front_overhang + plan.shape["peak"] * plan.wheelbase, plan.height)
    points = [_arc(peak, end, part) for end in (header, tail) for part in (1.0, 0.66, 0.33)]
    return curve(sorted([*points, peak]), blur=0.10)


def _arc(peak: tuple[float, float], end: tuple[float, float], part: float) -> tuple[float, float]:
    """A point of the parabola with its crown at `peak` through `end`."""
    return peak[0] + part * (end[0] - peak[0]), peak[1] - part * part * (peak[1] - end[1])


def _nose(plan: Plan, edge: float) -> Curve:
    low = plan.shape["clearance"]
    gap = edge - low
    points = [
        (low - 0.05, 0.16),
        (low + 0.03, 0.07),
        (low + 0.18 * gap, 0.02),
        (low + 0.45 * gap, 0.0),
        (low + 0.68 * gap, 0.012),
        (low + 0.9 * gap, 0.05),
        (edge + 0.06, 0.12),
    ]
    return curve(points, blur=0.035)


def _tail(plan: Plan) -> Curve:
    table, long = plan.shape, plan.length
    low, bumper, deck = table["clearance"], table["bumper_rear"] * plan.height, table["deck"][1] * plan.height
    lean = float(table["tail_lean"])
    points = [
        (low - 0.05, long - 0.22),
        (low + 0.05, long - 0.12),
        (low + 0.5 * (bumper - low), long - 0.02),
        (bumper - 0.05, long),
        (bumper + 0.03, long - 0.015),
        (bumper + 0.08, long - 0.04 - 0.2 * lean),
        (deck, long - 0.03 - lean),
        (deck + 0.3, long - 0.05 - 1.6 * lean),
    ]
    return curve(points, blur=0.025)


def _glass(foot: tuple[float, float], head: tuple[float, float], way: float, lip: float = 0.0) -> Curve:
    """Station over height, bulging outward a little between foot and head; `lip` juts out over the head."""
    middle = (0.5 * (foot[1] + head[1]), 0.5 * (foot[0] + head[0]) + way * 0.02)
    slope = (head[0] - foot[0]) / (head[1] - foot[1])
    below = (foot[1] - 0.3, foot[0] - 0.3 * slope)
    points = [below, (foot[1], foot[0]), middle, (head[1], head[0])]
    if lip:
        points[-1] = (head[1] - 0.05, head[0] - 0.05 * slope)
        points += [(head[1] - 0.01, head[0] + 0.8 * lip), (head[1] + 0.2, head[0] + lip)]
        return curve(points, blur=0.016)
    return curve([*points, (head[1] + 0.2, head[0] + 0.2 * slope)], blur=0.06)


def _half(plan: Plan, front: float, rear: float) -> Curve:
    wide = plan.width / 2
    points = [
        (0.0, 0.93 * wide),
        (0.5 * front, 0.97 * wide),
        (front + 0.1, 0.995 * wide),
        (0.5 * (front + rear), wide),
        (rear, 0.995 * wide),
        (0.5 * (rear + plan.length), 0.965 * wide),
        (plan.length, 0.915 * wide),
    ]
    return curve(points, blur=0.25)
