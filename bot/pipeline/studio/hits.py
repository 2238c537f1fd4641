"""What does the camera meet first? Albedo, normals, places and part numbers for denoising and composition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import drjit as dr
import mitsuba as mi
import numpy as np
from numpy.typing import NDArray

from bot.pipeline.studio.camera import Camera, floor_places
from bot.pipeline.studio.curves import Array
from bot.pipeline.studio.materials import CLEAR, GROUND, PARTS, TINTED
from bot.pipeline.studio.scene import CODE_EMPTY, sensor


@dataclass(frozen=True, slots=True)
class FirstHit:
    """Means over four rays a pixel: `albedo` and `normal` (height, width, 3).

    Behind clear lenses and tinted glass the albedo is that of what is seen through them.
    `parts` (height, width, 4) are numbers of PARTS from 1, 0 for empty space.
    """

    albedo: Array
    normal: Array
    parts: NDArray[np.int16]

    def covered(self, names: frozenset[str]) -> Array:
        """How much of each pixel shows parts of those names, 0..1."""
        wanted = np.array([False, *(name in names for name in PARTS)])
        return np.asarray(wanted[self.parts].mean(axis=2))


def first_hit(scene: Any, codes: Any, camera: Camera, width: int, height: int) -> FirstHit:
    """One ray through each quarter of each pixel.

    Where rays cannot be traced as arrays (scalar variants) `codes` is rendered instead: the scene of
    `scene.Loaded`, in which every part shines with its number and its normals.
    """
    if codes is not None:
        return _by_codes(codes, camera, width, height)
    return _by_rays(scene, camera, width, height)


def _by_rays(scene: Any, camera: Camera, width: int, height: int) -> FirstHit:
    index = dr.arange(mi.UInt32, 4 * width * height)
    pixel, quarter = index // 4, index % 4
    x = mi.Float(pixel % width) + 0.25 + 0.5 * mi.Float(quarter % 2)
    y = mi.Float(pixel // width) + 0.25 + 0.5 * mi.Float(quarter // 2)
    eye = sensor(camera, width, height)
    ray, _ = eye.sample_ray(0.0, 0.5, mi.Point2f(x / width, y / height), mi.Point2f(0.5))
    hit = scene.ray_intersect(ray)
    part = dr.select(hit.is_valid(), mi.UInt32(hit.uv.x), 0)
    clear, tinted = _any(part, CLEAR), _any(part, TINTED)
    through = hit.is_valid() & (clear | tinted)
    beyond = scene.ray_intersect(hit.spawn_ray(ray.d), active=through)
    near = hit.bsdf(ray).eval_diffuse_reflectance(hit, hit.is_valid() & ~through)
    far = beyond.bsdf(ray).eval_diffuse_reflectance(beyond, through & beyond.is_valid())
    albedo = dr.select(through, dr.select(tinted, 0.35, 0.9) * far + 0.04, near)
    normal = dr.select(clear & beyond.is_valid(), beyond.sh_frame.n, hit.sh_frame.n)
    albedo = dr.select(hit.is_valid(), albedo, 0.0)
    normal = dr.select(hit.is_valid(), normal, 0.0)
    dr.eval(albedo, normal, part)
    return FirstHit(
        albedo=_mean(albedo, width, height),
        normal=_mean(normal, width, height),
        parts=np.array(part).astype(np.int16).reshape(height, width, 4),
    )


def _any(part: Any, names: frozenset[str]) -> Any:
    found = mi.Bool(False)
    for name in sorted(names):
        found |= part == PARTS.index(name) + 1
    return found


def _mean(value: Any, width: int, height: int) -> Array:
    sums = [np.array(dr.block_sum(one, 4)).reshape(height, width) for one in (value.x, value.y, value.z)]
    return np.asarray(np.nan_to_num(np.stack(sums, axis=-1) / 4.0))


def _by_codes(codes: Any, camera: Camera, width: int, height: int) -> FirstHit:
    scene, albedos = codes
    integrator = mi.load_dict({"type": "path", "max_depth": 1})
    eye = sensor(camera, 2 * width, 2 * height)
    image = np.array(mi.render(scene, sensor=eye, integrator=integrator, spp=1, seed=mi.UInt32(7)))[..., :3]
    quarters = image.reshape(height, 2, width, 2, 3).transpose(0, 2, 1, 3, 4).reshape(height, width, 4, 3)
    parts = (quarters[..., 0] / 2).astype(np.int16)
    empty = quarters[..., 2] > CODE_EMPTY / 2
    parts = np.where(empty, 0, np.where(parts == 0, PARTS.index("dark") + 1, parts)).astype(np.int16)
    floor = (floor_places(camera, width, height)[..., 2] == 0)[..., None]
    parts = np.where(floor & (parts == 0), PARTS.index(GROUND) + 1, parts).astype(np.int16)
    normal = quarters * 2 - 1
    normal[..., 0] -= 4 * parts
    normal[empty] = (0.0, 0.0, 1.0)
    return FirstHit(albedos[parts].mean(axis=2), np.clip(normal, -1, 1).mean(axis=2), parts)
