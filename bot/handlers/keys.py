"""Which buttons stand below a car?"""

from __future__ import annotations

from bot.handlers.speaker import Buttons
from bot.handlers.texts import Words
from bot.pipeline.model import SessionId


def car_keys(session: SessionId, words: Words, *, first: Buttons = ()) -> Buttons:
    """What can be done with a drawn car; `first` are rows of this occasion."""
    return [
        *first,
        [(words.t("More angles"), f"m:{session}"), (words.t("Spin"), f"o:{session}")],
        [(words.t("Other colour"), f"k:{session}"), (words.t("Other year"), f"y:{session}")],
        [(words.t("Share"), f"e:{session}"), (words.t("Full-size files"), f"f:{session}")],
        [(words.t("Delete"), f"d:{session}")],
    ]
