"""What is the body's form? An implicit function made of the plan's curves; negative inside."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.pipeline.studio.curves import Array, Curve, smooth_max, smooth_min
from bot.pipeline.studio.plan import Plan


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
