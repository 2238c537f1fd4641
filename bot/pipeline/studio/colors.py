"""Which paint is meant? Colour names and hex values, their linear form, and CIE Lab."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bot.pipeline.model import CarSpec

if TYPE_CHECKING:
    # curves are smoothed by what takes a third of a second to load
    from bot.pipeline.studio.curves import Array

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
DEFAULT = "#8a8d91"
NAMES: Mapping[str, str] = {
    "black": "#101114",
    "white": "#f2f3f2",
    "grey": "#6f7377",
    "gray": "#6f7377",
    "silver": "#b9bdc1",
    "red": "#b3121d",
    "blue": "#1d4fa3",
    "green": "#1f6b3a",
    "yellow": "#f2c200",
    "orange": "#e8641b",
    "brown": "#5a3a26",
    "beige": "#cdbb98",
    "gold": "#b8964a",
    "purple": "#57307d",
    "pink": "#e48aa8",
    "turquoise": "#1f9ea3",
}


def known_color(spec: CarSpec) -> tuple[str, tuple[str, ...]]:
    """The paint as `#rrggbb`, and what must be said of it (nearest_color, color_assumed)."""
    if spec.color_hex and _HEX.fullmatch(spec.color_hex):
        return spec.color_hex.lower(), ()
    words = (spec.color or "").casefold().replace("-", " ").split()
    for word in reversed(words):
        if word in NAMES:
            return NAMES[word], () if len(words) == 1 else ("nearest_color",)
    return DEFAULT, ("nearest_color",) if words else ("color_assumed",)


def linear(color: str) -> tuple[float, float, float]:
    """Linear sRGB reflectance of `#rrggbb`."""
    red, green, blue = (_decode(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return red, green, blue


def _decode(value: float) -> float:
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)


def encoded(rgb: Array) -> Array:
    """Linear sRGB 0..1 as display values 0..1."""
    clipped = np.clip(rgb, 0.0, 1.0)
    return np.asarray(np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055))


def lab(rgb: Array) -> Array:
    """CIE Lab (D65) of display values 0..1, shape (..., 3)."""
    values = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = values @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
