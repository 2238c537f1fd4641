"""What fills a grille? Frame, dark floor and a pattern of bars by style; intakes likewise."""

# ruff: noqa: PLR2004, RUF100 - measures stand where they are used

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bot.pipeline.studio.curves import Array
from bot.pipeline.studio.faces import Level
from bot.pipeline.studio.lamps import parted, recessed
from bot.pipeline.studio.solid import Mesh, border, finer, joined, walls

_MIDDLE = 1e-4


def _wave(value: Array, pitch: float, bar: float) -> Array:
    """Negative on bars of width `bar` repeated every `pitch`, one of them centred on 0."""
    return np.asarray(np.cos(np.pi * bar / pitch) - np.cos(2 * np.pi * value / pitch)) * (pitch / 2 / np.pi)


def _levels(style: str, mesh: Mesh) -> Mapping[str, Level]:
    """Material and bars; z counts from the grille's middle."""
    z0 = 0.5 * float(mesh.points[:, 2].min() + mesh.points[:, 2].max())
    tall = float(np.ptp(mesh.points[:, 2]))

    def upright(points: Array) -> Array:
        return _wave(points[:, 1] + 0.018, 0.036, 0.013)

    def level(points: Array) -> Array:
        return _wave(points[:, 2] - z0, max(0.035, tall / 5), 0.012)

    def two(points: Array) -> Array:
        return _wave(points[:, 2] - z0 + tall / 6, tall / 3, 0.020)

    def lattice(points: Array) -> Array:
        first = _wave(points[:, 1] + 1.2 * (points[:, 2] - z0), 0.062, 0.015)
        second = _wave(points[:, 1] - 1.2 * (points[:, 2] - z0), 0.062, 0.015)
        return np.asarray(np.minimum(first, second))

    table: dict[str, Mapping[str, Level]] = {
        "kidney": {"chrome": upright},
        "upright": {"chrome": level},
        "bars": {"chrome": two, "house": lattice},
        "diamond": {"chrome": lattice},
        "hex": {"house": lattice},
        "slim": {"chrome": lambda points: _wave(points[:, 2] - z0, 1.0, 0.014)},
        "wide": {"chrome": level},
        "slatted": {},
        "intake": {"house": level},
    }
    return table[style]


def filled(style: str, mesh: Mesh, depth: float) -> dict[str, Mesh]:
    """The grille in the hole whose mouth is `mesh`: floor, walls and bars by material."""
    floor, side = recessed(mesh, depth)
    fine = finer(mesh, 2)
    parts = {"grille": floor, "house": side}
    for name, level in _levels(style, mesh).items():
        bars = parted(fine, level)[0]
        front = bars.pushed(0.012)
        edges = border(bars)
        outer = np.abs(bars.points[edges][:, :, 1]).max(axis=1) > _MIDDLE
        wall = walls(front, bars.pushed(depth).points, edges[outer])
        parts[name] = joined([parts[name], front, wall]) if name in parts else joined([front, wall])
    return parts
