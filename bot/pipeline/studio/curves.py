"""How are smooth outlines made? C2 curves from a few points, smooth minima, polygon distances."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

Array = NDArray[np.float64]

_STEP = 0.004
_MARGIN = 0.6


@dataclass(frozen=True, slots=True)
class Curve:
    """A smooth function of one variable, tabulated every 4 mm; ends run on straight."""

    start: float
    values: Array

    def __call__(self, at: Array | float) -> Array:
        place = np.clip((np.asarray(at) - self.start) / _STEP, 0.0, len(self.values) - 1.001)
        low = place.astype(np.int64)
        return np.asarray(self.values[low] + (place - low) * (self.values[low + 1] - self.values[low]))


def curve(points: Sequence[tuple[float, float]], *, blur: float) -> Curve:
    """A curve through `points` (sorted by the first value, metres), rounded with a Gaussian of `blur` metres."""
    xs = np.array([point[0] for point in points], dtype=float)
    ys = np.array([point[1] for point in points], dtype=float)
    grid = np.arange(xs[0] - _MARGIN, xs[-1] + _MARGIN, _STEP)
    values = np.interp(grid, xs, ys)
    before, after = grid < xs[0], grid > xs[-1]
    values[before] = ys[0] + (grid[before] - xs[0]) * (ys[1] - ys[0]) / (xs[1] - xs[0])
    values[after] = ys[-1] + (grid[after] - xs[-1]) * (ys[-1] - ys[-2]) / (xs[-1] - xs[-2])
    return Curve(float(grid[0]), gaussian_filter1d(values, max(blur / _STEP, 0.01), mode="nearest"))


def smooth_max(first: Array, second: Array, radius: float) -> Array:
    """The larger of both, blended C2 within `radius` metres."""
    blend = np.maximum(radius - np.abs(first - second), 0.0) / radius
    return np.asarray(np.maximum(first, second) + blend * blend * blend * (radius / 6.0))


def smooth_min(first: Array, second: Array, radius: float) -> Array:
    """The smaller of both, blended C2 within `radius` metres."""
    return -smooth_max(-first, -second, radius)


def smooth_step(low: float, high: float, at: Array) -> Array:
    """0 below `low`, 1 above `high`, C1 between."""
    part = np.clip((at - low) / (high - low), 0.0, 1.0)
    return np.asarray(part * part * (3.0 - 2.0 * part))


def polygon(points: Sequence[Sequence[float]], u: Array, v: Array, *, radius: float = 0.0) -> Array:
    """Signed distance to a polygon (negative inside), its corners rounded by `radius`.

    `points` run round the outline in either direction; `u`, `v` are of one shape.
    """
    corners = np.asarray(points, dtype=float)
    if radius > 0:
        corners = _shrunk(corners, radius)
    best = np.full(np.shape(u), np.inf)
    inside = np.zeros(np.shape(u), dtype=bool)
    for (u0, v0), (u1, v1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        du, dv = u1 - u0, v1 - v0
        along = np.clip(((u - u0) * du + (v - v0) * dv) / max(du * du + dv * dv, 1e-12), 0.0, 1.0)
        best = np.minimum(best, np.hypot(u - u0 - along * du, v - v0 - along * dv))
        if v0 != v1:
            crosses = (v0 > v) != (v1 > v)
            inside ^= crosses & (u < du * (v - v0) / (v1 - v0) + u0)
    return np.asarray(np.where(inside, -best, best) - radius)


def _shrunk(corners: Array, radius: float) -> Array:
    """The polygon with every edge moved inward by `radius`."""
    before, after = np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0)
    area = float(np.sum(corners[:, 0] * after[:, 1] - after[:, 0] * corners[:, 1]))
    turn = 1.0 if area > 0 else -1.0

    def inward(edge: Array) -> Array:
        unit = edge / np.maximum(np.linalg.norm(edge, axis=1, keepdims=True), 1e-9)
        return np.asarray(turn * np.stack([-unit[:, 1], unit[:, 0]], axis=1))

    one, two = inward(corners - before), inward(after - corners)
    both = one + two
    scale = radius * 2.0 / np.maximum(np.sum(both * both, axis=1, keepdims=True), 0.5)
    return np.asarray(corners + both * scale)
