"""Is this downloaded file a usable photo? It is decoded within limits and written anew."""

from __future__ import annotations

import io

from PIL import Image, ImageOps, UnidentifiedImageError

from bot.pipeline.errors import FailureKind, SearchError

LONGEST_SIDE = 1280
_SHORTEST_SIDE = 200
_QUALITY = 90


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
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except Image.DecompressionBombError as error:
        raise SearchError(source="photo", kind=FailureKind.BOMB) from error
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise SearchError(source="photo", kind=FailureKind.BAD_ANSWER) from error
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright.info.clear()
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
