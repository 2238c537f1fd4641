"""Spins in memory, a studio that films at once, and a courier that writes down what it brought."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.pipeline.errors import DeliveryError, StorageError
from bot.pipeline.model import AlbumState, CarSpec, Session, SessionId
from bot.pipeline.ports import Sending
from bot.pipeline.spin import Spin

FILM = b"\x00\x00\x00\x20ftypisom a film"


@dataclass(slots=True)
class MemorySpins:
    """A SpinStore. `broken` makes the next so many calls of `keep_film` fail, as a full disk would."""

    rows: dict[SessionId, Spin] = field(default_factory=dict)
    films: dict[SessionId, bytes] = field(default_factory=dict)
    broken: int = 0

    async def accept(self, spin: Spin) -> bool:
        known = self.rows.get(spin.session_id)
        if known is None:
            self.rows[spin.session_id] = spin
            return True
        if known.state.under_way or (known.chat, known.request) == (spin.chat, spin.request):
            return False
        self.rows[spin.session_id] = replace(spin, status_message=None, file_id=known.file_id)
        return True

    async def spin(self, session_id: SessionId) -> Spin | None:
        return self.rows.get(session_id)

    async def under_way(self) -> tuple[Spin, ...]:
        found = [spin for spin in self.rows.values() if spin.state.under_way]
        return tuple(sorted(found, key=lambda spin: spin.created))

    async def move(self, session_id: SessionId, *, old: AlbumState, new: AlbumState) -> bool:
        if session_id not in self.rows or self.rows[session_id].state is not old:
            return False
        self.rows[session_id] = replace(self.rows[session_id], state=new)
        return True

    async def set_status_message(self, session_id: SessionId, message: str | None) -> None:
        if session_id in self.rows:
            self.rows[session_id] = replace(self.rows[session_id], status_message=message)

    async def keep_film(self, session_id: SessionId, film: bytes) -> None:
        if self.broken:
            self.broken -= 1
            raise StorageError("room")
        if session_id in self.rows:
            self.films[session_id] = film

    async def film(self, session_id: SessionId) -> bytes | None:
        return self.films.get(session_id)

    async def set_file_id(self, session_id: SessionId, file_id: str | None) -> None:
        if session_id in self.rows:
            self.rows[session_id] = replace(self.rows[session_id], file_id=file_id)


@dataclass(slots=True)
class FilmsAtOnce:
    """Two frames a film. `gate` holds all filming up; `fails` are raised by the next films."""

    gate: asyncio.Event | None = None
    fails: list[Exception] = field(default_factory=list)
    made: list[SessionId] = field(default_factory=list)

    async def spin(self, spec: CarSpec, session_id: SessionId, *, told: Callable[[int, int], None]) -> bytes:
        self.made.append(session_id)
        told(1, 2)
        if self.gate is not None:
            await self.gate.wait()
        if self.fails:
            raise self.fails.pop(0)
        told(2, 2)
        return FILM


@dataclass(slots=True)
class RecordingSpinCourier:
    """`fails` holds what the next uploads raise after they began."""

    sent: list[tuple[SessionId, bytes | str]] = field(default_factory=list)
    told: list[tuple[str, SessionId]] = field(default_factory=list)
    drawn_by: list[str | None] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)

    def turning(self, spin: Spin, session: Session, *, done: int, total: int) -> None:
        self.told.append((f"{done}/{total}", spin.session_id))

    async def deliver(
        self, spin: Spin, session: Session, film: bytes | str, *, drawn_by: str | None, sending: Sending
    ) -> str:
        if not await sending.begin():
            raise DeliveryError(kind="stopped")
        self.sent.append((spin.session_id, film))
        self.drawn_by.append(drawn_by)
        if self.fails:
            raise self.fails.pop(0)
        return f"film-{spin.session_id}"

    async def over(self, spin: Spin) -> None:
        self.told.append(("over", spin.session_id))

    async def unsure(self, spin: Spin) -> None:
        self.told.append(("unsure", spin.session_id))

    async def failed(self, spin: Spin) -> None:
        self.told.append(("failed", spin.session_id))
