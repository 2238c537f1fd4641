"""What does a description mean? Public names of the reader of descriptions."""

from __future__ import annotations

from bot.pipeline.understand.accuracy import Accuracy, Miss, accuracy
from bot.pipeline.understand.reader import LIMIT, Understanding

__all__ = ["LIMIT", "Accuracy", "Miss", "Understanding", "accuracy"]
