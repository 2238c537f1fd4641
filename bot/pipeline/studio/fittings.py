"""What is bolted on and sits inside? Mirrors, handles, plates, rails, seats, dashboard."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

import numpy as np

from bot.pipeline.studio.curves import Array
from bot.pipeline.studio.shape import Shape
from bot.pipeline.studio.solid import Mesh, grid, joined, mirrored, smooth_normals

PLATE_COLUMNS = 9
"""Points along a number plate, in two rows."""


def pillow(
    centre: tuple[float, float, float], size: tuple[float, float, float], *, power: float = 3.0
) -> Mesh:
    """A rounded box (superellipsoid) of half sizes `size` metres."""
    up = np.linspace(-np.pi / 2, np.pi / 2, 17)
    round_ = np.linspace(0, 2 * np.pi, 32, endpoint=False)

    def bend(value: Array) -> Array:
        return np.asarray(np.sign(value) * np.abs(value) ** (2 / power))

    x = bend(np.cos(up))[:, None] * bend(np.cos(round_))
    y = bend(np.cos(up))[:, None] * bend(np.sin(round_))
    z = np.broadcast_to(bend(np.sin(up))[:, None], x.shape)
    points = np.stack([x, y, z], axis=-1) * np.array(size) + np.array(centre)
    return grid(points, closed=True)


def _mirror(centre: tuple[float, float, float]) -> Mesh:
    """A mirror's housing: a rounded box that narrows outward and is swept back."""
    box = pillow((0, 0, 0), (0.058, 0.108, 0.064), power=2.9)
    points = box.points.copy()
    points[:, 2] *= 1 - 1.1 * (points[:, 1] - 0.0)
    points[:, 0] = np.where(points[:, 0] > 0, points[:, 0] * 0.85, points[:, 0]) + 0.18 * points[:, 1]
    return Mesh(points + np.array(centre), smooth_normals(points, box.faces), box.faces)


def tube(path: Array, radius: float, *, flat: float = 1.0) -> Mesh:
    """A round bar along `path` (n, 3); `flat` squeezes it upward."""
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.cross(along, np.array([0.0, 0.0, 1.0]))
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    over = np.cross(side, along)
    turn = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    ring = radius * (np.cos(turn)[:, None, None] * side + flat * np.sin(turn)[:, None, None] * over)
    return grid((path + ring).transpose(1, 0, 2)[:, ::-1], closed=True)


def sheet(corners: list[tuple[float, float, float]]) -> Mesh:
    """A flat four-cornered sheet."""
    points = np.array(corners, dtype=float)
    normal = np.cross(points[1] - points[0], points[3] - points[0])
    normal /= np.linalg.norm(normal)
    return Mesh(points, np.tile(normal, (4, 1)), np.array([[0, 1, 2], [0, 2, 3]]))


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


def _rows(shape: Shape, first: float) -> list[float]:
    """Stations of the seat rows."""
    table = shape.plan.shape
    second = first + (0.70 if table["doors"] == 2 else 0.86)
    third = second + 0.90
    room = shape.tail_foot[0] - 0.35
    return [row for row in (first, second, third) if row < room]


def inside(shape: Shape) -> dict[str, Mesh]:
    """Dark masses behind the glass: floor, dashboard, wheel, seats."""
    plan = shape.plan
    wide = plan.width / 2
    first = shape.cowl[0] + 0.95
    floor_z = float(plan.shape["clearance"]) + 0.12
    seat_z = floor_z + 0.28
    back_z = float(shape.belt(first)) - 0.02
    last = shape.tail_foot[0] - 0.15
    cabin = [
        pillow((shape.cowl[0] + 0.35, 0, back_z - 0.16), (0.30, wide - 0.22, 0.14), power=4),
        sheet([(shape.cowl[0], -wide + 0.2, floor_z), (last, -wide + 0.2, floor_z), (last, wide - 0.2, floor_z), (shape.cowl[0], wide - 0.2, floor_z)]),
        sheet([(shape.cowl[0] - 0.1, -wide + 0.2, back_z - 0.02), (shape.cowl[0] + 0.3, -wide + 0.2, back_z - 0.02), (shape.cowl[0] + 0.3, wide - 0.2, back_z - 0.02), (shape.cowl[0] - 0.1, wide - 0.2, back_z - 0.02)]),
    ]  # fmt: skip
    rows = _rows(shape, first)
    seats = []
    for number, row in enumerate(rows):
        tall = float(np.clip((shape.roof(row + 0.2) - seat_z - 0.12) / 0.80, 0.55, 1.0)) * (
            1.0 - 0.08 * number
        )
        for y in (0.19 * plan.width, -0.19 * plan.width):
            seats += [
                pillow((row - 0.12, y, seat_z), (0.27, 0.24, 0.09)),
                pillow((row + 0.16, y, seat_z + 0.30 * tall), (0.085, 0.23, 0.34 * tall)),
                pillow((row + 0.20, y, seat_z + 0.70 * tall), (0.05, 0.13, 0.085 * tall)),
            ]
    if plan.shape["open"]:
        cover = float(shape.top(last)) - 0.06
        start = rows[-1] + 0.32
        cabin.append(pillow((0.5 * (start + last), 0, cover - 0.08), (0.5 * (last - start), wide - 0.26, 0.10), power=6))  # fmt: skip
    if len(rows) > 1 and not plan.shape["open"]:
        shelf = float(shape.belt(last)) - 0.03
        cabin.append(sheet([(rows[-1] + 0.25, -wide + 0.2, shelf), (last, -wide + 0.2, shelf), (last, wide - 0.2, shelf), (rows[-1] + 0.25, wide - 0.2, shelf)]))  # fmt: skip
    turn = np.linspace(0, 2 * np.pi, 33)
    hub = np.array([shape.cowl[0] + 0.66, 0.37, back_z - 0.06])
    ring = hub + 0.185 * np.stack([0.35 * np.sin(turn), np.cos(turn), 0.93 * np.sin(turn)], axis=1)
    return {"interior": joined([*cabin, tube(ring, 0.016)]), "seat": joined(seats)}
