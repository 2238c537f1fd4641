"""How does a scene become a picture? Path tracing, first-hit passes, denoising, composition; workers only."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

from dataclasses import dataclass

import mitsuba as mi
import numpy as np
import pyoidn
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from bot.pipeline.model import Angle, Background
from bot.pipeline.studio.camera import Camera, floor_places
from bot.pipeline.studio.colors import encoded, lab
from bot.pipeline.studio.curves import Array, smooth_step
from bot.pipeline.studio.hits import FirstHit, first_hit
from bot.pipeline.studio.light import BACKDROPS, Backdrop
from bot.pipeline.studio.materials import GROUND, PAINTED, PARTS, TINTED
from bot.pipeline.studio.scene import Loaded, sensor

DEPTH = 4
QUALITY = "fast"
_EXPOSURE = 0.63
_CAR = frozenset(PARTS) - {GROUND}


@dataclass(frozen=True, slots=True)
class Rendered:
    """Display values 0..255 (height, width, 3) and the Lab median of the painted pixels."""

    pixels: Array
    paint: tuple[float, float, float] | None
    painted: NDArray[np.bool_]


def pool_of_light(angle: Angle) -> float:
    """Where the backdrop is brightest, as a part of the picture's width.

    It stands elsewhere for every view, as it would in a room that the camera walks through; perceptual
    hashes then tell the front of a symmetric car from its rear.
    """
    return 0.5 + 0.32 * float(np.sin(np.radians(0.5 * angle.azimuth + 12 * (angle.elevation - 3))))


def draw(
    loaded: Loaded,
    camera: Camera,
    background: Background,
    *,
    pool: float = 0.5,
    width: int,
    height: int,
    seed: int,
    samples: int,
) -> Rendered:
    """The finished picture of the scene from that camera."""
    hit = first_hit(loaded.scene, loaded.codes, camera, width, height)
    integrator = mi.load_dict({"type": "path", "max_depth": DEPTH, "rr_depth": 8, "hide_emitters": False})
    noisy = np.array(
        mi.render(
            loaded.scene,
            sensor=sensor(camera, width, height),
            integrator=integrator,
            spp=samples,
            seed=mi.UInt32(seed),
        )
    )[..., :3]
    noisy = np.minimum(np.nan_to_num(noisy), 12.0).astype(np.float32)
    clean = np.asarray(
        pyoidn.denoise(
            noisy,
            albedo=np.clip(hit.albedo, 0, 1).astype(np.float32),
            normal=hit.normal.astype(np.float32),
            hdr=True,
            quality=QUALITY,
        )
    )
    return _composed(hit, floor_places(camera, width, height), clean, BACKDROPS[background], pool)


def _composed(hit: FirstHit, place: Array, light: Array, backdrop: Backdrop, pool: float) -> Rendered:
    ground = hit.covered(frozenset({GROUND}))
    car = hit.covered(_CAR)
    shown = _toned(light * _EXPOSURE)
    behind = _behind(backdrop, pool, *light.shape[:2])
    shade = _shade(place, ground, light)
    behind = behind * shade[..., None]
    picture = shown * car[..., None] + behind * (1 - car[..., None])
    painted = hit.covered(PAINTED)
    inner = painted > 0.99
    median = np.median(lab(picture[inner]), axis=0) if inner.sum() > 20 else None
    return Rendered(
        pixels=np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8),
        paint=None if median is None else (float(median[0]), float(median[1]), float(median[2])),
        painted=inner,
    )


def _shade(place: Array, ground: Array, light: Array) -> Array:
    """How dark the floor is against floor that nothing stands on, 0..1; fades out away from the car."""
    away = np.hypot(np.maximum(np.abs(place[..., 0]) - 2.0, 0), np.maximum(np.abs(place[..., 1]) - 0.5, 0))
    level = light.mean(axis=2)
    pure = ground > 0.99
    far = pure & (away > 2.0) & (away < 6.0)
    bare = float(np.median(level[far])) if far.sum() > 50 else float(level[pure].max(initial=1.0))
    near = 1 - smooth_step(0.7, 2.6, away)
    ratio = np.clip(level / max(bare, 1e-6), 0.0, 1.0)
    size = ground.shape[1] / 1024
    sharp, soft = (_blurred(ratio, ground, blur * size) for blur in (1.5, 14.0))
    distant = smooth_step(0.15, 1.1, away)
    ratio = sharp * (1 - distant) + soft * distant
    return np.asarray(np.where(ground > 0.005, 1 - near * (1 - ratio), 1.0))


def _blurred(values: Array, where: Array, blur: float) -> Array:
    """A Gaussian blur of `blur` pixels that only sees pixels of weight `where`."""
    weight = np.maximum(gaussian_filter(where, blur), 1e-3)
    return np.asarray(gaussian_filter(values * where, blur) / weight)


def _behind(backdrop: Backdrop, pool: float, height: int, width: int) -> Array:
    """The seamless backdrop: wall above, floor below, no line between, corners darker."""
    row = (np.arange(height) + 0.5)[:, None] / height
    column = (np.arange(width) + 0.5)[None, :] / width
    down = smooth_step(0.0, 0.55, row)[..., None]
    floor = smooth_step(0.45, 0.95, row)[..., None]
    base = np.array(backdrop.top) * (1 - down) + np.array(backdrop.middle) * down
    base = base * (1 - floor) + np.array(backdrop.floor) * floor
    corner = 1.02 - 0.20 * np.clip(np.hypot((column - pool) * 1.15, (row - 0.58) * 1.0), 0, 1) ** 2
    return np.asarray(base * corner[..., None])


def _toned(light: Array) -> Array:
    """Linear light as display values with a soft shoulder above 0.7."""
    knee = 0.70
    over = np.maximum(light - knee, 0.0)
    soft = np.where(light > knee, knee + (1 - knee) * (1 - np.exp(-over / (1 - knee))), light)
    return encoded(soft)


def flat(loaded: Loaded, camera: Camera, *, width: int, height: int) -> Array:
    """A clean drawing without light: albedo shaded by the angle to the camera, white behind; uint8."""
    hit = first_hit(loaded.scene, loaded.codes, camera, width, height)
    toward = np.array(camera.origin) - np.array(camera.target)
    toward /= np.linalg.norm(toward)
    facing = np.clip(hit.normal @ toward, 0, 1)[..., None]
    up = 0.5 + 0.5 * hit.normal[..., 2:3]
    shade = 0.35 + 0.40 * facing + 0.25 * up
    car = hit.covered(_CAR)[..., None]
    glass = hit.covered(TINTED)[..., None]
    color = hit.albedo * (1 - glass) + 0.05 * glass
    return np.asarray(
        np.clip((encoded(color * shade) * car + 1.0 * (1 - car)) * 255 + 0.5, 0, 255).astype(np.uint8)
    )
