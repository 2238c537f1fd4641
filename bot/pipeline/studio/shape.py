"""What is the body's form? An implicit function made of the plan's curves; negative inside."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.pipeline.studio.curves import Array, Curve, curve, smooth_max, smooth_min
from bot.pipeline.studio.plan import Plan

_SECTION = (
    (-0.6, -0.22), (-0.05, -0.080), (0.06, -0.030), (0.16, -0.004), (0.21, -0.001), (0.28, -0.018), (0.45, -0.024),
    (0.66, -0.014), (0.80, 0.0), (0.84, -0.004), (0.92, -0.036), (1.0, -0.070), (1.2, -0.16),
)  # fmt: skip
"""The body's side: parts of the way from the lower edge to the window line, and metres inside the widest line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Curves in metres: `s` runs from the nose back, `y` is the distance from the middle, `z` the height."""

    plan: Plan
    front_axle: float
    rear_axle: float
    tyre: float
    arch: float
    cowl: tuple[float, float]
    header: tuple[float, float]
    tail_header: tuple[float, float]
    tail_foot: tuple[float, float]
    top: Curve
    roof: Curve
    belt: Curve
    nose: Curve
    tail: Curve
    front_glass: Curve
    rear_glass: Curve
    section: Curve
    half: Curve

    def hull_top(self, s: Array, y: Array, z: Array) -> Array:
        part = y / (self.plan.width / 2)
        return np.asarray(z - self.top(s) + 0.045 * part * part - self._hood_form(s, y))

    def _hood_form(self, s: Array, y: Array) -> Array:
        """The bonnet's raised middle, fading out towards the nose and the cowl."""
        rise = float(self.plan.shape["hood_bulge"])
        edge = 0.33 * self.plan.width - 0.10 * (self.cowl[0] - s)
        across = 0.5 - 0.5 * np.tanh((y - edge) / 0.045)
        along = np.clip((self.cowl[0] + 0.05 - s) / 0.3, 0, 1) * np.clip((s - 0.05) / 0.25, 0, 1)
        return np.asarray(rise * across * along)

    def hull_side(self, s: Array, y: Array, z: Array) -> Array:
        low = self.plan.shape["clearance"]
        part = (z - low) / (self.belt(s) - low)
        return np.asarray(y - self.half(s) - self.section(part) - self._flare(s, z))

    def _flare(self, s: Array, z: Array) -> Array:
        swell = np.zeros(np.broadcast_shapes(np.shape(s), np.shape(z)))
        for axle in (self.front_axle, self.rear_axle):
            away = np.hypot(s - axle, z - self.tyre)
            swell = swell + np.exp(-(((away - self.arch) / 0.13) ** 2))
        return np.asarray(float(self.plan.shape["flare"]) * np.minimum(swell, 1.0))

    def hull_ends(self, s: Array, y: Array, z: Array) -> Array:
        shape, part = self.plan.shape, y / (self.plan.width / 2)
        front = self.nose(z) + shape["bow_front"] * part**2.2 - s
        rear = s - self.tail(z) + shape["bow_rear"] * part**2.6
        return smooth_max(front, rear, 0.05)

    def hull(self, s: Array, y: Array, z: Array) -> Array:
        """The lower body."""
        around = smooth_max(self.hull_side(s, y, z), self.hull_ends(s, y, z), 0.30)
        upper = smooth_max(around, self.hull_top(s, y, z), float(self.plan.shape["shoulder"]) * 1.6)
        return smooth_max(upper, self.plan.shape["clearance"] - z, 0.09)

    def cabin_side(self, s: Array, y: Array, z: Array) -> Array:
        up = np.maximum(z - self.belt(s), -0.15)
        lean = float(self.plan.shape["lean"])
        inset = lean * (0.72 * up + 0.55 * up * np.abs(up))
        base = self.half(s) - float(self.plan.shape["shoulder"]) - 0.02
        taper = 0.10 * np.clip((s - self.rear_axle + 0.5) / self.plan.wheelbase, 0, 1) ** 2
        return np.asarray((y - base + inset + taper) * 0.93)

    def cabin_roof(self, s: Array, y: Array, z: Array) -> Array:
        part = y / (self.plan.width / 2)
        return np.asarray(z - self.roof(s) + 0.06 * part * part)

    def down_screen(self, s: Array, y: Array, z: Array) -> Array:
        """Metres down the windscreen from its head; negative on the roof."""
        part = y / (self.plan.width / 2)
        return _along(self.header, self.cowl, s - float(self.plan.shape["glass_bow"]) * part * part, z)

    def down_rear(self, s: Array, y: Array, z: Array) -> Array:
        """Metres down the rear glass from its head; negative on the roof."""
        part = y / (self.plan.width / 2)
        bow = float(self.plan.shape["rear_glass_bow"])
        return _along(self.tail_header, self.tail_foot, s + bow * part * part, z)

    def cabin_front(self, s: Array, y: Array, z: Array) -> Array:
        part = y / (self.plan.width / 2)
        slope = (self.header[0] - self.cowl[0]) / (self.header[1] - self.cowl[1])
        return np.asarray(
            (self.front_glass(z) + self.plan.shape["glass_bow"] * part * part - s) / np.hypot(1.0, slope)
        )

    def cabin_rear(self, s: Array, y: Array, z: Array) -> Array:
        part = y / (self.plan.width / 2)
        slope = (self.tail_foot[0] - self.tail_header[0]) / (self.tail_header[1] - self.tail_foot[1])
        return np.asarray(
            (s - self.rear_glass(z) + self.plan.shape["rear_glass_bow"] * part * part) / np.hypot(1.0, slope)
        )

    def cabin(self, s: Array, y: Array, z: Array) -> Array:
        """The glass house."""
        along = smooth_max(self.cabin_front(s, y, z), self.cabin_rear(s, y, z), 0.05)
        sides = smooth_max(along, self.cabin_side(s, y, z), 0.10)
        upper = smooth_max(sides, self.cabin_roof(s, y, z), 0.16)
        bounded = smooth_max(upper, self.hull_ends(s, y, z), 0.06)
        return np.maximum(bounded, self.belt(s) - 0.12 - z)

    def field(self, s: Array, y: Array, z: Array) -> Array:
        """Signed, nearly a distance near the surface; `y` may be of either sign."""
        y = np.abs(y)
        return smooth_min(self.hull(s, y, z), self.cabin(s, y, z), 0.05)

    def normals(self, points: Array) -> Array:
        """Unit gradients of the field at `points` (n, 3)."""
        s, y, z = points.T
        step = 0.004
        slopes = np.stack(
            [
                self.field(s + step, y, z) - self.field(s - step, y, z),
                self.field(s, y + step, z) - self.field(s, y - step, z),
                self.field(s, y, z + step) - self.field(s, y, z - step),
            ],
            axis=1,
        )
        return np.asarray(slopes / np.maximum(np.linalg.norm(slopes, axis=1, keepdims=True), 1e-9))

    def side_at(self, s: float, z: float) -> float:
        """How far out the body's skin is at that station and height, in metres (0 where there is none)."""
        ys = np.linspace(0.0, self.plan.width / 2 + 0.1, 400)
        inside = np.nonzero(self.field(np.full_like(ys, s), ys, np.full_like(ys, z)) < 0)[0]
        return float(ys[inside[-1]]) if len(inside) else 0.0

    def front_at(self, y: float, z: float, *, rear: bool = False) -> float:
        """The station of the skin seen from the front (or rear) at that offset and height."""
        ss = np.linspace(-0.1, self.plan.length + 0.1, 1600)
        inside = np.nonzero(self.field(ss, np.full_like(ss, y), np.full_like(ss, z)) < 0)[0]
        return float(ss[inside[-1 if rear else 0]]) if len(inside) else 0.0


def _along(head: tuple[float, float], foot: tuple[float, float], s: Array, z: Array) -> Array:
    way = np.array(foot) - np.array(head)
    way /= np.linalg.norm(way)
    return np.asarray((s - head[0]) * way[0] + (z - head[1]) * way[1])


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
