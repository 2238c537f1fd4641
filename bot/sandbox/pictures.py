"""Which files did people and the bot send? Kept in memory, with their kind and size."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field

from PIL import Image, UnidentifiedImageError

from bot.sandbox.calls import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One file. `width` and `height` in pixels, 0 where it is no picture."""

    id: str
    content: bytes
    name: str
    media_type: str
    width: int = 0
    height: int = 0

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
                id=key, content=content, name=name, media_type=media_type, width=width, height=height
            )
        return self.kept[key]

    def find(self, file_id: str) -> Kept | None:
        """By its id, or by the id of its smaller size."""
        return self.kept.get(file_id.removesuffix("-s"))


def measure(content: bytes) -> tuple[int, int, str]:
    """Width, height and media type; 0, 0 and a general type where it is no picture."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            return picture.width, picture.height, Image.MIME.get(picture.format or "", "image/*")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        kind = "video/mp4" if content[4:8] == b"ftyp" else "application/octet-stream"
        return 0, 0, kind
