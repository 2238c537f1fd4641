"""What do the front and the rear look like? Regions for lamps, grille, intakes and plates by style."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.pipeline.studio.curves import Array, polygon
from bot.pipeline.studio.shape import Shape

Level = Callable[[Array], Array]

# Outlines in parts: u of half the car's width, measured from the middle round the corner; v from the body's lower
# edge (0) to the bonnet's front edge (1).
GRILLES = {
    "wide": [[(-0.52, 0.66), (0.52, 0.66), (0.58, 0.90), (-0.58, 0.90)]],
    "bars": [[(-0.50, 0.60), (0.50, 0.60), (0.60, 0.92), (-0.60, 0.92)]],
    "kidney": [[(0.02, 0.52), (0.24, 0.50), (0.32, 0.60), (0.33, 0.86), (0.28, 0.94), (0.04, 0.94), (0.02, 0.90)]],
    "diamond": [[(-0.50, 0.72), (0.50, 0.72), (0.62, 0.88), (-0.62, 0.88)]],
    "slatted": [[(0.02 + 0.125 * n, 0.62), (0.095 + 0.125 * n, 0.62), (0.095 + 0.125 * n, 0.93), (0.02 + 0.125 * n, 0.93)] for n in range(4)],
    "upright": [[(-0.36, 0.24), (0.36, 0.24), (0.50, 0.50), (0.46, 0.92), (-0.46, 0.92), (-0.50, 0.50)]],
    "hex": [[(-0.46, 0.48), (0.46, 0.48), (0.58, 0.70), (0.50, 0.93), (-0.50, 0.93), (-0.58, 0.70)]],
    "slim": [[(-0.66, 0.80), (0.66, 0.80), (0.70, 0.90), (-0.70, 0.90)]],
    "closed": [],
}  # fmt: skip
LAMPS = {
    "wide": [(0.64, 0.72), (1.16, 0.76), (1.40, 0.90), (1.36, 0.97), (0.98, 0.96), (0.66, 0.90)],
    "slim": [(0.58, 0.80), (1.10, 0.80), (1.42, 0.90), (1.40, 0.97), (0.96, 0.94), (0.58, 0.90)],
    "round": [(0.80 + 0.17 * np.cos(a), 0.80 + 0.17 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 24, endpoint=False)],
}  # fmt: skip
TAILS = {
    "wide": [(0.48, 0.74), (1.02, 0.70), (1.36, 0.80), (1.34, 0.92), (1.0, 0.94), (0.50, 0.88)],
    "bar": [(-0.01, 0.80), (0.90, 0.78), (1.30, 0.76), (1.34, 0.90), (0.95, 0.92), (-0.01, 0.87)],
    "split": [(0.52, 0.76), (0.90, 0.70), (1.30, 0.74), (1.36, 0.92), (1.0, 0.92), (0.56, 0.86)],
    "tall": [(0.80, 0.55), (1.02, 0.53), (1.10, 0.70), (1.12, 0.98), (0.88, 0.98), (0.80, 0.85)],
    "round": [(0.66, 0.72), (1.2, 0.72), (1.3, 0.9), (0.66, 0.9)],
}


@dataclass(frozen=True, slots=True)
class FrontFace:
    """Regions of the nose."""

    shape: Shape

    def regions(self) -> Iterator[tuple[str, Level, tuple[str, ...]]]:
        style = self.shape.plan.style
        for outline in GRILLES[style.grille]:
            yield "chrome", self._region(outline, 0.02, grow=0.014), ("paint", "chrome")
            yield "grille", self._region(outline, 0.02), ("chrome",)
        lamp = LAMPS.get(style.lamps, LAMPS["wide"])
        yield "lamp", self._region(lamp, 0.016), ("paint",)
        if style.grille != "upright":
            yield (
                "intake",
                self._region([(-0.62, 0.14), (0.62, 0.14), (0.70, 0.34), (-0.70, 0.34)], 0.03),
                ("paint",),
            )
        yield (
            "intake",
            self._region([(0.84, 0.18), (1.06, 0.18), (1.10, 0.44), (0.90, 0.40)], 0.02),
            ("paint",),
        )

    def _region(self, outline: Sequence[tuple[float, float]], radius: float, *, grow: float = 0.0) -> Level:
        wide = self.shape.plan.width / 2
        low = float(self.shape.plan.shape["clearance"])
        high = float(self.shape.plan.shape["hood_edge"]) * self.shape.plan.height
        corners = [(u * wide, low + v * (high - low)) for u, v in outline]

        def level(points: Array) -> Array:
            s, y, z = points.T
            inside = polygon(corners, y + 0.8 * np.maximum(s - 0.05, 0.0), z, radius=radius) - grow
            return np.asarray(np.maximum(inside, s - self.shape.front_axle))

        return level


@dataclass(frozen=True, slots=True)
class RearFace:
    """Regions of the tail."""

    shape: Shape

    def regions(self) -> Iterator[tuple[str, Level, tuple[str, ...]]]:
        style = self.shape.plan.style
        yield "tail", self._region(TAILS.get(style.tails, TAILS["wide"]), 0.02), ("paint",)
        yield (
            "plate_bed",
            self._region([(-0.34, 0.50), (0.34, 0.50), (0.34, 0.72), (-0.34, 0.72)], 0.02),
            ("paint",),
        )

    def _region(self, outline: Sequence[tuple[float, float]], radius: float) -> Level:
        wide = self.shape.plan.width / 2
        low = float(self.shape.plan.shape["clearance"])
        high = float(self.shape.plan.shape["deck"][1]) * self.shape.plan.height
        corners = [(u * wide, low + v * (high - low)) for u, v in outline]
        long = self.shape.plan.length

        def level(points: Array) -> Array:
            s, y, z = points.T
            inside = polygon(corners, y + 0.8 * np.maximum(long - 0.05 - s, 0.0), z, radius=radius)
            return np.asarray(np.maximum(inside, self.shape.rear_axle - s))

        return level
