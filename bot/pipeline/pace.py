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
        self._first: tuple[str, Capabilities] | None = None
        self._seconds: dict[str, float] = {}
        self._listener: Progress | None = None

    def expect(self, name: str, capabilities: Capabilities) -> None:
        """Who draws first, and what is known before anything was measured."""
        self._first = (name, capabilities)
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

    def expected_seconds(self, angles: Sequence[AngleName]) -> float:
        """From acceptance to the album, with an empty queue."""
        if self._first is None:
            return _AROUND
        name, capabilities = self._first
        rounds = math.ceil(len(angles) / max(1, capabilities.concurrency))
        return _AROUND + rounds * self._seconds[name]
