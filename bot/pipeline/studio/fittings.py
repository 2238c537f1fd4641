"""What is bolted on? Mirrors, handles, wipers, plates, badges, rails."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

import numpy as np

from bot.pipeline.studio.masses import pillow, tube
from bot.pipeline.studio.shape import Shape
from bot.pipeline.studio.solid import Mesh, grid, joined, mirrored, smooth_normals

PLATE_COLUMNS = 9
"""Points along a number plate, in two rows."""


def outside(shape: Shape) -> dict[str, Mesh]:
    """Mirrors, door handles, rails and the aerial, by material."""
    parts: dict[str, list[Mesh]] = {"paint": [], "black": [], "chrome": []}
    table, plan = shape.plan.shape, shape.plan
    at = shape.cowl[0] + 0.26
    z = float(shape.belt(at)) + 0.075
    y = shape.side_at(at, z - 0.03)
    parts["paint"].append(mirrored(_mirror((at, y + 0.125, z + 0.012))))
    parts["black"].append(mirrored(pillow((at + 0.01, y + 0.02, z - 0.052), (0.035, 0.10, 0.016))))
    parts["mirror"] = [mirrored(pillow((at + 0.052, y + 0.125, z + 0.01), (0.006, 0.085, 0.046), power=4.0))]
    doors = [table["b_pillar"] - 0.05] + ([table["c_door"] - 0.045] if table["doors"] == 4 else [])
    for door in doors:
        s = plan.front_overhang + door * plan.wheelbase
        height = float(shape.belt(s)) - 0.105
        ss = np.linspace(s - 0.11, s + 0.09, 9)
        path = np.array([(one, shape.side_at(float(one), height) + 0.020, height) for one in ss])
        path[0, 1] -= 0.02
        path[-1, 1] -= 0.02
        parts["paint"].append(mirrored(tube(path, 0.013, flat=1.1)))
    parts["plate"] = [_plate(shape, rear=False), _plate(shape, rear=True)]
    for end in _emblems(shape):
        parts["chrome"].append(end)
    parts["black"] += _wipers(shape)
    if plan.style.grille != "closed" and not table["bed"]:
        parts["chrome"].append(mirrored(_exhaust(shape)))
    if table["rails"]:
        parts["chrome"].append(mirrored(_rail(shape)))
    if table["fin"]:
        s = shape.tail_header[0] - 0.18
        top = float(shape.roof(s))
        parts["black"].append(pillow((s, 0.0, top + 0.015), (0.075, 0.018, 0.035), power=2.0))
    return {name: joined(meshes) for name, meshes in parts.items()}


def _mirror(centre: tuple[float, float, float]) -> Mesh:
    """A mirror's housing: a rounded box that narrows outward and is swept back."""
    box = pillow((0, 0, 0), (0.058, 0.108, 0.064), power=2.9)
    points = box.points.copy()
    points[:, 2] *= 1 - 1.1 * (points[:, 1] - 0.0)
    points[:, 0] = np.where(points[:, 0] > 0, points[:, 0] * 0.85, points[:, 0]) + 0.18 * points[:, 1]
    return Mesh(points + np.array(centre), smooth_normals(points, box.faces), box.faces)


def _wipers(shape: Shape) -> list[Mesh]:
    """Two blades at rest along the foot of the windscreen."""
    blades = []
    wide = shape.plan.width / 2
    for start, end in ((-0.60, -0.02), (0.04, 0.60)):
        part = np.linspace(0.0, 1.0, 12)
        zs = shape.cowl[1] + 0.035 + 0.04 * part
        path = np.array(
            [
                (shape.front_at(float(y), float(z)) - 0.014, y, z)
                for y, z in zip(wide * (start + part * (end - start)), zs, strict=True)
            ]
        )
        on_glass = path[:, 0] > shape.cowl[0] - 0.15
        if on_glass.all():
            blades.append(tube(path, 0.007))
    return blades


def _plate(shape: Shape, *, rear: bool) -> Mesh:
    """A number plate that follows the skin a little; columns run so that texts read from outside."""
    plan, high = shape.plan, 0.056
    low = float(plan.shape["clearance"])
    part = 0.54 if rear else 0.36 if plan.style.grille in {"kidney", "bars", "hex"} else 0.41
    edge = float(plan.shape["deck"][1] if rear else plan.shape["hood_edge"]) * plan.height
    z = low + part * (edge - low)
    ys = np.linspace(-0.26, 0.26, PLATE_COLUMNS) * (1 if rear else -1)
    bottom = np.array([shape.front_at(float(y), z - high, rear=rear) for y in ys])
    top = np.array([shape.front_at(float(y), z + high, rear=rear) for y in ys])
    out = (np.maximum(bottom, top) - 0.006) if rear else (np.minimum(bottom, top) - 0.010)
    rows = [np.stack([out, ys, np.full(PLATE_COLUMNS, height)], axis=1) for height in (z - high, z + high)]
    return grid(np.stack(rows))


def _emblems(shape: Shape) -> list[Mesh]:
    """Plain round badges without a device, at the nose's edge and on the tail."""
    plan = shape.plan
    low = float(plan.shape["clearance"])
    deck = float(plan.shape["deck"][1]) * plan.height
    edge = float(plan.shape["hood_edge"]) * plan.height
    high = plan.style.grille in {"bars", "wide", "diamond", "slim"}
    return [
        _badge(shape, low + (0.79 if high else 0.91) * (edge - low), 0.052 if high else 0.036, rear=False),
        _badge(shape, low + 0.80 * (deck - low), 0.040, rear=True),
    ]


def _badge(shape: Shape, z: float, radius: float, *, rear: bool) -> Mesh:
    """A shallow lens of metal lying on the skin."""
    at = np.array([[shape.front_at(0.0, z, rear=rear), 0.0, z]])
    normal = shape.normals(at)[0]
    normal[1] = 0.0
    normal /= np.linalg.norm(normal)
    side = np.array([0.0, 1.0, 0.0])
    over = np.cross(normal, side)
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    profile = [(1.0, -0.004), (1.0, 0.005), (0.90, 0.009), (0.80, 0.007), (0.4, 0.011), (0.01, 0.013)]
    rows = [
        at[0] + r * radius * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * over) + lift * normal
        for r, lift in profile
    ]
    return grid(np.stack(rows), closed=True)


def _exhaust(shape: Shape) -> Mesh:
    plan = shape.plan
    z = float(plan.shape["clearance"]) + 0.085
    y = 0.62 * plan.width / 2
    s = shape.front_at(y, z, rear=True)
    return pillow((s - 0.035, y, z), (0.045, 0.070, 0.022), power=4.0)


def _rail(shape: Shape) -> Mesh:
    ss = np.linspace(shape.header[0] + 0.12, shape.tail_header[0] - 0.05, 40)
    rows = []
    for s in ss:
        z = float(shape.roof(s)) - 0.05
        y = shape.side_at(float(s), z)
        rows.append((s, y - 0.03, z + 0.055))
    path = np.array(rows)
    path[[0, -1], 2] -= 0.045
    path[[1, -2], 2] -= 0.012
    return tube(path, 0.015, flat=0.8)
