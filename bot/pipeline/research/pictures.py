"""Is this downloaded file a usable photo? It is decoded within limits and written anew."""

from __future__ import annotations

import io
import struct

from PIL import ExifTags, Image, UnidentifiedImageError

from bot.pipeline.errors import FailureKind, SearchError

LONGEST_SIDE = 1280
_SHORTEST_SIDE = 200
_QUALITY = 90


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its orientation in EXIF."""
_UNREADABLE = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, struct.error)


def as_reference(content: bytes, *, most_pixels: int) -> bytes:
    """A JPEG of at most 1280 pixels a side, without metadata. Blocks: call it in a thread.

    Raises SearchError: BOMB for more than `most_pixels`, BAD_ANSWER for anything that is no
    JPEG, PNG or WebP picture, or too small a one.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as picture:
            if picture.width * picture.height > most_pixels:
                raise SearchError(source="photo", kind=FailureKind.BOMB)
            if min(picture.size) < _SHORTEST_SIDE:
                raise SearchError(source="photo", kind=FailureKind.BAD_ANSWER)
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            turn = _turn(picture)
            plain = picture.convert("RGB")
    except Image.DecompressionBombError as error:
        raise SearchError(source="photo", kind=FailureKind.BOMB) from error
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise SearchError(source="photo", kind=FailureKind.BAD_ANSWER) from error
    upright = plain if turn is None else plain.transpose(turn)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright.info.clear()
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _turn(picture: Image.Image) -> Image.Transpose | None:
    """None also where the metadata are broken: the picture beside them may be good."""
    try:
        return _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except _UNREADABLE:
        return None
