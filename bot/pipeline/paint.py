"""Which colour is the car's paint in a picture, and is it the one that was asked for?"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Lab = tuple[float, float, float]
_Array = NDArray[np.floating[Any]]
_WIDTH = 112
"""Pixels to which a picture is made smaller: paint is a matter of areas."""
_SMOOTH = 3.0
"""Lab distance between neighbours within a backdrop."""
_LEAST = 0.05
"""Share of the frame that must be left when the backdrop is gone."""
_CHROMATIC = 12.0
_HUES = 36
_WIDE = 3
"""Bins of hue to either side of the most frequent one that are still the same paint."""
_BODY = 0.15
"""Share of the foreground that a coloured paint has at least."""
_CLEAR = 0.7
"""Share of all colour that its hue has at least; with less nobody can say which of many is the paint."""
_FREQUENT = 0.25
"""Share of the grey foreground that a grey paint has at least."""
_EDGE = 0.04
"""Of the frame on each side, where no car is looked for."""
WARN, REJECT = 12.0, 20.0
"""CIEDE2000 of a* and b* alone."""
_DARK, _BRIGHT = 30.0, 85.0
"""L* of what is called black and white; between them lightness says nothing, light does that."""
_TOO_BRIGHT, _TOO_DARK = 68.0, 45.0


class Match(StrEnum):
    """How a measured paint compares with the one it should be."""

    SAME = "same"
    DIFFERS = "differs"
    OTHER = "other"


def load() -> None:
    """What measures colours takes half a second to load, so it is not loaded above. Blocks."""
    from scipy import ndimage  # noqa: F401, PLC0415
    from skimage.color import deltaE_ciede2000, rgb2lab  # noqa: F401, PLC0415


def paint_of(picture: Image.Image) -> Lab | None:
    """The median L*a*b* of the car's body, or None where no body stands out. Blocks for some ms.

    Everything that goes smoothly over into the frame's edge is taken for the backdrop. Of the rest
    the most frequent hue is the paint, where there is much colour; else the brightest frequent grey.
    """
    from skimage.color import rgb2lab  # noqa: PLC0415 - as in load

    height = max(1, round(_WIDTH * picture.height / picture.width))
    small = picture.resize((_WIDTH, height), Image.Resampling.BOX)
    # half as wide as by default: a third quicker, and off by no more than a ten-thousandth
    lab: _Array = rgb2lab(np.asarray(small, dtype=np.float32) / 255)
    body = lab[_foreground(lab)]
    if len(body) < _LEAST * _WIDTH * height:
        return None
    chroma = np.hypot(body[:, 1], body[:, 2])
    colored = body[chroma > _CHROMATIC]
    main = _main_hue(colored) if len(colored) >= _BODY * len(body) else _main_grey(body[chroma <= _CHROMATIC])
    if not len(main):
        return None
    lightness, a, b = np.median(main, axis=0)
    return float(lightness), float(a), float(b)


@functools.lru_cache(maxsize=256)
def lab_of(color: str) -> Lab:
    """L*a*b* of `#rrggbb`."""
    from skimage.color import rgb2lab  # noqa: PLC0415 - as in load

    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    lightness, a, b = rgb2lab(np.array([[channels]]))[0, 0]
    return float(lightness), float(a), float(b)


def difference(one: Lab, other: Lab) -> float:
    """CIEDE2000 of a* and b* at one lightness: light changes from view to view, paint must not."""
    from skimage.color import deltaE_ciede2000  # noqa: PLC0415 - as in load

    middle = (one[0] + other[0]) / 2
    pair = np.array([[middle, *one[1:]], [middle, *other[1:]]])
    return float(deltaE_ciede2000(pair[0], pair[1]))


@functools.lru_cache(maxsize=1024)
def compare(found: Lab, wanted: Lab) -> tuple[Match, float]:
    """Whether that paint is the wanted one, and by how much it is not; of black and white the lightness
    counts too."""
    apart = difference(found, wanted)
    if wanted[0] < _DARK and _grey(wanted) and found[0] > _TOO_BRIGHT:
        return Match.OTHER, apart
    if wanted[0] > _BRIGHT and _grey(wanted) and found[0] < _TOO_DARK:
        return Match.OTHER, apart
    if apart > REJECT:
        return Match.OTHER, apart
    return (Match.DIFFERS if apart > WARN else Match.SAME), apart


def common(paints: Sequence[Lab]) -> Lab:
    """The paint that most of these views show."""
    lightness, a, b = np.median(np.array(paints), axis=0)
    return float(lightness), float(a), float(b)


def _grey(paint: Lab) -> bool:
    return bool(np.hypot(paint[1], paint[2]) < _CHROMATIC)


def _foreground(lab: _Array) -> NDArray[np.bool_]:
    """Where the backdrop is not: what hangs together smoothly with the edge of the frame."""
    from scipy import ndimage  # noqa: PLC0415 - as in load

    steps = np.maximum(
        np.linalg.norm(np.diff(lab, axis=0, append=lab[-1:]), axis=2),
        np.linalg.norm(np.diff(lab, axis=1, append=lab[:, -1:]), axis=2),
    )
    areas, _ = ndimage.label(steps < _SMOOTH)
    rim = np.concatenate([areas[0], areas[-1], areas[:, 0], areas[:, -1]])
    outside = np.isin(areas, np.unique(rim[rim > 0]))
    found: NDArray[np.bool_] = ndimage.binary_opening(~outside, iterations=1)
    rows, columns = (max(1, round(side * _EDGE)) for side in found.shape)
    found[:rows] = found[-rows:] = False
    found[:, :columns] = found[:, -columns:] = False
    return found


def _main_hue(colored: _Array) -> _Array:
    """The pixels around the most frequent hue, strong colours counting more; none where it is not clear."""
    bins, chroma = _hue_bins(colored), np.hypot(colored[:, 1], colored[:, 2])
    counts = np.bincount(bins, weights=chroma, minlength=_HUES)
    around = sum(np.roll(counts, shift) for shift in (-1, 0, 1))
    away = np.abs(bins - int(np.argmax(around)))
    near = np.minimum(away, _HUES - away) <= _WIDE
    main: _Array = colored[near & (chroma[near].sum() >= _CLEAR * chroma.sum())]
    return main


def _hue_bins(colored: _Array) -> NDArray[Any]:
    turn = np.arctan2(colored[:, 2], colored[:, 1]) / (2 * np.pi) % 1
    return np.minimum((turn * _HUES).astype(np.int64), _HUES - 1)


def _main_grey(grey: _Array) -> _Array:
    """The brightest lightness that is frequent: tyres and glass are darker than most paints."""
    bins = np.minimum((grey[:, 0] / 10).astype(np.int64), 9)
    counts = np.bincount(bins, minlength=10)
    around = counts + np.append(counts[1:], 0) + np.append(0, counts[:-1])
    frequent = np.flatnonzero(around >= _FREQUENT * len(grey))
    main: _Array = grey[np.abs(bins - int(frequent[-1])) <= 1] if len(frequent) else grey[:0]
    return main
