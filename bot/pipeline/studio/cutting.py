"""How is a skin sorted into panels? Regions and gaps cut exactly along isolines."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bot.pipeline.studio.curves import Array, smooth_max
from bot.pipeline.studio.faces import Level
from bot.pipeline.studio.solid import Mask, Mesh, cut, joined

GAP = 0.006
"""Panel gaps are as wide as this all over the car (metres)."""


@dataclass(slots=True)
class Skin:
    """The half skin while it is being cut: one mesh, one label a triangle."""

    mesh: Mesh
    labels: Array = field(init=False)
    names: list[str] = field(default_factory=lambda: ["paint"])

    def __post_init__(self) -> None:
        self.labels = np.zeros(len(self.mesh.faces), dtype=np.int64)

    def mark(self, name: str, level: Level, *, on: Sequence[str] = ("paint",)) -> None:
        """Give the triangles of labels `on` with `level` below zero the label `name`, cut exactly."""
        values = self.split(level(self.mesh.points), self.labelled(on))
        first, second, third = self.mesh.faces.T
        inside = self.labelled(on) & (values[first] + values[second] + values[third] < 0)
        self.labels[inside] = self._number(name)

    def groove(self, line: Level, within: Level, *, on: str = "paint", width: float = GAP) -> None:
        """A gap of fixed width along the zero line of `line`, where `within` is below zero."""
        kept = self._number(on)
        centres = self.mesh.centres
        near = np.nonzero(self.labelled((on,)) & (np.abs(line(centres)) < 0.05))[0]
        near = near[within(centres[near]) < 0.05]
        chosen = np.zeros(len(centres), dtype=bool)
        chosen[near] = True
        strip = Skin(self.mesh.only(chosen))
        for level in (lambda at: line(at) - width / 2, lambda at: line(at) + width / 2, within):
            strip.split(level(strip.mesh.points), strip.labels == 0)
        centres = strip.mesh.centres
        hit = (np.abs(line(centres)) < width / 2) & (within(centres) < 0)
        labels = np.where(hit, self._number("gap"), kept)
        self.labels = np.concatenate([self.labels[~chosen], labels])
        self.mesh = joined([self.mesh.only(~chosen), strip.mesh])

    def split(self, values: Array, where: Mask) -> Array:
        """Cut along the zero line of `values`; the values of all points afterwards."""
        before = self.mesh
        values = np.where(np.abs(values) < 1e-5, 1e-5, values)
        high = values > 0
        first, second, third = before.faces.T
        corner = high[first].astype(np.int8) + high[second] + high[third]
        mixed = where & (corner > 0) & (corner < 3)
        self.mesh = cut(before, values, where)
        moved = self.labels[mixed]
        self.labels = np.concatenate([self.labels[~mixed], moved, moved, moved])
        return np.concatenate([values, np.zeros(len(self.mesh.points) - len(values))])

    def labelled(self, names: Sequence[str]) -> Mask:
        numbers = [self.names.index(name) for name in names if name in self.names]
        return np.isin(self.labels, numbers)

    def part(self, name: str) -> Mesh:
        return self.mesh.only(self.labelled((name,)))

    def _number(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)


def most(*levels: Array, radius: float = 0.0) -> Array:
    """The intersection of regions, with rounded corners."""
    result = levels[0]
    for level in levels[1:]:
        result = smooth_max(result, level, radius) if radius else np.maximum(result, level)
    return result
