"""Where does the camera stand? Position, target and field of view that let the car fill the frame."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.pipeline.model import Angle, Framing
from bot.pipeline.studio.curves import Array
from bot.pipeline.studio.shape import Shape

FILL = (0.875, 0.74)
"""How much of the frame's width and height the car takes at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """World coordinates in metres: x towards the nose, y to the car's left, z up. `fov` across, degrees."""

    origin: tuple[float, float, float]
    target: tuple[float, float, float]
    up: tuple[float, float, float]
    fov: float


def to_world(shape: Shape, points: Array) -> Array:
    """From stations (s, y, z) to the world: the middle of the car over the origin, x towards the nose."""
    middle = shape.plan.length / 2
    return np.stack([middle - points[:, 0], points[:, 1], points[:, 2]], axis=1)


def camera_for(shape: Shape, angle: Angle, cloud: Array, aspect: float) -> Camera:
    """The camera of that angle that shows the points `cloud` (n, 3, world) in a frame of width/height `aspect`."""
    azimuth, elevation = np.radians(angle.azimuth), np.radians(angle.elevation)
    back = np.array(
        [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
    )
    up = (
        np.array([0.0, 0.0, 1.0])
        if angle.elevation < 80
        else -np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    )
    right = np.cross(-back, up)
    right /= np.linalg.norm(right)
    over = np.cross(right, -back)
    if angle.framing is Framing.DETAIL:
        distance, fill = 4.2, (0.66, 0.62)
    else:
        distance, fill = 2.0 * shape.plan.length + 0.4, FILL
    middle = 0.5 * (cloud.min(axis=0) + cloud.max(axis=0))
    spread = 1.0
    for _ in range(8):
        away = cloud - middle - distance * back
        depth = -(away @ back)
        across, high = (away @ right) / depth, (away @ over) / depth
        middle = middle + distance * (
            right * 0.5 * (across.max() + across.min()) + over * 0.5 * (high.max() + high.min())
        )
        spread = max((across.max() - across.min()) / fill[0], (high.max() - high.min()) * aspect / fill[1])
    # the car stands a little below the middle when the frame has height to spare
    spare = spread / aspect - (high.max() - high.min())
    middle = middle + distance * over * 0.06 * spare
    origin = middle + distance * back
    return Camera(
        origin=(float(origin[0]), float(origin[1]), max(float(origin[2]), 0.12)),
        target=(float(middle[0]), float(middle[1]), float(middle[2])),
        up=(float(up[0]), float(up[1]), float(up[2])),
        fov=float(np.degrees(2 * np.arctan(spread / 2))),
    )


def turned(cloud: Array) -> Array:
    """What `cloud` sweeps while the car turns once, so that every frame of a spin has the same framing."""
    some = cloud[:: max(1, len(cloud) // 4000)]
    steps = np.radians(np.arange(0, 360, 20))
    return np.concatenate(
        [
            np.stack(
                [
                    some[:, 0] * np.cos(step) - some[:, 1] * np.sin(step),
                    some[:, 0] * np.sin(step) + some[:, 1] * np.cos(step),
                    some[:, 2],
                ],
                axis=1,
            )
            for step in steps
        ]
    )


def floor_places(camera: Camera, width: int, height: int) -> Array:
    """Where the middle of each pixel meets the floor, (height, width, 3); z is 1 where it never does."""
    ahead = np.array(camera.target) - np.array(camera.origin)
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, np.array(camera.up))
    right /= np.linalg.norm(right)
    over = np.cross(right, ahead)
    spread = 2 * np.tan(np.radians(camera.fov) / 2)
    across = ((np.arange(width) + 0.5) / width - 0.5)[None, :, None] * spread
    down = ((np.arange(height) + 0.5) / height - 0.5)[:, None, None] * spread * height / width
    rays = ahead + across * right - down * over
    fall = np.where(rays[..., 2] < -1e-4, rays[..., 2], np.nan)
    places = np.array(camera.origin) - rays * (camera.origin[2] / fall)[..., None]
    return np.asarray(np.where(np.isnan(places), 1.0, np.round(places, 6)))
