"""What do the front and the rear look like? Outlines of lamps, grille, intakes and plates by style."""

# ruff: noqa: PLR2004, RUF100 - measures stand where they are used

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bot.pipeline.studio.curves import Array, polygon
from bot.pipeline.studio.shape import Shape

Level = Callable[[Array], Array]
Outline = Sequence[tuple[float, float]]

# Outlines in parts: u of half the car's width, measured from the middle round the corner; v from the body's lower
# edge (0) to the bonnet's front edge, at the rear to the deck's edge (1).
GRILLES: dict[str, list[Outline]] = {
    "wide": [[(-0.50, 0.66), (0.50, 0.66), (0.57, 0.86), (-0.57, 0.86)]],
    "bars": [[(-0.44, 0.50), (0.44, 0.50), (0.56, 0.72), (0.52, 0.88), (-0.52, 0.88), (-0.56, 0.72)]],
    "kidney": [[(0.02, 0.50), (0.24, 0.48), (0.34, 0.58), (0.36, 0.82), (0.30, 0.90), (0.04, 0.90), (0.018, 0.86)]],
    "diamond": [[(-0.56, 0.72), (0.56, 0.72), (0.62, 0.86), (-0.62, 0.86)]],
    "slatted": [
        [(0.025 + 0.13 * n, 0.60), (0.105 + 0.13 * n, 0.60), (0.105 + 0.13 * n, 0.88), (0.025 + 0.13 * n, 0.88)]
        for n in range(4)
    ],
    "upright": [[(-0.34, 0.26), (0.34, 0.26), (0.50, 0.50), (0.47, 0.88), (-0.47, 0.88), (-0.50, 0.50)]],
    "hex": [[(-0.46, 0.48), (0.46, 0.48), (0.58, 0.68), (0.50, 0.88), (-0.50, 0.88), (-0.58, 0.68)]],
    "slim": [[(-0.62, 0.79), (0.62, 0.79), (0.64, 0.87), (-0.64, 0.87)]],
    "closed": [],
}  # fmt: skip
LAMPS: dict[str, Outline] = {
    "wide": [(0.68, 0.70), (1.10, 0.73), (1.42, 0.86), (1.40, 0.93), (1.0, 0.92), (0.68, 0.87)],
    "slim": [(0.66, 0.77), (1.10, 0.78), (1.46, 0.87), (1.44, 0.93), (1.0, 0.91), (0.66, 0.87)],
    "split": [(0.66, 0.80), (1.10, 0.81), (1.40, 0.87), (1.40, 0.92), (1.0, 0.91), (0.66, 0.87)],
    "round": [
        (0.90 + 0.19 * float(np.cos(a)), 0.79 + 0.18 * float(np.sin(a)))
        for a in np.linspace(0, 2 * np.pi, 28, endpoint=False)
    ],
}  # fmt: skip
TAILS: dict[str, Outline] = {
    "wide": [(0.50, 0.72), (1.02, 0.68), (1.40, 0.76), (1.38, 0.90), (1.0, 0.91), (0.50, 0.84)],
    "bar": [(-0.01, 0.76), (0.80, 0.76), (1.00, 0.72), (1.36, 0.72), (1.40, 0.88), (0.95, 0.88), (0.75, 0.84), (-0.01, 0.84)],
    "split": [(0.54, 0.74), (0.90, 0.66), (1.34, 0.72), (1.40, 0.90), (1.0, 0.90), (0.58, 0.84)],
    "tall": [(0.86, 0.50), (1.10, 0.50), (1.16, 0.70), (1.18, 0.93), (0.92, 0.93), (0.86, 0.85)],
}  # fmt: skip
INTAKES: dict[str, list[Outline]] = {
    "upright": [[(0.70, 0.16), (1.02, 0.18), (1.10, 0.40), (0.78, 0.36)]],
    "kidney": [
        [(-0.50, 0.10), (0.50, 0.10), (0.56, 0.32), (-0.56, 0.32)],
        [(0.72, 0.14), (1.06, 0.16), (1.12, 0.42), (0.94, 0.42), (0.74, 0.26)],
    ],
    "closed": [[(-0.60, 0.12), (0.60, 0.12), (0.68, 0.30), (-0.68, 0.30)]],
    "other": [
        [(-0.58, 0.12), (0.58, 0.12), (0.66, 0.36), (-0.66, 0.36)],
        [(0.80, 0.16), (1.06, 0.18), (1.12, 0.44), (0.92, 0.40)],
    ],
}


@dataclass(frozen=True, slots=True)
class Face:
    """The nose or the tail of a body: turns outlines into levels and places."""

    shape: Shape
    rear: bool = False

    @property
    def low(self) -> float:
        return float(self.shape.plan.shape["clearance"])

    @property
    def high(self) -> float:
        table = self.shape.plan.shape
        return float(table["deck"][1] if self.rear else table["hood_edge"]) * self.shape.plan.height

    def height(self, v: float) -> float:
        """Metres above the ground of that part."""
        return self.low + v * (self.high - self.low)

    def flat(self, points: Array) -> tuple[Array, Array]:
        """Metres from the middle round the corner, and height, of points (n, 3)."""
        s, y, z = points.T
        if self.rear:
            return y + 0.8 * np.maximum(self.shape.plan.length - 0.05 - s, 0.0), z
        return y + 0.8 * np.maximum(s - 0.05, 0.0), z

    def region(self, outline: Outline, radius: float, *, grow: float = 0.0) -> Level:
        """Negative inside the outline; only near this end of the car."""
        wide = self.shape.plan.width / 2
        corners = [(u * wide, self.height(v)) for u, v in outline]

        def level(points: Array) -> Array:
            u, v = self.flat(points)
            away = (
                self.shape.rear_axle + 0.1 - points[:, 0]
                if self.rear
                else points[:, 0] - self.shape.front_axle + 0.1
            )
            return np.asarray(np.maximum(polygon(corners, u, v, radius=radius) - grow, away))

        return level

    def lamp(self) -> Outline:
        style = self.shape.plan.style
        return TAILS.get(style.tails, TAILS["wide"]) if self.rear else LAMPS.get(style.lamps, LAMPS["wide"])

    def grilles(self) -> list[Outline]:
        return GRILLES[self.shape.plan.style.grille]

    def intakes(self) -> list[Outline]:
        return INTAKES.get(self.shape.plan.style.grille, INTAKES["other"])
