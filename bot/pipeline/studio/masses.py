"""Which simple bodies are there? Rounded boxes, bars, sheets."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

import numpy as np

from bot.pipeline.studio.curves import Array
from bot.pipeline.studio.solid import Mesh, grid


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
