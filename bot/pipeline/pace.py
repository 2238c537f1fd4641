"""How long will an album take? Learned from the pictures that came, for what people are told."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bot.pipeline.model import AngleName
from bot.pipeline.ports import Capabilities, Event, Progress, Step

_WEIGHT = 0.3
"""Of the newest picture in the running mean of a provider's seconds a picture."""
_AROUND = 2.0
"""Seconds for looking up, composing and sending."""


class Pace:
    """A Progress that learns each provider's seconds a picture and hands every event on."""

    def __init__(self) -> None:
        self._takes: dict[str, Capabilities] = {}
        self._seconds: dict[str, float] = {}
        self._listener: Progress | None = None

    def expect(self, name: str, capabilities: Capabilities) -> None:
        """Who draws, the first one first, and what is known before anything was measured."""
        self._takes[name] = capabilities
        self._seconds.setdefault(name, capabilities.seconds)

    def tell(self, listener: Progress) -> None:
        """Who hears the events after this."""
        self._listener = listener

    def happened(self, event: Event) -> None:
        """Learn, and hand on."""
        if event.step is Step.DRAWN and event.picture is not None and event.picture.seconds > 0:
            name, new = event.picture.provider, event.picture.seconds
            self._seconds[name] = self._seconds.get(name, new) * (1 - _WEIGHT) + new * _WEIGHT
        if self._listener is not None:
            self._listener.happened(event)

    def hand(self, provider: str | None = None) -> tuple[str, Capabilities] | None:
        """That provider, or the one who draws first."""
        name = provider or next(iter(self._takes), None)
        return (name, self._takes[name]) if name in self._takes else None

    def expected_seconds(self, angles: Sequence[AngleName], provider: str | None = None) -> float:
        """From acceptance to the album, with an empty queue, drawn by that provider or the first."""
        hand = self.hand(provider)
        if hand is None:
            return _AROUND
        name, takes = hand
        rounds = math.ceil(len(angles) / max(1, takes.concurrency))
        return _AROUND + rounds * max(self._seconds[name], takes.pace)
