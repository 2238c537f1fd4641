"""What does the number plate say? Its picture, drawn with Pillow's own font."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bot.pipeline.studio.curves import Array

_SIZE = (520, 112)
_MARGIN = 34


def plate_picture(text: str) -> Array:
    """Linear reflectance (112, 520, 3), white with a dark border; blank without a text."""
    image = Image.new("RGB", _SIZE, (226, 227, 226))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((5, 5, _SIZE[0] - 6, _SIZE[1] - 6), radius=12, outline=(25, 25, 28), width=4)
    if text:
        font = _fitting(draw, text)
        draw.text((_SIZE[0] / 2, _SIZE[1] / 2), text, fill=(20, 20, 22), font=font, anchor="mm")
    return np.asarray((np.asarray(image, dtype=float) / 255) ** 2.2)


def _fitting(draw: ImageDraw.ImageDraw, text: str) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The largest size at which the text stays inside the border."""
    for size in range(86, 20, -4):
        font = ImageFont.load_default(size)
        left, _, right, _ = draw.textbbox((0, 0), text, font=font)
        if right - left <= _SIZE[0] - 2 * _MARGIN:
            return font
    return ImageFont.load_default(20)
