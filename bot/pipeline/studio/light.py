"""What lights the car? Environments painted as latitude-longitude pictures, and the backdrops that go with them."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.pipeline.model import Background
from bot.pipeline.studio.curves import Array, smooth_step

_ROWS, _COLUMNS = 256, 512
FLOOR = 0.20
"""How much light the floor gives back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backdrop:
    """Display colours (0..1) of the picture's top, of the far floor and of the floor near the car."""

    top: tuple[float, float, float]
    middle: tuple[float, float, float]
    floor: tuple[float, float, float]


BACKDROPS = {
    Background.STUDIO: Backdrop(
        top=(0.60, 0.615, 0.63), middle=(0.83, 0.84, 0.85), floor=(0.90, 0.905, 0.91)
    ),
    Background.SHOWROOM: Backdrop(
        top=(0.14, 0.145, 0.155), middle=(0.34, 0.345, 0.35), floor=(0.50, 0.50, 0.50)
    ),
    Background.STREET_DUSK: Backdrop(
        top=(0.16, 0.21, 0.36), middle=(0.78, 0.55, 0.45), floor=(0.27, 0.27, 0.30)
    ),
    Background.NATURE: Backdrop(top=(0.42, 0.62, 0.86), middle=(0.86, 0.91, 0.94), floor=(0.52, 0.53, 0.46)),
}


def directions() -> tuple[Array, Array, Array]:
    """Unit directions of the picture's texels: x towards the nose, y left, z up."""
    up = (0.5 - (np.arange(_ROWS) + 0.5) / _ROWS) * np.pi
    turn = ((np.arange(_COLUMNS) + 0.5) / _COLUMNS) * 2 * np.pi
    level = np.cos(up)[:, None]
    return (
        np.asarray(level * np.sin(turn)),
        np.asarray(level * np.cos(turn)),
        np.repeat(np.sin(up)[:, None], _COLUMNS, axis=1),
    )


def environment(background: Background) -> Array:
    """Linear radiance, (256, 512, 3) float32."""
    x, y, z = directions()
    if background in {Background.STUDIO, Background.SHOWROOM}:
        light = _room(x, y, z, 1.0 if background is Background.STUDIO else 0.55)
        light = np.where(z < 0, FLOOR * _received(light, z), light)
        tint = np.array([1.0, 1.0, 1.01])
        return np.asarray((light[..., None] * tint).astype(np.float32))
    return _outdoors(x, y, z, background)


def _received(light: Array, z: Array) -> float:
    """What a level surface receives, as the radiance of a white one."""
    share = np.cos(np.arcsin(z)) * (np.pi / _ROWS) * (2 * np.pi / _COLUMNS)
    return float(np.sum(light * np.maximum(z, 0) * share) / np.pi)


def _room(x: Array, y: Array, z: Array, ambient: float) -> Array:
    """A dim room: two long softboxes overhead with a dark lane between, strips low at the sides and the ends."""
    light = ambient * (0.13 + 0.55 * np.exp(-((z / 0.13) ** 2)))
    high = np.maximum(z, 1e-3)
    over = _box(x / high, -1.1, 1.1, 0.3) * _box(np.abs(y) / high, 0.30, 0.86, 0.06) * (z > 0.05)
    lane = _box(x / high, -0.3, 0.3, 0.2) * _box(y / high, -0.3, 0.3, 0.1) * (z > 0.05)
    flank = np.maximum(np.abs(y), 1e-3)
    strip = _box(x / flank, -1.6, 1.6, 0.3) * _box(z / flank, 0.26, 0.62, 0.05)
    end = np.maximum(np.abs(x), 1e-3)
    ends = _box(y / end, -0.8, 0.8, 0.2) * _box(z / end, 0.34, 0.58, 0.08)
    return np.asarray(light + 6.4 * over + 0.4 * lane + 3.6 * strip + 2.6 * ends)


def _box(value: Array, low: float, high: float, soft: float) -> Array:
    return smooth_step(low - soft, low + soft, value) * (1 - smooth_step(high - soft, high + soft, value))


def _outdoors(x: Array, y: Array, z: Array, background: Background) -> Array:
    up = np.clip(z, 0, 1)[..., None]
    if background is Background.NATURE:
        sky = (1 - up**0.5) * np.array([1.15, 1.2, 1.25]) + up**0.5 * np.array([0.35, 0.55, 0.95])
        sun, warm, ground = (
            np.array([0.45, 0.5, 0.74]),
            np.array([60.0, 56.0, 48.0]),
            np.array([0.20, 0.22, 0.13]),
        )
    else:
        sky = (1 - up**0.4) * np.array([1.5, 0.85, 0.55]) + up**0.4 * np.array([0.22, 0.30, 0.55])
        sun, warm, ground = (
            np.array([0.75, 0.62, 0.24]),
            np.array([26.0, 15.0, 8.0]),
            np.array([0.10, 0.10, 0.12]),
        )
    sun = sun / np.linalg.norm(sun)
    near = np.clip(x * sun[0] + y * sun[1] + z * sun[2], 0, 1)[..., None]
    light = sky + warm * smooth_step(0.985, 0.995, near) + 0.06 * warm * near**8
    dark = smooth_step(-0.02, 0.05, z)[..., None]
    return np.asarray((light * dark + ground * (1 - dark)).astype(np.float32))
