"""Wiring of what reads descriptions, without anything that draws: it opens in an instant."""

from __future__ import annotations

from dataclasses import dataclass

from bot.pipeline.gazetteer import Gazetteer, load_gazetteer
from bot.pipeline.understand import Understanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What reads descriptions."""

    gazetteer: Gazetteer
    understanding: Understanding


def open_words() -> Words:
    """Load the gazetteer and index it: about a third of a second."""
    gazetteer = load_gazetteer()
    return Words(gazetteer=gazetteer, understanding=Understanding(gazetteer=gazetteer))
