"""What does a wheel look like? Lathed tyre and barrel, a face cut into one of several designs, brake disc."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

import numpy as np

from bot.pipeline.studio.curves import Array, smooth_max, smooth_min
from bot.pipeline.studio.solid import Mesh, border, cut, grid, joined, walls

_ROUND = 72


def lathe(profile: list[tuple[float, float]], *, around: int = _ROUND) -> Mesh:
    """A surface of revolution about the y axis from (radius, y) points; walk so that the outside is left."""
    angles = np.linspace(0, 2 * np.pi, around, endpoint=False)
    radius, y = np.array(profile, dtype=float).T
    points = np.stack(
        [
            radius[:, None] * np.cos(angles),
            np.broadcast_to(y[:, None], (len(y), around)),
            radius[:, None] * np.sin(angles),
        ],
        axis=-1,
    )
    return grid(points[:, ::-1], closed=True)


def wheel(design: int, *, tyre: float, rim: float, width: float) -> dict[str, Mesh]:
    """A left wheel at the origin: its outer face looks to +y. Parts: rubber, rim, dark, disc."""
    half = width / 2
    side = tyre - rim
    rubber = lathe(
        [
            (rim - 0.012, -half + 0.02),
            (rim + 0.01, -half + 0.006),
            (rim + 0.5 * side, -half - 0.006),
            (tyre - 0.03, -half + 0.004),
            (tyre - 0.008, -half + 0.022),
            (tyre, -half + 0.05),
            (tyre, half - 0.05),
            (tyre - 0.008, half - 0.022),
            (tyre - 0.03, half - 0.004),
            (rim + 0.72 * side, half + 0.003),
            (rim + 0.66 * side, half + 0.006),
            (rim + 0.62 * side, half + 0.003),
            (rim + 0.30 * side, half + 0.005),
            (rim + 0.24 * side, half + 0.009),
            (rim + 0.17 * side, half + 0.004),
            (rim + 0.01, half - 0.004),
            (rim - 0.012, half - 0.02),
        ]
    )
    lip = lathe([(rim - 0.012, half - 0.022), (rim - 0.002, half - 0.010), (rim - 0.008, half - 0.007), (rim - 0.020, half - 0.020), (rim - 0.024, half - 0.045)])  # fmt: skip
    barrel = lathe([(rim - 0.024, half - 0.045), (rim - 0.034, half - 0.12), (rim - 0.036, -half + 0.03)])
    face = _face(design, rim - 0.018, half)
    cap = lathe(
        [(0.032, half - 0.030), (0.031, half - 0.024), (0.026, half - 0.021), (0.001, half - 0.020)],
        around=40,
    )
    disc = lathe(
        [(0.05, half - 0.085), (0.74 * rim, half - 0.085), (0.74 * rim, half - 0.11), (0.05, half - 0.11)]
    )
    back = lathe([(0.001, half - 0.15), (rim - 0.03, half - 0.15)], around=32)
    return {
        "rubber": rubber,
        "rim": joined([face, lip]),
        "disc": disc,
        "dark": joined([back, barrel]),
        "house": joined([cap, *_bolts(half)]),
    }


def _bolts(half: float) -> list[Mesh]:
    return [
        lathe([(0.009, half - 0.050), (0.009, half - 0.026), (0.001, half - 0.024)], around=12).moved(
            (0.052 * np.cos(turn), 0.0, 0.052 * np.sin(turn))
        )
        for turn in np.arange(5) * 2 * np.pi / 5 + 0.3
    ]


def _face(design: int, radius: float, half: float) -> Mesh:
    """The rim's face: a dished disc with openings between spokes, its edges turned inward."""
    rings, around = 26, 160
    radii = np.linspace(0.004, radius, rings)
    angles = np.linspace(0, 2 * np.pi, around, endpoint=False)
    dish = half - 0.016 - 0.028 * (1 - (radii / radius) ** 2) ** 1.5 + 0.012 * np.exp(-((radii / 0.04) ** 2))
    points = np.stack(
        [
            radii[:, None] * np.cos(angles),
            np.broadcast_to(dish[:, None], (rings, around)),
            radii[:, None] * np.sin(angles),
        ],
        axis=-1,
    )
    mesh = grid(points[:, ::-1], closed=True)
    level = _openings(design, mesh.points, radius)
    mesh = cut(mesh, level)
    mesh = mesh.only(_openings(design, mesh.centres, radius) > 0)
    edges = border(mesh)
    inner = np.hypot(*mesh.points[edges][:, :, [0, 2]].transpose(2, 0, 1)).max(axis=1) < radius - 0.002
    edges = edges[inner & (np.hypot(*mesh.points[edges[:, 0]][:, [0, 2]].T) > 0.01)]
    deep = mesh.points.copy()
    deep[:, 1] -= 0.03
    return joined([mesh, walls(mesh, deep, edges)])


def _openings(design: int, points: Array, radius: float) -> Array:
    """Negative in the openings between the spokes."""
    r = np.hypot(points[:, 0], points[:, 2])
    angle = np.arctan2(points[:, 2], points[:, 0])
    count, half, twin, twist = (
        (5, 0.034, 0.0, 0.0),
        (5, 0.017, 0.034, 0.0),
        (10, 0.015, 0.0, 0.0),
        (7, 0.020, 0.0, 0.0),
        (5, 0.022, 0.0, 0.55),
        (6, 0.014, 0.026, 0.0),
    )[design]
    step = 2 * np.pi / count
    turned = angle + twist * (r / radius)
    away = np.abs((turned + step / 2) % step - step / 2) * r
    if twin:
        away = np.abs(away - twin * (0.45 + 0.75 * r / radius))
    grow = half * (1.25 - 0.35 * r / radius)
    between = grow - away
    ring = smooth_max(r - 0.93 * radius, 0.30 * radius - r, 0.01)
    return smooth_max(between, ring, 0.03) if not twin else -smooth_min(-between, -ring, 0.02)
