"""Inspect: are these bytes a picture, and not blank, a placeholder or the same view once more?"""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from typing import IO

import imagehash
import numpy as np
from PIL import Image, UnidentifiedImageError

from bot.pipeline.errors import FailureKind, InspectionError
from bot.pipeline.paint import Lab, paint_of

MOST_PIXELS = 25_000_000
SHORTEST_SIDE = 256
JPEG_QUALITY = 92
_PLACEHOLDERS = frozenset({"2090a5dc21c32952cbf8496339752bd1"})
"""MD5 of pictures that providers send, with status 200, instead of the one that was asked for."""
_COARSE = 256
"""Pixels of the shorter side that are left for looking at areas."""
_FLAT_DEVIATION = 8.0
"""Standard deviation of luminance (0..255) below which a picture shows nothing."""
_ONE_COLOR = 0.9
_SAME_VIEW = 6
"""Bits of 64 by which two difference hashes may differ and still show one view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """A picture that was decoded to the end. `content` is a JPEG; hashes are 64-bit dHashes."""

    content: bytes
    width: int
    height: int
    view_hash: int
    mirror_hash: int
    paint: Lab | None = None


def inspect(content: bytes, *, paint: bool = False) -> Inspected:
    """Decode, check and, where it is no JPEG yet, encode as JPEG. Blocks: call it in a thread.

    `paint` says whether the car's paint is measured as well.
    Raises InspectionError: BAD_ANSWER for what is no JPEG, PNG or WebP picture or is cut short,
    PLACEHOLDER, BOMB above 25 megapixels, WRONG_SIZE below 256 pixels a side, BLANK.
    """
    if hashlib.md5(content, usedforsecurity=False).hexdigest() in _PLACEHOLDERS:
        raise InspectionError(FailureKind.PLACEHOLDER)
    picture, is_jpeg = _decode(content)
    coarse = picture.reduce(max(1, min(picture.size) // _COARSE))
    small = coarse.resize((96, 96), Image.Resampling.BOX)
    _not_blank(small)
    if not is_jpeg:
        content = _encoded(picture)
    return Inspected(
        content=content,
        width=picture.width,
        height=picture.height,
        view_hash=_dhash(small),
        mirror_hash=_dhash(small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
        paint=paint_of(coarse) if paint else None,
    )


def same_view(one: Inspected, other: Inspected, *, mirrored: bool) -> bool:
    """Whether two pictures show one and the same view; with `mirrored`, or its mirror image."""
    near = (one.view_hash ^ other.view_hash).bit_count() <= _SAME_VIEW
    return near or (mirrored and (one.mirror_hash ^ other.view_hash).bit_count() <= _SAME_VIEW)


def _decode(content: bytes) -> tuple[Image.Image, bool]:
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise InspectionError(FailureKind.BOMB, {"pixels": opened.width * opened.height})
            if min(opened.size) < SHORTEST_SIDE:
                raise InspectionError(FailureKind.WRONG_SIZE, {"shortest": min(opened.size)})
            opened.load()
            return opened.convert("RGB"), opened.format == "JPEG" and opened.mode == "RGB"
    except Image.DecompressionBombError as error:
        raise InspectionError(FailureKind.BOMB) from error
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, EOFError) as error:
        start = "markup" if content.lstrip()[:1] in {b"<", b"{", b"["} else "bytes"
        raise InspectionError(FailureKind.BAD_ANSWER, {"found": start, "length": len(content)}) from error


def _encoded(picture: Image.Image) -> bytes:
    with _memory() as out:
        picture.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        out.seek(0)
        return out.read()


def _memory() -> IO[bytes]:
    """A file in memory: one of the system's where it has such, for then Pillow lets other threads run."""
    try:
        return os.fdopen(os.memfd_create("jpeg"), "w+b")
    except (AttributeError, OSError):
        return io.BytesIO()


def _not_blank(small: Image.Image) -> None:
    deviation = float(np.asarray(small.convert("L"), dtype=np.float32).std())
    if deviation < _FLAT_DEVIATION:
        raise InspectionError(FailureKind.BLANK, {"deviation": round(deviation, 2)})
    red, green, blue = (np.asarray(small) >> 4).astype(np.int64).reshape(-1, 3).T
    share = float(np.bincount(red * 256 + green * 16 + blue).max() / red.size)
    if share > _ONE_COLOR:
        raise InspectionError(FailureKind.BLANK, {"one_color": round(share, 3)})


def _dhash(small: Image.Image) -> int:
    return int(str(imagehash.dhash(small, hash_size=8)), 16)
