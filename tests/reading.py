"""What do tests read descriptions with? The gazetteer, loaded once a process."""

from __future__ import annotations

from bot.pipeline.gazetteer import load_gazetteer
from bot.pipeline.understand import Understanding

GAZETTEER = load_gazetteer()
RULES = Understanding(gazetteer=GAZETTEER)
