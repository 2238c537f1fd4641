"""What the handlers need from outside, as narrow protocols owned by the handlers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.pipeline.figures import Figures, Inside, Page, Slot
from bot.pipeline.model import Album, AngleName, CarSpec, Reading, SessionId
from bot.pipeline.ports import Capabilities
from bot.pipeline.spin import Spin, Taken


class Understanding(Protocol):
    """Reads a description; `previous` is the car that a short change ("in blue") speaks of."""

    def understand(self, description: str, *, previous: CarSpec | None = None) -> Reading: ...


class SecondReader(Protocol):
    """Is asked where the first reading is unsure."""

    async def read(self, description: str, first: Reading) -> Reading: ...


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

    async def sent_pictures(
        self, session_ids: Sequence[SessionId]
    ) -> Mapping[SessionId, Sequence[tuple[AngleName, str]]]:
        """Angles and file ids of what Telegram has of each car, in the order they were asked."""
        ...

    async def delete_session(self, session_id: SessionId) -> None:
        """Rows and pictures of that session are gone for good when this returns."""
        ...

    async def move_chat(self, old: str, new: str) -> int:
        """A group has a new id: its cars and what is still to be brought go there; how many cars.

        Ids of messages do not hold in the new chat: nothing there answers or replaces an old one.
        """
        ...


class Shares(Protocol):
    """Cars that whoever has the link may see. Raises StorageError."""

    async def share(self, session_id: SessionId, token: str) -> str:
        """Open that car to whoever has the token; the earlier token stays where there is one."""
        ...

    async def shared(self, session_id: SessionId, token: str) -> bool: ...

    async def unshare(self, session_id: SessionId) -> bool:
        """The token opens nothing any more; False where there was none."""
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


class Line(Protocol):
    """Whose turn is when?"""

    @property
    def waiting(self) -> int:
        """How many albums wait for their turn."""
        ...

    def place(self, owner: str) -> int:
        """Which turn that person's last waiting album has, counted from 1; 0 when none waits."""
        ...

    def coming(self, owner: str) -> int:
        """The same of an album of that person that was submitted this very moment."""
        ...


class Turntable(Protocol):
    """Has cars filmed, one film of a person at a time."""

    async def submit(self, spin: Spin) -> Taken:
        """Accept a wish and begin. Raises StorageError."""
        ...

    async def cancel(self, session_id: SessionId) -> bool:
        """Stop a film that is not being sent yet; False when it is too late."""
        ...

    def running(self, owner: str) -> SessionId | None:
        """The car whose film this person waits for."""
        ...


class SpinMarks(Protocol):
    """Notes the status message of a film, so that a later process can take it away."""

    async def set_status_message(self, session_id: SessionId, message: str | None) -> None: ...


class Measured(Protocol):
    """Times that were measured, for what people are told."""

    def hand(self, provider: str | None = None) -> tuple[str, Capabilities] | None:
        """That provider and what it takes, or the one who draws first."""
        ...

    def expected_seconds(self, angles: Sequence[AngleName], provider: str | None = None) -> float:
        """From acceptance to the album, for a set of that many views."""
        ...

    def seconds_behind(self, ahead: int, angles: Sequence[AngleName], *, leaving: int = 0) -> float:
        """Until an album arrives that so many others arrive before, of which `leaving` are drawn already."""
        ...

    def arrived(self) -> None:
        """An album has reached its person."""
        ...

    def rested(self) -> None:
        """Nobody waits any more."""
        ...


class Glance(Protocol):
    """How the process is at this moment, for operators."""

    async def inside(self) -> Inside:
        """Raises StorageError."""
        ...


class Purse(Protocol):
    """What can still be paid today. Raises StorageError."""

    async def left(self, owner: str, chat: str) -> float | None:
        """USD that this person can still spend in this chat; None without a limit."""
        ...

    def renewed_in(self) -> float:
        """Seconds until budgets are renewed."""
        ...

    async def check(
        self, owner: str, chat: str, angles: Sequence[AngleName], only: str | None = None
    ) -> None:
        """Raises BudgetExceeded for an album that nobody draws for nothing and nobody can be paid for,
        NobodyDraws for one that nobody draws at all.

        `only` names the provider that has begun it.
        """
        ...


class StatsSource(Protocol):
    """What happened, for operators. Moments are UTC seconds since 1970. Raises StorageError."""

    async def figures(self, since: float | None) -> Figures:
        """Of everything since that moment, or of all time for None."""
        ...

    async def trend(self, since: float, *, width: float, slots: int) -> tuple[Slot, ...]:
        """So many stretches of `width` seconds each, the first from `since` on."""
        ...

    async def waits(self, since: float, bounds: Sequence[float]) -> tuple[int, ...]:
        """How many albums took up to each bound (seconds, ascending), and how many took longer."""
        ...
