"""How do frames become a film? MP4 from JPEG frames through ffmpeg."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image


def mp4(frames: Sequence[bytes], *, width: int, height: int, rate: float) -> bytes:
    """H.264 in MP4, `rate` frames a second; sides must be even. Blocks: call it in a thread. Raises OSError."""
    with tempfile.TemporaryDirectory(prefix="spin-") as folder:
        path = Path(folder) / "spin.mp4"
        writer = imageio_ffmpeg.write_frames(
            str(path), (width, height), fps=rate, quality=8, macro_block_size=2, ffmpeg_log_level="error"
        )
        writer.send(None)
        for frame in frames:
            with Image.open(io.BytesIO(frame)) as image:
                writer.send(np.ascontiguousarray(np.asarray(image.convert("RGB"))))
        writer.close()
        return path.read_bytes()
