"""What the handlers need from outside, as narrow protocols owned by the handlers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.pipeline.model import Album, AngleName, CarSpec, Reading, Session, SessionId


class Understanding(Protocol):
    """Reads a description; `previous` is the car that a short change ("in blue") speaks of."""

    def understand(self, description: str, previous: CarSpec | None = None) -> Reading: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some sessions of one owner, newest first; `total` counts all of them."""

    sessions: tuple[Session, ...]
    total: int


class Archive(Protocol):
    """Look-ups that answer a person's commands. Raises StorageError."""

    async def sessions_of(self, owner: str, *, offset: int, limit: int) -> Page: ...

    async def albums_since(self, owner: str, since: float) -> int:
        """How many albums this person asked for at or after `since` (UTC seconds)."""
        ...

    async def running(self, owner: str) -> Sequence[Album]:
        """This person's albums that are not finished yet."""
        ...

    async def session_of_message(self, chat: str, message: str) -> SessionId | None:
        """The session whose album holds that message of that chat."""
        ...

    async def delete_session(self, session_id: SessionId) -> None:
        """Rows and pictures of that session are gone for good when this returns."""
        ...


class Preferences(Protocol):
    """What a person chose for good."""

    async def language(self, owner: str) -> str | None: ...

    async def set_language(self, owner: str, language: str) -> None: ...


class Inbox(Protocol):
    """Updates on the disk before Telegram is told that they were received."""

    async def put(self, update_id: int, payload: str) -> bool:
        """Store an update durably; False when it was there already."""
        ...

    async def done(self, update_id: int) -> None: ...

    async def pending(self) -> Sequence[str]:
        """Payloads of updates that no handler finished, oldest first."""
        ...


class Measured(Protocol):
    """Times that were measured, for what people are told."""

    def expected_seconds(self, angles: Sequence[AngleName]) -> float:
        """From acceptance to the album, for a set of that many views."""
        ...


class Clock(Protocol):
    """Two clocks: `now` is UTC seconds since 1970, `ticks` never jumps."""

    def now(self) -> float: ...

    def ticks(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What operators want to know of one span of time.

    Times in seconds, money in USD, rates 0..1; None where nothing was measured.
    `costs` is USD a provider.
    """

    complete: int = 0
    partial: int = 0
    failed: int = 0
    pictures: int = 0
    first_attempt: float | None = None
    fallback: float | None = None
    first_picture_p50: float | None = None
    first_picture_p95: float | None = None
    album_p50: float | None = None
    album_p95: float | None = None
    costs: tuple[tuple[str, float], ...] = ()
    users: int = 0
    unknown_deliveries: int = 0
    queued: int = 0


class StatsSource(Protocol):
    """Figures of everything since a moment (UTC seconds), or of all time for None."""

    async def figures(self, since: float | None) -> Figures: ...
