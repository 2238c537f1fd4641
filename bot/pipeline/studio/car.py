"""How is the whole car put together? All parts of one plan by material, and the hash that names them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bot.pipeline.studio.cabin import inside
from bot.pipeline.studio.fittings import outside
from bot.pipeline.studio.outlines import shape_of
from bot.pipeline.studio.panels import cut_panels
from bot.pipeline.studio.plan import Plan
from bot.pipeline.studio.shape import Shape
from bot.pipeline.studio.skin import half_skin
from bot.pipeline.studio.solid import Mesh, joined, mirrored
from bot.pipeline.studio.wheels import wheel


@dataclass(frozen=True, slots=True)
class Car:
    """Parts by material and the SHA-256 of all their points and faces (first 16 hex digits)."""

    shape: Shape
    parts: Mapping[str, Mesh]
    mesh_hash: str


def build(plan: Plan) -> Car:
    """The car of that plan, standing on z = 0."""
    shape = shape_of(plan)
    parts: dict[str, list[Mesh]] = {}

    def add(more: Mapping[str, Mesh]) -> None:
        for name, mesh in more.items():
            parts.setdefault(name, []).append(mesh)

    skin = cut_panels(shape, half_skin(shape))
    add({name: mirrored(mesh) for name, mesh in skin.items() if len(mesh.faces)})
    add(_wheels(shape))
    add(outside(shape))
    add(inside(shape))
    whole = {name: joined(meshes) for name, meshes in sorted(parts.items())}
    return Car(shape, whole, _hash(whole))


def _wheels(shape: Shape) -> dict[str, Mesh]:
    table = shape.plan.shape
    width = 0.20 + 0.12 * (shape.tyre - 0.29)
    rim = float(table["rim"]) * shape.tyre / float(table["tyre"])
    one = wheel(shape.plan.wheel, tyre=shape.tyre, rim=rim, width=width)
    out = shape.plan.width / 2 - width / 2 - 0.018
    result = {}
    for name, mesh in one.items():
        both = [mirrored(mesh.moved((axle, out, shape.tyre))) for axle in (shape.front_axle, shape.rear_axle)]
        result[name] = joined(both)
    return result


def _hash(parts: Mapping[str, Mesh]) -> str:
    digest = hashlib.sha256()
    for name, mesh in parts.items():
        digest.update(name.encode())
        digest.update(np.round(mesh.points, 5).tobytes())
        digest.update(mesh.faces.tobytes())
    return digest.hexdigest()[:16]
