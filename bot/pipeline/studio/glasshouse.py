"""What is above the window line? Glass, pillars, roof, and open cabins."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

import numpy as np

from bot.pipeline.studio.curves import Array
from bot.pipeline.studio.cutting import Skin, most
from bot.pipeline.studio.faces import Level
from bot.pipeline.studio.shape import Shape
from bot.pipeline.studio.solid import Faces, Mesh, walls

_OPEN = 0.014
"""An open cabin's edge lies this far (metres) outside of the lower body."""


def cut_glass(shape: Shape, skin: Skin) -> None:
    table = shape.plan.shape

    def side_glass(points: Array) -> Array:
        s, y, z = points.T
        end = (
            shape.plan.front_overhang
            + table["dlo_end"] * shape.plan.wheelbase
            - table["dlo_lean"] * (z - shape.belt(s) - 0.05)
        )
        region = most(
            shape.cabin_roof(s, y, z) + 0.085,
            shape.cabin_front(s, y, z) + 0.075,
            shape.belt(s) + 0.018 - z,
            (s - end) * 0.9,
            shape.cabin_rear(s, y, z) + 0.07,
            radius=0.05,
        )
        return most(region, 0.004 - shape.hull(s, y, z), np.where(y > 0.2, -1.0, 1.0))

    def windscreen(points: Array) -> Array:
        s, y, z = points.T
        region = most(
            shape.cabin_side(s, y, z) + 0.055,
            0.035 - shape.down_screen(s, y, z),
            s - 0.5 * (shape.header[0] + shape.tail_header[0]),
            radius=0.06,
        )
        return most(region, 0.012 - shape.hull(s, y, z))

    def rear_window(points: Array) -> Array:
        s, y, z = points.T
        region = most(
            shape.cabin_side(s, y, z) + 0.075,
            0.05 - shape.down_rear(s, y, z),
            0.5 * (shape.header[0] + shape.tail_header[0]) - s,
            shape.tail_foot[1] + 0.03 - z,
            radius=0.07,
        )
        return most(region, 0.02 - shape.hull(s, y, z))

    if shape.plan.shape["open"]:
        _opened(shape, skin, windscreen)
    for name, level in (("side_glass", side_glass), ("screen", windscreen), ("rear_glass", rear_window)):
        skin.mark(f"{name}_rim", level)

        def inner(points: Array, level: Level = level) -> Array:
            return level(points) + 0.016

        skin.mark(name, inner, on=(f"{name}_rim",))
    if shape.plan.shape["bright_line"]:
        _bright_line(shape, skin)
    _pillars(shape, skin)


def _bright_line(shape: Shape, skin: Skin) -> None:
    """A bright strip under the side windows."""

    def level(points: Array) -> Array:
        s, _, z = points.T
        return np.asarray(z - shape.belt(s) - 0.034)

    skin.mark("chrome", level, on=("side_glass_rim",))


def _pillars(shape: Shape, skin: Skin) -> None:
    """Dark pillars between the side windows."""
    table, plan = shape.plan.shape, shape.plan
    stations = [(table["b_pillar"], 0.042, 0.10)]
    if table["doors"] == 4:
        stations.append((table["c_door"] - 0.01, 0.03, 0.25))
    for station, half, lean in stations:
        at = plan.front_overhang + station * plan.wheelbase

        def level(points: Array, at: float = at, half: float = half, lean: float = lean) -> Array:
            s, _, z = points.T
            return np.asarray(np.abs(s - at + lean * (z - shape.belt(s)) * -1.0) - half)

        skin.mark("pillar", level, on=("side_glass",))


def cut_roof(shape: Shape, skin: Skin) -> None:
    """Everything painted above the window line: the second colour of two-tone cars."""

    def level(points: Array) -> Array:
        s, y, z = points.T
        return most(0.006 - shape.hull(s, y, z), shape.belt(s) + 0.01 - z)

    skin.mark("roof", level)

    def ditch(points: Array) -> Array:
        return np.asarray(shape.cabin_side(*points.T) + 0.105)

    def between(points: Array) -> Array:
        s, y, z = points.T
        return most(
            shape.header[0] + 0.14 - s,
            s - shape.tail_header[0] + 0.06,
            0.5 * shape.plan.height - z,
            0.05 - y,
        )

    skin.groove(ditch, between, on="roof")

    def brake_light(points: Array) -> Array:
        s, y, z = points.T
        down = shape.down_rear(s, y, z)
        return most(
            0.008 - down, down - 0.026, y - 0.17, shape.plan.length * 0.5 - s, 0.006 - shape.hull(s, y, z)
        )

    if not shape.plan.shape["open"]:
        skin.mark("tail", brake_light, on=("roof",))


def _opened(shape: Shape, skin: Skin, windscreen: Level) -> None:
    """Take the roof off: everything of the cabin but the windscreen and its frame."""

    def level(points: Array) -> Array:
        s, y, z = points.T
        return most(_OPEN - shape.hull(s, y, z), 0.045 - windscreen(points), shape.cowl[0] + 0.05 - s)

    skin.mark("hole", level)


def inner_walls(shape: Shape, kept: Mesh, edges: Faces) -> Mesh:
    """The inner walls of an open cabin, down from the edge of the opening."""
    middle = kept.points[edges].mean(axis=1)
    opening = np.abs(shape.hull(*middle.T) - _OPEN) < 0.005
    deep = kept.points.copy()
    deep[:, 2] = float(shape.plan.shape["clearance"]) + 0.12
    deep[:, 1] = np.maximum(deep[:, 1] - 0.06, 0.0)
    return walls(kept, deep, edges[opening & (middle[:, 1] > 1e-3)])
