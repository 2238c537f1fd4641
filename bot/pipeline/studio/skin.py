"""How does the form become triangles? Marching cubes on one half, drawn onto the surface, mirrored."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

import numpy as np
from skimage import measure

from bot.pipeline.studio.curves import Array
from bot.pipeline.studio.shape import Shape
from bot.pipeline.studio.solid import Mesh

_STEPS = (0.024, 0.018, 0.016)
"""Cell sizes along the car, across it and upward, in metres."""


def half_skin(shape: Shape, steps: tuple[float, float, float] = _STEPS) -> Mesh:
    """The left half of the body (y >= 0) with exact normals; its inner border lies on y = 0."""
    s: Array = np.arange(-0.06, shape.plan.length + 0.08, steps[0])
    y: Array = np.asarray(
        np.arange(-2.0, (shape.plan.width / 2 + 0.1) / steps[1] + 1) * steps[1], dtype=np.float64
    )
    z: Array = np.arange(shape.plan.shape["clearance"] - 0.05, shape.plan.height + 0.06, steps[2])
    volume = shape.field(s[:, None, None], y[None, :, None], z[None, None, :])
    points, faces, _, _ = measure.marching_cubes(volume.astype(np.float32), 0.0, spacing=steps)
    points = np.asarray(points, dtype=float) + np.array([s[0], y[0], z[0]])
    faces = np.asarray(faces, dtype=np.int64)
    faces = faces[(points[faces, 1] > -0.5 * steps[1]).all(axis=1)]
    points[:, 1] = np.where(np.abs(points[:, 1]) < 0.5 * steps[1], 0.0, points[:, 1])
    points, normals = _settled(shape, points)
    mesh = Mesh(points, normals, faces)
    return mesh.only(mesh.centres[:, 1] > 0)


def _settled(shape: Shape, points: Array) -> tuple[Array, Array]:
    """Points moved onto the surface, with the gradient there."""
    middle = points[:, 1] == 0.0
    for _ in range(2):
        normals = shape.normals(points)
        normals[middle, 1] = 0.0
        away = shape.field(*points.T)
        points = points - np.clip(away, -0.01, 0.01)[:, None] * normals
    return points, normals
