"""Which files did people and the bot send? Kept in memory, with their kind and size."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field

from PIL import Image, UnidentifiedImageError

from bot.sandbox.calls import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One file. `width` and `height` in pixels, 0 where it is neither picture nor film; `seconds` of a film."""

    id: str
    content: bytes
    name: str
    media_type: str
    width: int = 0
    height: int = 0
    seconds: int = 0

    def sizes(self) -> list[Json]:
        """As the Bot API describes a photo: smaller sizes first, the whole one last."""
        shorter = 320 / max(self.width, self.height, 320)
        return [
            self._size(f"{self.id}-s", shorter, len(self.content) // 10),
            self._size(self.id, 1, len(self.content)),
        ]

    def _size(self, name: str, scale: float, length: int) -> Json:
        width, height = max(1, round(self.width * scale)), max(1, round(self.height * scale))
        return {
            "file_id": name,
            "file_unique_id": name[-18:],
            "width": width,
            "height": height,
            "file_size": length,
        }

    def document(self) -> Json:
        """As the Bot API describes a file."""
        return {
            "file_id": self.id,
            "file_unique_id": self.id[-18:],
            "file_name": self.name,
            "mime_type": self.media_type,
            "file_size": len(self.content),
        }


@dataclass(slots=True)
class Shelf:
    """Files by id. The same bytes under the same name are kept once."""

    kept: dict[str, Kept] = field(default_factory=dict)

    def keep(self, content: bytes, name: str) -> Kept:
        """Store a file and look what it is."""
        key = "file-" + hashlib.sha256(name.encode() + b"\0" + content).hexdigest()[:20]
        if key not in self.kept:
            width, height, media_type = measure(content)
            self.kept[key] = Kept(
                id=key,
                content=content,
                name=name,
                media_type=media_type,
                width=width,
                height=height,
                seconds=seconds_of(content) if media_type.startswith("video/") else 0,
            )
        return self.kept[key]

    def find(self, file_id: str) -> Kept | None:
        """By its id, or by the id of its smaller size."""
        return self.kept.get(file_id.removesuffix("-s"))


def measure(content: bytes) -> tuple[int, int, str]:
    """Width, height and media type; 0, 0 and a general type where it is neither picture nor film."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            return picture.width, picture.height, Image.MIME.get(picture.format or "", "image/*")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        if content[4:8] != b"ftyp":
            return 0, 0, "application/octet-stream"
        return *_sides(content), "video/mp4"


def _sides(film: bytes) -> tuple[int, int]:
    """Of an MP4: the last eight bytes of its first track's header, as 16.16 numbers."""
    at = film.find(b"tkhd")
    if at < 4:  # noqa: PLR2004 - the size of a box stands in the four bytes before its name
        return 0, 0
    end = at - 4 + int.from_bytes(film[at - 4 : at])
    return int.from_bytes(film[end - 8 : end - 6]), int.from_bytes(film[end - 4 : end - 2])


def seconds_of(film: bytes) -> int:
    """Of an MP4, rounded up: duration by time scale in the movie's header; 1 where it has none."""
    at = film.find(b"mvhd")
    wide = at > 0 and film[at + 4] == 1
    start = at + (24 if wide else 16)
    scale, length = film[start : start + 4], film[start + 4 : start + (12 if wide else 8)]
    return max(1, -(-int.from_bytes(length) // max(1, int.from_bytes(scale)))) if at > 0 else 1
