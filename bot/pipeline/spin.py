"""What is a spin, the film of one car turning once round, and what does making one need from outside?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.pipeline.model import AlbumState, CarSpec, Session, SessionId
from bot.pipeline.ports import Sending


@dataclass(frozen=True, slots=True, kw_only=True)
class Spin:
    """One wish for a film; a car has one at a time. It lives through an album's states.

    `owner` is who asked and `request` what names the wish in the chat: the same request twice is one
    film. `thread`, `reply_to` and `status_message` are ids in the chat, `file_id` is the film's at
    Telegram, `created` is in UTC seconds since 1970.
    """

    session_id: SessionId
    owner: str
    chat: str
    request: str
    language: str = "en"
    state: AlbumState = AlbumState.OPEN
    thread: str | None = None
    reply_to: str | None = None
    status_message: str | None = None
    file_id: str | None = None
    created: float = 0.0


class Taken(StrEnum):
    """What became of a wish for a film."""

    ACCEPTED = "accepted"
    BUSY = "busy"
    """This person's last film is still being made."""
    FULL = "full"
    """Too many wait."""
    REPEATED = "repeated"
    """The same request came once more."""


class SpinStore(Protocol):
    """Rows of spins and the bytes of their films. Every call is one transaction. Raises StorageError."""

    async def accept(self, spin: Spin) -> bool:
        """Store it, over one that is over; its film and file id stay.

        False, and nothing changed, for the same request again and while one of this car is under way.
        """
        ...

    async def spin(self, session_id: SessionId) -> Spin | None: ...

    async def under_way(self) -> tuple[Spin, ...]:
        """Spins in OPEN or DELIVERING, oldest first."""
        ...

    async def move(self, session_id: SessionId, *, old: AlbumState, new: AlbumState) -> bool:
        """Compare-and-set of the state; False when it was not `old`."""
        ...

    async def set_status_message(self, session_id: SessionId, message: str | None) -> None: ...

    async def keep_film(self, session_id: SessionId, film: bytes) -> None:
        """The bytes are on the disk when this returns."""
        ...

    async def film(self, session_id: SessionId) -> bytes | None: ...

    async def set_file_id(self, session_id: SessionId, file_id: str | None) -> None: ...


class Films(Protocol):
    """Makes a film of a car."""

    async def spin(self, spec: CarSpec, session_id: SessionId, *, told: Callable[[int, int], None]) -> bytes:
        """MP4. `told` hears after every frame how many of how many there are. Raises ProviderError."""
        ...


class SpinCourier(Protocol):
    """Tells of a film's way and brings it. DeliveryError has the kinds that Courier's has."""

    def turning(self, spin: Spin, session: Session, *, done: int, total: int) -> None:
        """So many frames of so many are there. Must not raise and must not wait."""
        ...

    async def deliver(
        self, spin: Spin, session: Session, film: bytes | str, *, drawn_by: str | None, sending: Sending
    ) -> str:
        """Upload the film, or send it by its file id, and hand back the file id. Raises DeliveryError.

        `drawn_by` names the provider of the car's pictures. `sending.begin` is awaited before the upload.
        """
        ...

    async def over(self, spin: Spin) -> None:
        """Take the status away: the film is there, or was cancelled."""
        ...

    async def unsure(self, spin: Spin) -> None:
        """Nobody knows whether the film arrived: offer to send it again. Raises DeliveryError of kind later."""
        ...

    async def failed(self, spin: Spin) -> None:
        """There is no film this time: offer to try again. Raises DeliveryError of kind later."""
        ...
