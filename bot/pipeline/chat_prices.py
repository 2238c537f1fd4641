"""What does a chat model cost? By the beginning of its name; the operator has the last word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class ChatPrice:
    """USD per million tokens in and out; where `flat` is set, USD of a call, whatever it takes."""

    words: float = 0.0
    out: float = 0.0
    flat: float | None = None

    def cost(self, tokens: tuple[int, int]) -> float:
        """USD of one answer with so many tokens in and out."""
        if self.flat is not None:
            return self.flat
        return (tokens[0] * self.words + tokens[1] * self.out) / _MILLION


_PUBLISHED: Mapping[str, ChatPrice] = MappingProxyType(
    {
        "gpt-5.6-sol": ChatPrice(5, 30),
        "gpt-5.6-terra": ChatPrice(2, 12),
        "gpt-5.6-luna": ChatPrice(0.2, 1.2),
        "gpt-5.5": ChatPrice(5, 30),
        "gpt-5.5-pro": ChatPrice(30, 180),
        "gpt-5.4": ChatPrice(2.5, 15),
        "gpt-5.4-pro": ChatPrice(30, 180),
        "gpt-5.4-mini": ChatPrice(0.75, 4.5),
        "gpt-5.4-nano": ChatPrice(0.2, 1.25),
        "gpt-5": ChatPrice(1.25, 10),
        "gpt-5-pro": ChatPrice(15, 120),
        "gpt-5-mini": ChatPrice(0.25, 2),
        "gpt-5-nano": ChatPrice(0.05, 0.4),
        "gpt-4.1": ChatPrice(2, 8),
        "gpt-4.1-mini": ChatPrice(0.4, 1.6),
        "gpt-4.1-nano": ChatPrice(0.1, 0.4),
        "gpt-4o": ChatPrice(2.5, 10),
        "gpt-4o-mini": ChatPrice(0.15, 0.6),
    }
)
"""OpenAI's, as published in November 2026."""
_UNHEARD_OF = ChatPrice(5, 30)
"""Of OpenAI's models that are not in the table: guessed upwards."""


def chat_price(model: str, *, own_server: bool, known: float | None = None) -> ChatPrice:
    """The price of that model; `known` is the operator's word, USD of a call.

    `own_server` is any other than OpenAI's: what is not in the table is free of charge there.
    """
    if known is not None:
        return ChatPrice(flat=known)
    name = model.rpartition("/")[2].lower()
    starts = [start for start in _PUBLISHED if name == start or name.startswith(f"{start}-")]
    if starts:
        return _PUBLISHED[max(starts, key=len)]
    return ChatPrice() if own_server else _UNHEARD_OF
