"""What sits inside? Floor, dashboard, steering wheel and seats as dark masses."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

import numpy as np

from bot.pipeline.studio.masses import pillow, sheet, tube
from bot.pipeline.studio.shape import Shape
from bot.pipeline.studio.solid import Mesh, joined


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
