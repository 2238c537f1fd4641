"""Where does the time of one message go? The narrow port that spans are told to."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Fact = str | int | float


class Tracer(Protocol):
    """Facts are ids of cars, angles, providers and kinds: no words of people and no ids of theirs."""

    def span(self, name: str, **facts: Fact) -> AbstractContextManager[None]:
        """One step: what is done inside it, also in tasks that are started there, stands below it."""
        ...

    def past(self, name: str, seconds: float, **facts: Fact) -> None:
        """One step that ends now and took so many seconds."""
        ...


class Untraced:
    """Nobody listens."""

    def span(self, name: str, **facts: Fact) -> AbstractContextManager[None]:  # noqa: ARG002 - the port's signature
        """Nothing."""
        return nullcontext()

    def past(self, name: str, seconds: float, **facts: Fact) -> None:
        """Nothing."""
