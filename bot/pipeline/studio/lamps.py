"""What is inside a lamp? Lens, dark housing, light strips, projectors; tail lamps likewise in red."""

# ruff: noqa: PLR2004, RUF100 - measures stand where they are used

from __future__ import annotations

import numpy as np

from bot.pipeline.studio.curves import Array
from bot.pipeline.studio.faces import Face, Level
from bot.pipeline.studio.solid import Mesh, border, cut, finer, grid, joined, walls


def parted(mesh: Mesh, *levels: Level) -> tuple[Mesh, Mesh]:
    """The parts of `mesh` inside of all levels and outside of any, cut exactly."""
    for level in levels:
        mesh = cut(mesh, level(mesh.points))
    centres = mesh.centres
    inside = np.all([level(centres) < 0 for level in levels], axis=0)
    return mesh.only(inside), mesh.only(~inside)


def recessed(mesh: Mesh, depth: float) -> tuple[Mesh, Mesh]:
    """The mesh pushed inward, and the walls that lead there (none on the car's middle plane)."""
    floor = mesh.pushed(depth)
    edges = border(mesh)
    outer = np.abs(mesh.points[edges][:, :, 1]).max(axis=1) > 1e-4
    return floor, walls(mesh, floor.points, edges[outer])


def headlamp(face: Face, mesh: Mesh) -> dict[str, Mesh]:
    """Parts of the left headlamp whose outer surface is `mesh`."""
    level = face.region(face.lamp(), 0.016)
    floor, side = recessed(mesh, 0.045)
    u, v = face.flat(mesh.points)
    middle = 0.5 * (v.min() + v.max())
    round_ = face.shape.plan.style.lamps == "round"

    def outer(points: Array) -> Array:
        return np.asarray(level(points) + 0.012)

    def inner(points: Array) -> Array:
        return np.asarray(-0.026 - level(points))

    def along(points: Array) -> Array:
        at, high = face.flat(points)
        return np.asarray(np.minimum(high - middle + 0.25 * (at - u.mean()), u.max() - 0.06 - at))

    light = parted(finer(floor, 2), outer, inner, *(() if round_ else (along,)))[0].pushed(-0.008)
    eyes = [] if round_ else _eyes(face, mesh, (float(u.min()), float(u.max())))
    if round_:
        eyes = [_eye(_at(face, mesh, float(u.mean()), float(v.mean())), 0.055)]
    return {
        "lens": mesh,
        "house": side,
        "lamp": floor,
        "led": light,
        "rim": joined([eye["rim"] for eye in eyes]),
        "mirror": joined([eye["mirror"] for eye in eyes]),
    }


def _eyes(face: Face, mesh: Mesh, us: tuple[float, float]) -> list[dict[str, Mesh]]:
    """Two projectors on the line through the lamp's middle."""
    found = []
    for part in (0.24, 0.52):
        u = us[0] + part * (us[1] - us[0])
        near = np.abs(face.flat(mesh.points)[0] - u) < 0.03
        if not near.any():
            continue
        heights = face.flat(mesh.points)[1][near]
        size = 0.36 * float(heights.max() - heights.min())
        spot = _at(face, mesh, u, 0.5 * float(heights.max() + heights.min()))
        found.append(_eye(spot, float(np.clip(size, 0.02, 0.045))))
    return found


def _at(face: Face, mesh: Mesh, u: float, v: float) -> Array:
    at, high = face.flat(mesh.points)
    nearest = int(np.argmin((at - u) ** 2 + (high - v) ** 2))
    return np.asarray(mesh.points[nearest] - 0.032 * mesh.normals[nearest])


def _eye(centre: Array, radius: float) -> dict[str, Mesh]:
    """A glassy ball in a bright ring, looking forward."""
    turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)

    def lathe(profile: list[tuple[float, float]]) -> Mesh:
        r, x = np.array(profile).T
        points = np.stack([np.broadcast_to(x[:, None], (len(x), 28)), r[:, None] * np.cos(turn), r[:, None] * np.sin(turn)], axis=-1)  # fmt: skip
        return grid(points + centre, closed=True)

    ball = [
        (radius * 0.8 * float(np.sin(a)), -radius * 0.55 * float(np.cos(a)))
        for a in np.linspace(0.02, 1.6, 9)
    ]
    ring = [
        (radius * 0.82, 0.0),
        (radius * 0.9, -0.012),
        (radius, -0.010),
        (radius * 1.04, 0.004),
        (radius, 0.03),
    ]
    return {"mirror": lathe(ball), "rim": lathe(ring)}


def tail_lamp(face: Face, mesh: Mesh) -> dict[str, Mesh]:
    """Parts of the left tail lamp whose outer surface is `mesh`."""
    level = face.region(face.lamp(), 0.02)
    floor, side = recessed(mesh, 0.022)
    u, v = face.flat(mesh.points)
    low, start = float(v.min()) + 0.008, float(u.min()) + 0.62 * float(np.ptp(u))

    def outer(points: Array) -> Array:
        return np.asarray(level(points) + 0.010)

    def inner(points: Array) -> Array:
        return np.asarray(-0.022 - level(points))

    def core(points: Array) -> Array:
        return np.asarray(level(points) + 0.040)

    def bars(points: Array) -> Array:
        return np.asarray(0.45 - np.cos((face.flat(points)[1] - low) * (2 * np.pi / 0.036)))

    fine = finer(floor.pushed(-0.004), 2)
    band = parted(fine, outer, inner)[0]
    lines = parted(fine, core, bars, lambda points: face.flat(points)[0] - start)[0]
    light = joined([band, lines])
    return {"tail_lens": mesh, "house": side, "tail": floor, "red_led": light}
