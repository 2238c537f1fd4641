"""What holds triangles? Meshes that can be cut along isolines, opened, and walled."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.pipeline.studio.curves import Array

Faces = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Mesh:
    """`points` and `normals` (n, 3) in metres, `faces` (m, 3). x runs from the nose back, y left, z up."""

    points: Array
    normals: Array
    faces: Faces

    @property
    def centres(self) -> Array:
        """The middle of every triangle, (m, 3)."""
        first, second, third = self.faces.T
        return np.asarray((self.points[first] + self.points[second] + self.points[third]) / 3.0)

    def only(self, faces: Mask) -> Mesh:
        """The chosen triangles alone, without points that nothing uses."""
        chosen = self.faces[faces]
        used = np.zeros(len(self.points), dtype=np.bool_)
        used[chosen] = True
        return Mesh(self.points[used], self.normals[used], (np.cumsum(used) - 1)[chosen])

    def moved(self, offset: Iterable[float]) -> Mesh:
        return Mesh(self.points + np.array(list(offset)), self.normals, self.faces)

    def pushed(self, depth: float) -> Mesh:
        """Every point moved against its normal by `depth` metres."""
        return Mesh(self.points - depth * self.normals, self.normals, self.faces)

    def scaled(self, factors: Iterable[float]) -> Mesh:
        """Scaled by axis; a mirror image keeps its outside outside."""
        scale = np.array(list(factors), dtype=float)
        normals = self.normals / scale
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        faces = self.faces[:, ::-1] if np.prod(scale) < 0 else self.faces
        return Mesh(self.points * scale, normals, faces)

    def turned(self, matrix: Array) -> Mesh:
        """Rotated by a 3x3 matrix."""
        return Mesh(self.points @ matrix.T, self.normals @ matrix.T, self.faces)


EMPTY = Mesh(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int64))


def joined(meshes: Iterable[Mesh]) -> Mesh:
    """All meshes as one."""
    parts = [mesh for mesh in meshes if len(mesh.faces)]
    if not parts:
        return EMPTY
    starts = np.cumsum([0] + [len(part.points) for part in parts[:-1]])
    return Mesh(
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.normals for part in parts]),
        np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=True)]),
    )


def mirrored(mesh: Mesh) -> Mesh:
    """The mesh and its mirror image on the car's other side."""
    return joined([mesh, mesh.scaled((1.0, -1.0, 1.0))])


def cut(mesh: Mesh, values: Array, where: Mask | None = None) -> Mesh:
    """Split triangles along the zero line of `values` (one per point), optionally only `where` (per face)."""
    values = np.where(np.abs(values) < 1e-5, 1e-5, values)
    corner = values[mesh.faces] > 0
    count = corner.sum(axis=1)
    mixed = (count == 1) | (count == 2)
    if where is not None:
        mixed &= where
    if not mixed.any():
        return mesh
    faces = mesh.faces[mixed]
    lone = np.argmax(corner[mixed] == (count[mixed] == 1)[:, None], axis=1)
    rows = np.arange(len(faces))
    a, b, c = (faces[rows, (lone + turn) % 3] for turn in range(3))
    edges = np.sort(np.concatenate([np.stack([a, b], 1), np.stack([a, c], 1)]), axis=1)
    unique, index = _once(edges)
    v0, v1 = values[unique[:, 0]], values[unique[:, 1]]
    part = (v0 / (v0 - v1))[:, None]
    points = mesh.points[unique[:, 0]] * (1 - part) + mesh.points[unique[:, 1]] * part
    normals = mesh.normals[unique[:, 0]] * (1 - part) + mesh.normals[unique[:, 1]] * part
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    ab, ac = index[: len(a)] + len(mesh.points), index[len(a) :] + len(mesh.points)
    fresh = np.concatenate([np.stack([a, ab, ac], 1), np.stack([ab, b, c], 1), np.stack([ab, c, ac], 1)])
    return Mesh(
        np.concatenate([mesh.points, points]),
        np.concatenate([mesh.normals, normals]),
        np.concatenate([mesh.faces[~mixed], fresh]),
    )


def _once(edges: Faces) -> tuple[Faces, Faces]:
    """Every edge (k, 2) once, in order, and the place of each in that list."""
    numbers, base = _numbered(edges)
    keys, index = np.unique(numbers, return_inverse=True)
    return np.stack(np.divmod(keys, base), axis=1), index.reshape(-1)


def _numbered(edges: Faces) -> tuple[Faces, int]:
    """One number (k,) an edge, sorted several times as fast as rows are, and what its first point counts in it."""
    base = int(edges.max(initial=0)) + 1
    return edges[:, 0] * base + edges[:, 1], base


def finer(mesh: Mesh, times: int = 1) -> Mesh:
    """Every triangle split into four, `times` over, so that fine patterns can be cut out of it."""
    for _ in range(times):
        edges = np.sort(
            np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]]), axis=1
        )
        unique, index = _once(edges)
        points = mesh.points[unique].mean(axis=1)
        normals = mesh.normals[unique].sum(axis=1)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        ab, bc, ca = index.reshape(3, -1) + len(mesh.points)
        a, b, c = mesh.faces.T
        corners = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
        mesh = Mesh(
            np.concatenate([mesh.points, points]),
            np.concatenate([mesh.normals, normals]),
            np.concatenate([np.stack(corner, axis=1) for corner in corners]),
        )
    return mesh


def border(mesh: Mesh) -> Faces:
    """Directed edges (k, 2) that only one triangle has."""
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    numbers, _ = _numbered(np.sort(edges, axis=1))
    _, first, count = np.unique(numbers, return_index=True, return_counts=True)
    return np.asarray(edges[first[count == 1]])


def walls(mesh: Mesh, target: Array, edges: Faces | None = None) -> Mesh:
    """Flat-shaded walls from the border of `mesh` to `target` (the same points, moved)."""
    edges = border(mesh) if edges is None else edges
    if not len(edges):
        return EMPTY
    near, far = mesh.points, target
    quads = np.stack([near[edges[:, 0]], near[edges[:, 1]], far[edges[:, 1]], far[edges[:, 0]]], axis=1)
    normals = np.cross(quads[:, 1] - quads[:, 0], quads[:, 3] - quads[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    start = 4 * np.arange(len(edges))[:, None]
    faces = np.concatenate([start + np.array([0, 1, 2]), start + np.array([0, 2, 3])])
    return Mesh(quads.reshape(-1, 3), np.repeat(normals, 4, axis=0), faces)


def grid(points: Array, *, closed: bool = False) -> Mesh:
    """A surface from points (rows, columns, 3), with smooth normals; `closed` joins the last column to the first."""
    rows, columns = points.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    if closed:
        index = np.concatenate([index, index[:, :1]], axis=1)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    flat = points.reshape(-1, 3)
    return Mesh(flat, smooth_normals(flat, faces), faces)


def smooth_normals(points: Array, faces: Faces) -> Array:
    """Area-weighted normals of the points."""
    corners = points[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(points)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], across)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))
