"""How does a car become a Mitsuba scene? Meshes, materials, ground and light; only worker processes load this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import drjit as dr
import mitsuba as mi
import numpy as np

from bot.pipeline.studio.camera import Camera, to_world
from bot.pipeline.studio.car import Car
from bot.pipeline.studio.curves import Array
from bot.pipeline.studio.fittings import PLATE_COLUMNS
from bot.pipeline.studio.light import environment
from bot.pipeline.studio.materials import EMISSION, GROUND, PARTS, albedo, materials
from bot.pipeline.studio.plan import Plan
from bot.pipeline.studio.plate import plate_picture
from bot.pipeline.studio.shape import Shape
from bot.pipeline.studio.solid import Mesh


@dataclass(frozen=True, slots=True)
class Loaded:
    """A Mitsuba scene without a sensor, and its twin of codes where the variant needs one."""

    scene: Any
    codes: tuple[Any, Array] | None


def load(car: Car, plan: Plan) -> Loaded:
    """The scene of that car in that paint, on that background.

    Every point of a part carries its number in PARTS (from 1) as the whole part of its u coordinate,
    which is what first-hit passes read: shape indices are not stable between scenes of one process.
    """
    known = materials(plan)
    known["plate"]["bsdf"]["base_color"] = _picture(plate_picture(plan.plate))
    shapes: dict[str, Any] = {}
    for name, mesh in {**car.parts, GROUND: _ground(car.shape)}.items():
        if len(mesh.faces):
            shapes[name] = _mesh(car.shape, name, mesh, known[name])
    picture = np.ascontiguousarray(environment(plan.background))
    light = {
        "type": "envmap",
        "bitmap": mi.Bitmap(picture),
        "to_world": mi.ScalarTransform4f().rotate([1, 0, 0], 90.0),
    }
    scene = mi.load_dict({"type": "scene", "light": light, **shapes}, optimize=False)
    return Loaded(scene, _codes(car, plan) if (mi.variant() or "").startswith("scalar") else None)


CODE_EMPTY = 7.0


def _codes(car: Car, plan: Plan) -> tuple[Any, Array]:
    """A scene whose parts shine with codes instead of light, and the albedo of every part number (n, 3).

    Red is twice the part's number in PARTS (from 1) plus the normal's x halved onto 0..1, green and blue
    the normal's y and z likewise; where nothing stands blue is CODE_EMPTY.
    """
    shapes: dict[str, Any] = {}
    for name, mesh in car.parts.items():
        properties = mi.Properties()
        shine = {"type": "area", "radiance": {"type": "mesh_attribute", "name": "vertex_color"}}
        properties["emitter"] = mi.load_dict(shine)
        made = mi.Mesh(name, vertex_count=len(mesh.points), face_count=len(mesh.faces), props=properties)
        values = mi.traverse(made)
        values["vertex_positions"] = np.ravel(to_world(car.shape, mesh.points)).astype(np.float32)
        values["faces"] = np.ravel(mesh.faces[:, ::-1]).astype(np.uint32)
        values.update()
        code = mesh.normals * np.array([-0.5, 0.5, 0.5]) + 0.5
        code[:, 0] = np.clip(code[:, 0], 0.0, 1.0) + 2 * (PARTS.index(name) + 1)
        made.add_attribute("vertex_color", 3, np.ravel(code).astype(np.float32))
        shapes[name] = made
    empty = {"type": "constant", "radiance": {"type": "rgb", "value": [0.0, 0.0, CODE_EMPTY]}}
    albedos = np.array([(0.0, 0.0, 0.0), *(albedo(plan, name) for name in PARTS)])
    return mi.load_dict({"type": "scene", "empty": empty, **shapes}, optimize=False), albedos


def _mesh(shape: Shape, name: str, mesh: Mesh, material: dict[str, Any]) -> Any:
    properties = mi.Properties()
    properties["bsdf"] = mi.load_dict(material)
    if name in EMISSION:
        properties["emitter"] = mi.load_dict(
            {
                "type": "area",
                "radiance": {"type": "rgb", "value": list(EMISSION[name])},
                "sampling_weight": 0.0,
            }
        )
    made = mi.Mesh(
        name,
        vertex_count=len(mesh.points),
        face_count=len(mesh.faces),
        has_vertex_normals=True,
        has_vertex_texcoords=True,
        props=properties,
    )
    values = mi.traverse(made)
    normals = mesh.normals * np.array([-1.0, 1.0, 1.0])
    values["vertex_positions"] = np.ravel(to_world(shape, mesh.points)).astype(np.float32)
    values["vertex_normals"] = np.ravel(normals).astype(np.float32)
    values["vertex_texcoords"] = np.ravel(_texcoords(name, mesh)).astype(np.float32)
    values["faces"] = np.ravel(mesh.faces[:, ::-1]).astype(np.uint32)
    values.update()
    return made


def sensor(camera: Camera, width: int, height: int) -> Any:
    """A pinhole camera whose film holds `width` x `height` pixels through a box filter."""
    return mi.load_dict(
        {
            "type": "perspective",
            "fov": camera.fov,
            "fov_axis": "x",
            "near_clip": 0.05,
            "to_world": mi.ScalarTransform4f().look_at(camera.origin, camera.target, camera.up),
            "film": {
                "type": "hdrfilm",
                "width": width,
                "height": height,
                "rfilter": {"type": "box"},
                "pixel_format": "rgb",
                "component_format": "float32",
            },
            "sampler": {"type": "multijitter"},
        }
    )


def _picture(values: Array) -> dict[str, Any]:
    bitmap = mi.Bitmap(np.ascontiguousarray(values.astype(np.float32)))
    return {"type": "bitmap", "bitmap": bitmap, "raw": True}


def _texcoords(name: str, mesh: Mesh) -> Array:
    """The part's number in u; on plates also the place on the plate's picture."""
    coords = np.full((len(mesh.points), 2), (PARTS.index(name) + 1.5, 0.5))
    if name == "plate":
        rows, columns = np.divmod(np.arange(len(mesh.points)) % (2 * PLATE_COLUMNS), PLATE_COLUMNS)
        coords[:, 0] = PARTS.index(name) + 1.999 - 0.998 * columns / (PLATE_COLUMNS - 1)
        coords[:, 1] = 1 - rows
    return coords


def _ground(shape: Shape) -> Mesh:
    """The floor as far as the car's shadow goes; beyond it the environment is as bright as the floor."""
    along, across, middle = shape.plan.length / 2 + 3.4, 4.6, shape.plan.length / 2
    corners = np.array([[-along, -across, 0], [-along, across, 0], [along, across, 0], [along, -across, 0]])
    corners[:, 0] += middle
    return Mesh(corners, np.tile([0.0, 0.0, 1.0], (4, 1)), np.array([[0, 1, 2], [0, 2, 3]]))


def set_threads(count: int) -> None:
    dr.set_thread_count(count)
