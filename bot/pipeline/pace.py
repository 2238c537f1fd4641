"""How long will an album take? Learned from the pictures that came, for what people are told."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence

from bot.pipeline.model import AngleName
from bot.pipeline.ports import MINUTE, Capabilities, Event, Progress, Step

_WEIGHT = 0.3
"""Of the newest picture in the running mean of a provider's seconds a picture."""
_AROUND = 2.0
"""Seconds for looking up, composing and sending."""
_SENT = 28.0
"""Pictures that leave in a second at best."""
_ENOUGH, _NEWEST = 5, 30
"""So many albums must have arrived in a row before their distance is believed; of so many."""


class Pace:
    """A Progress that learns each provider's seconds a picture and hands every event on.

    `ticks` gives seconds that never jump.
    """

    def __init__(self, *, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._arrivals: deque[float] = deque(maxlen=_NEWEST)
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
        pauses = MINUTE * ((len(angles) - 1) // takes.per_minute) if takes.per_minute else 0.0
        return _AROUND + max(rounds * max(self._seconds[name], takes.pace), pauses + self._seconds[name])

    def arrived(self) -> None:
        """An album has reached its person."""
        self._arrivals.append(self._ticks())

    def rested(self) -> None:
        """Nobody waits: how far apart albums arrived until now says nothing any more."""
        self._arrivals.clear()

    def seconds_behind(self, ahead: int, angles: Sequence[AngleName], *, leaving: int = 0) -> float:
        """Until an album arrives that so many others arrive before, of which `leaving` are drawn and wait to leave.

        Where several wait to leave, Telegram alone holds them up, and its limit is known better than albums can
        tell by their distance: the first words to a crowd set them apart for a while.
        """
        alone = self.expected_seconds(angles)
        if leaving >= _ENOUGH:
            return max(alone if not ahead else 0.0, (ahead + 1) * _leaves(len(angles)))
        if len(self._arrivals) >= _ENOUGH:
            apart = (self._ticks() - self._arrivals[0]) / len(self._arrivals)
            return max(alone if not ahead else 0.0, (ahead + 1) * apart)
        return alone + ahead * self._at_best(len(angles))

    def _at_best(self, views: int) -> float:
        """Seconds from one album to the next while providers and Telegram are all that holds them up."""
        hand = self.hand()
        if hand is None:
            return 0.0
        name, takes = hand
        seconds = max(self._seconds[name], takes.pace)
        seconds = max(seconds / max(1, takes.concurrency), takes.apart)
        return max(views * seconds, _leaves(views))


def _leaves(views: int) -> float:
    """Seconds of Telegram's limit that an album takes, with its words."""
    return (views + 2) / _SENT
