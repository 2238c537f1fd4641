"""Rakurs draws one car from every angle. `from bot import draw, draw_sync` for other programs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.library import draw, draw_sync
    from bot.pipeline.folder import AlbumFacts

__version__ = "0.1.0"
__all__ = ["AlbumFacts", "draw", "draw_sync"]


def __getattr__(name: str) -> Any:
    """The library is loaded when it is asked for: importing a part of Rakurs must not load all of it."""
    if name in __all__:
        module = "bot.pipeline.folder" if name == "AlbumFacts" else "bot.library"
        return getattr(importlib.import_module(module), name)
    raise AttributeError(name)
