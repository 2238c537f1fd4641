"""Is the body sound, and are cars told apart by their silhouettes alone?"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.model import AngleName, Body, CarSpec, Dimensions
from bot.pipeline.studio.camera import FILL, camera_for, to_world
from bot.pipeline.studio.car import Car, build
from bot.pipeline.studio.materials import PARTS
from bot.pipeline.studio.plan import plan


def size(*values: int) -> Dimensions:
    names = ("length", "width", "height", "wheelbase", "front_overhang", "rear_overhang")
    return Dimensions(**dict(zip(names, values, strict=True)))


SIX = {
    "X5": CarSpec(brand="BMW", model="X5", body=Body.SUV, dimensions=size(4922, 2004, 1745, 2975, 880, 1067)),
    "Clio": CarSpec(brand="Renault", body=Body.HATCHBACK, dimensions=size(4050, 1798, 1440, 2583, 830, 637)),
    "E": CarSpec(brand="Mercedes-Benz", body=Body.SEDAN, dimensions=size(4923, 1852, 1468, 2939, 840, 1144)),
    "F-150": CarSpec(brand="Ford", body=Body.PICKUP, dimensions=size(5885, 2029, 1961, 3693, 950, 1242)),
    "911": CarSpec(
        brand="Porsche", model="911", body=Body.COUPE, dimensions=size(4519, 1852, 1298, 2450, 1000, 1069)
    ),
    "Vito": CarSpec(brand="Mercedes-Benz", body=Body.VAN, dimensions=size(5140, 1928, 1910, 3200, 895, 1045)),
}


@cache
def car(name: str) -> Car:
    return build(plan(SIX[name], "CAR-00000001"))


def silhouette(name: str) -> NDArray[np.bool_]:
    """The side view's outline, every car scaled to the same length, wheels on the lower edge."""
    made = car(name)
    outline = np.zeros((200, 400), dtype=np.bool_)
    scale = 390 / made.shape.plan.length
    for mesh in made.parts.values():
        corners = mesh.points[mesh.faces][:, :, [0, 2]]
        for point in (*corners.swapaxes(0, 1), corners.mean(axis=1)):
            column, row = (5 + point[:, 0] * scale).astype(int), (199 - point[:, 1] * scale).astype(int)
            outline[row, column] = True
    return np.asarray(
        ndimage.binary_fill_holes(ndimage.binary_closing(outline, iterations=2)), dtype=np.bool_
    )


def test_six_cars_are_told_apart_by_their_silhouettes() -> None:
    outlines = {name: silhouette(name) for name in SIX}
    for one, other in itertools.combinations(SIX, 2):
        both = np.logical_and(outlines[one], outlines[other]).sum()
        either = np.logical_or(outlines[one], outlines[other]).sum()
        assert both / either < 0.94, (one, other, both / either)


@pytest.mark.parametrize("name", SIX)
def test_cars_have_their_measures_stand_on_the_ground_and_are_symmetric(name: str) -> None:
    made = car(name)
    body, plan_ = made.parts["paint"].points, made.shape.plan
    whole = np.concatenate([mesh.points for mesh in made.parts.values()])
    assert whole[:, 2].min() == pytest.approx(0.0, abs=0.002)
    assert made.parts["roof"].points[:, 2].max() == pytest.approx(plan_.height, abs=0.05)
    assert body[:, 0].max() - body[:, 0].min() == pytest.approx(plan_.length, rel=0.02)
    assert made.parts["roof"].points[:, 1].mean() == pytest.approx(0.0, abs=1e-6)
    assert set(made.parts) <= set(PARTS)
    assert all(
        np.isfinite(mesh.points).all() and np.isfinite(mesh.normals).all() for mesh in made.parts.values()
    )


def test_equal_plans_make_equal_meshes_and_paint_does_not_matter() -> None:
    spec = SIX["Clio"]
    red = build(
        plan(
            CarSpec(brand=spec.brand, body=spec.body, color_hex="#ff0000", dimensions=spec.dimensions),
            "CAR-00000001",
        )
    )
    other = build(plan(spec, "CAR-00000002"))
    assert red.mesh_hash == car("Clio").mesh_hash
    assert other.mesh_hash != red.mesh_hash


@pytest.mark.parametrize("angle", ["front-three-quarter", "side", "front", "overhead", "low"])
def test_the_car_fills_the_frame(angle: str) -> None:
    made = car("X5")
    cloud = to_world(made.shape, np.concatenate([mesh.points for mesh in made.parts.values()]))
    camera = camera_for(made.shape, CATALOGUE[AngleName(angle)], cloud, 4 / 3)
    ahead = np.array(camera.target) - np.array(camera.origin)
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, np.array(camera.up))
    right /= np.linalg.norm(right)
    away = cloud - np.array(camera.origin)
    spread = 2 * np.tan(np.radians(camera.fov) / 2)
    across = (away @ right) / (away @ ahead) / spread
    high = (away @ np.cross(right, ahead)) / (away @ ahead) / spread * 4 / 3
    assert np.abs(across).max() < 0.5
    assert np.abs(high).max() < 0.5
    assert max(np.ptp(across) / FILL[0], np.ptp(high) / FILL[1]) == pytest.approx(1.0, abs=0.03)
