"""All pictures of one album on one sheet, with what ties them together written on it."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont, ImageOps

from bot.pipeline.model import Album, Picture, Session, View

_TILE = (640, 440)
_GAP = 14
_HEAD = 92
_LABEL = 36
_PAPER, _INK, _FAINT = (244, 244, 246), (28, 30, 34), (110, 114, 122)
_MOST_COLUMNS = 3
_QUALITY = 90


def contact_sheet(
    session: Session, album: Album, views: Sequence[View], pictures: Sequence[Picture]
) -> bytes:
    """A JPEG. `views` and `pictures` run in parallel and hold what was drawn, at least one."""
    columns = min(_MOST_COLUMNS, max(1, math.ceil(math.sqrt(len(views)))))
    rows = math.ceil(len(views) / columns)
    cell = (_TILE[0], _TILE[1] + _LABEL)
    size = (
        _GAP + columns * (cell[0] + _GAP),
        _HEAD + rows * (cell[1] + _GAP),
    )
    sheet = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(sheet)
    _heading(pen, session, album)
    for number, (view, picture) in enumerate(zip(views, pictures, strict=True)):
        left = _GAP + (number % columns) * (cell[0] + _GAP)
        top = _HEAD + (number // columns) * (cell[1] + _GAP)
        with Image.open(io.BytesIO(picture.content)) as opened:
            tile = ImageOps.fit(opened.convert("RGB"), _TILE, Image.Resampling.LANCZOS)
        sheet.paste(tile, (left, top))
        _label(pen, view, left, top + _TILE[1])
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _heading(pen: ImageDraw.ImageDraw, session: Session, album: Album) -> None:
    spec = session.spec
    words = (spec.color, spec.brand, spec.model, str(spec.year) if spec.year else None)
    title = " ".join(word for word in words if word) or spec.name
    pen.text((_GAP, 14), title[:70], fill=_INK, font=ImageFont.load_default(34))
    held = f"{album.provider}, held together by {album.strength.value}" if album.strength else ""
    facts = "   ".join(part for part in (session.id, held) if part)
    pen.text((_GAP, 58), facts, fill=_FAINT, font=ImageFont.load_default(20))


def _label(pen: ImageDraw.ImageDraw, view: View, left: int, top: int) -> None:
    font = ImageFont.load_default(20)
    pen.text((left + 2, top + 7), view.angle, fill=_INK, font=font)
    seed = f"seed {view.seed}"
    pen.text((left + _TILE[0] - pen.textlength(seed, font=font) - 2, top + 7), seed, fill=_FAINT, font=font)
