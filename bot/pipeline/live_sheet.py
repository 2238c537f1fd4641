"""How does an album look while its pictures still come? One sheet, with a grey tile for each that is awaited."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from bot.pipeline.model import AngleName

_WIDTH, _GAP = 1080, 8
_WIDE, _TILE = 16 / 9, 4 / 3
"""Ratios of a tile that has its row for itself, and of all others."""
_ROWS: Mapping[int, tuple[int, ...]] = {
    1: (1,), 2: (1, 1), 3: (1, 2), 4: (2, 2), 5: (1, 2, 2), 6: (2, 2, 2), 7: (1, 3, 3), 8: (2, 3, 3),
    9: (3, 3, 3), 10: (1, 3, 3, 3),
}  # fmt: skip
_PAPER, _AWAITED, _INK, _FAINT = (255, 255, 255), (228, 232, 237), (92, 102, 114), (168, 177, 188)
_QUALITY = 82
_LETTERS = 44
"""Pixels: twelve on a phone, where the sheet is a third as wide."""


class LiveSheet:
    """The sheet of one album. Every picture is decoded once, at the size of its tile.

    `labels` are the angles in the album's order, in the reader's words. All methods block: call them in
    a thread, one at a time.
    """

    def __init__(self, labels: Sequence[tuple[AngleName, str]]) -> None:
        self._boxes = dict(zip((angle for angle, _ in labels), _boxes(len(labels)), strict=True))
        self._labels = dict(labels)
        bottom = max(bottom for *_, bottom in self._boxes.values())
        self._sheet = Image.new("RGB", (_WIDTH, bottom), _PAPER)
        for angle, _ in labels:
            self._await(angle)

    def add(self, angle: AngleName, content: bytes) -> None:
        """Put a picture where it belongs; what cannot be decoded stays awaited."""
        left, top, right, bottom = self._boxes[angle]
        size = (right - left, bottom - top)
        try:
            with Image.open(io.BytesIO(content)) as opened:
                opened.draft("RGB", size)
                tile = ImageOps.fit(opened.convert("RGB"), size, Image.Resampling.BILINEAR)
        except (OSError, ValueError, Image.DecompressionBombError):
            return
        self._sheet.paste(tile, (left, top))

    def give_up(self, angle: AngleName) -> None:
        """This view does not come."""
        self._await(angle, mark="✕")

    def jpeg(self) -> bytes:
        """The sheet as it is now, 1080 pixels wide."""
        out = io.BytesIO()
        self._sheet.save(out, "JPEG", quality=_QUALITY)
        return out.getvalue()

    def _await(self, angle: AngleName, *, mark: str = "···") -> None:
        left, top, right, bottom = self._boxes[angle]
        pen = ImageDraw.Draw(self._sheet)
        pen.rectangle((left, top, right - 1, bottom - 1), fill=_AWAITED)
        middle, height = (left + right) // 2, (top + bottom) // 2
        label = _fitting(pen, self._labels[angle], right - left - 24)
        pen.text((middle, height - 12), label, fill=_INK, font=_font(_LETTERS), anchor="mm", align="center")
        below = height + 36 + 28 * label.count("\n")
        pen.text((middle, below), mark, fill=_FAINT, font=_font(_LETTERS), anchor="mm")


def _boxes(count: int) -> Iterator[tuple[int, int, int, int]]:
    """Left, top, right and bottom of every tile, in pixels."""
    top = 0
    for columns in _ROWS[count]:
        width = (_WIDTH - (columns - 1) * _GAP) / columns
        height = round(width / (_WIDE if columns == 1 else _TILE))
        for column in range(columns):
            left = round(column * (width + _GAP))
            yield left, top, round(left + width), top + height
        top += height + _GAP


def _fitting(pen: ImageDraw.ImageDraw, label: str, width: int) -> str:
    """On two lines where one is too narrow."""
    if pen.textlength(label, font=_font(_LETTERS)) <= width or " " not in label:
        return label
    words = label.split(" ")
    cut = min(range(1, len(words)), key=lambda n: abs(len(" ".join(words[:n])) - len(" ".join(words[n:]))))
    return " ".join(words[:cut]) + "\n" + " ".join(words[cut:])


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font with Latin and Cyrillic letters: matplotlib brings one. Found without importing it."""
    found = importlib.util.find_spec("matplotlib")
    for folder in (found.submodule_search_locations or []) if found else []:
        path = Path(folder, "mpl-data", "fonts", "ttf", "DejaVuSans.ttf")
        if path.exists():
            return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)
