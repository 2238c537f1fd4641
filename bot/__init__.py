"""Rakurs draws one car from every angle. `from bot import Rakurs, draw, draw_sync` for other programs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.library import draw, draw_sync
    from bot.opened import Rakurs
    from bot.pipeline.errors import (
        BadDescription,
        BadInput,
        BadSettings,
        NotOneCar,
        RakursError,
        SetFailed,
        StorageError,
        TooManyAngles,
        UnknownAngle,
    )
    from bot.pipeline.folder import AlbumFacts, ImageFacts, MissingFacts

__version__ = "0.1.0"
__all__ = [
    "AlbumFacts",
    "BadDescription",
    "BadInput",
    "BadSettings",
    "ImageFacts",
    "MissingFacts",
    "NotOneCar",
    "Rakurs",
    "RakursError",
    "SetFailed",
    "Settings",
    "StorageError",
    "TooManyAngles",
    "UnknownAngle",
    "draw",
    "draw_sync",
]
_HOMES = {
    "draw": "bot.library",
    "draw_sync": "bot.library",
    "Rakurs": "bot.opened",
    "Settings": "bot.config",
    "AlbumFacts": "bot.pipeline.folder",
    "ImageFacts": "bot.pipeline.folder",
    "MissingFacts": "bot.pipeline.folder",
}


def __getattr__(name: str) -> Any:
    """The library is loaded when it is asked for: importing a part of Rakurs must not load all of it."""
    if name in __all__:
        return getattr(importlib.import_module(_HOMES.get(name, "bot.pipeline.errors")), name)
    raise AttributeError(name)
