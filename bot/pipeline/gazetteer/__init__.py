"""Which cars, colours and words are known? Public names of the gazetteer."""

from __future__ import annotations

from bot.pipeline.gazetteer.loading import load_gazetteer
from bot.pipeline.gazetteer.tables import Brand, Color, Gazetteer, Generation, Lexicon, Model

__all__ = ["Brand", "Color", "Gazetteer", "Generation", "Lexicon", "Model", "load_gazetteer"]
