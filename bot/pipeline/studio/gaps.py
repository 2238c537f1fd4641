"""Where do doors, bonnet and sills end? Panel gaps, and the plastic along the lower edges."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

import numpy as np

from bot.pipeline.studio.curves import Array, smooth_max
from bot.pipeline.studio.cutting import Skin, most
from bot.pipeline.studio.shape import Shape


def cut_cladding(shape: Shape, skin: Skin) -> None:
    """Black plastic along the sills, the bumpers' lower edges and round the arches."""
    table = shape.plan.shape
    low = table["clearance"]

    def sill(points: Array) -> Array:
        z = points[:, 2]
        return np.asarray(z - low - 0.045 - table["cladding"])

    def ring(points: Array) -> Array:
        s, y, z = points.T
        away = np.minimum(
            np.hypot(s - shape.front_axle, z - shape.tyre), np.hypot(s - shape.rear_axle, z - shape.tyre)
        )
        return most(away - shape.arch - table["arch_cladding"], 0.45 - y)

    skin.mark("cladding", sill)
    if table["arch_cladding"]:
        skin.mark("cladding", ring)


def cut_gaps(shape: Shape, skin: Skin) -> None:
    table, plan = shape.plan.shape, shape.plan
    sill = table["clearance"] + 0.075 + table["cladding"]

    def clear(points: Array) -> Array:
        """Outside the arches and below the window line, on the body's side."""
        s, y, z = points.T
        away = np.minimum(
            np.hypot(s - shape.front_axle, z - shape.tyre), np.hypot(s - shape.rear_axle, z - shape.tyre)
        )
        return most(
            sill - z,
            z - shape.belt(s) - 0.03,
            shape.arch + 0.03 + table["arch_cladding"] - away,
            0.3 * plan.width - y,
        )

    doors = [0.175 if table["cowl"][0] < 0.19 else 0.20, table["b_pillar"], table["c_door"]]
    for number, station in enumerate(doors[: 3 if table["doors"] == 4 else 2]):
        at = plan.front_overhang + station * plan.wheelbase
        lean = (0.0, 0.0, 0.12)[number]

        def line(points: Array, at: float = at, lean: float = lean) -> Array:
            s, _, z = points.T
            bend = 0.25 * np.maximum(0.45 * plan.height - z, 0.0) ** 2
            return np.asarray(s - at - lean * (z - shape.belt(s)) + bend)

        skin.groove(line, clear)

    def sill_line(points: Array) -> Array:
        return np.asarray(points[:, 2] - sill)

    first = plan.front_overhang + doors[0] * plan.wheelbase
    last = plan.front_overhang + doors[2 if table["doors"] == 4 else 1] * plan.wheelbase

    def between(points: Array) -> Array:
        s, y, z = points.T
        away = np.hypot(s - shape.rear_axle, z - shape.tyre)
        return most(
            first - s, s - last, 0.3 * plan.width - y, shape.arch + 0.03 + table["arch_cladding"] - away
        )

    skin.groove(sill_line, between)
    _hood_gap(shape, skin)


def _hood_gap(shape: Shape, skin: Skin) -> None:
    start = float(shape.plan.shape["hood_gap"])

    def line(points: Array) -> Array:
        s, y, _ = points.T
        edge = shape.half(s) * (0.80 + 0.04 * (s - start) / max(shape.cowl[0] - start, 0.1))
        return smooth_max(y - edge, start + 0.35 * (y / shape.plan.width * 2) ** 2 - s, 0.12)

    def within(points: Array) -> Array:
        s, y, z = points.T
        return most(s - shape.cowl[0] - 0.05, shape.top(s) - 0.16 - z, -0.03 - y)

    skin.groove(line, within)
