"""Every error that Rakurs raises on purpose, as one tree.

RakursError
├── BadInput              the person or the operator asked for something that cannot be done
│   ├── UnknownAngle
│   ├── UnknownSession    no such session, or not this person's (never told apart outside)
│   ├── TooManyAngles
│   ├── BadDescription    empty, too long
│   ├── BadPhoto          a photo that cannot be used
│   ├── NotOneCar         no car, more than one, or nothing fit to draw
│   └── BadSettings       every bad setting at once
├── ProviderError         one picture could not be had; carries a FailureKind
├── InspectionError       bytes came, but they are not a usable picture; carries a FailureKind
├── SearchError           one search or download of a photo failed; carries a FailureKind
├── SetFailed             no provider could draw this set
├── BudgetExceeded        the next picture would cost more than is left
├── IdTaken               another message's car has that session id
├── StorageError          rows or files could not be read or written
└── DeliveryError         Telegram refused, or its answer is unknown

Errors carry a kind and facts, never a sentence for people: words live in the message catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class FailureKind(StrEnum):
    """Why one picture is missing. Stored with the view and shown in album.json."""

    RATE_LIMIT = "rate_limit"
    QUOTA = "quota"
    REFUSED = "refused"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    BAD_ANSWER = "bad_answer"
    PLACEHOLDER = "placeholder"
    BLANK = "blank"
    BOMB = "bomb"
    DUPLICATE = "duplicate"
    OFF_COLOR = "off_color"
    WRONG_SIZE = "wrong_size"
    CONTRADICTED = "contradicted"
    """Whoever looked at it saw another badge, another side or no car."""
    TIMEOUT = "timeout"
    SERVER = "server"
    UNREACHABLE = "unreachable"
    RESTING = "resting"
    """It has failed again and again just now, and was not asked."""
    UNSUPPORTED = "unsupported"
    BUDGET = "budget"
    CANCELLED = "cancelled"
    CRASHED = "crashed"


class RakursError(Exception):
    """Root of the tree."""


class BadInput(RakursError):
    """Something that only another input can mend."""


@dataclass(eq=False)
class UnknownAngle(BadInput):
    """A word that names no angle; `near` holds up to three close angle names."""

    word: str
    near: tuple[str, ...] = ()


@dataclass(eq=False)
class UnknownSession(BadInput):
    """No session of that id that this person may see."""

    session_id: str


@dataclass(eq=False)
class TooManyAngles(BadInput):
    """More angles than an album (or a session) holds."""

    asked: int
    limit: int


@dataclass(eq=False)
class NobodyDraws(BadInput):
    """None of those who may be asked draws any of these `angles`."""

    angles: tuple[str, ...]


@dataclass(eq=False)
class BadDescription(BadInput):
    """`kind` is `empty` or `too_long`; `length` and `limit` in characters."""

    kind: str
    length: int = 0
    limit: int = 0


@dataclass(eq=False)
class BadPhoto(BadInput):
    """`kind` is `too_large`, `unreadable` or `unreachable`; `limit` in bytes."""

    kind: str
    limit: int = 0


@dataclass(eq=False)
class NotOneCar(BadInput):
    """A description that does not name exactly one car; `kind` is the reading's."""

    kind: str


@dataclass(eq=False)
class BadSettings(BadInput):
    """All bad settings together: (name, what is wrong with it)."""

    problems: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "; ".join(f"{name}: {problem}" for name, problem in self.problems)


@dataclass(eq=False)
class ProviderError(RakursError):
    """One picture could not be had.

    `retry_after` in seconds when the provider named a wait. `bought` is true when the provider
    may have charged for the call although no picture came (a timeout after the request was sent);
    `cost` is what it did charge, in USD, where its answer told.
    """

    provider: str
    kind: FailureKind
    retry_after: float | None = None
    status: int | None = None
    code: str | None = None
    bought: bool = False
    cost: float | None = None

    def __str__(self) -> str:
        facts = [f"{self.provider}: {self.kind.value}"]
        if self.status is not None:
            facts.append(f"status {self.status}")
        if self.code:
            facts.append(f"code {self.code}")
        if self.retry_after is not None:
            facts.append(f"retry after {self.retry_after:g} s")
        return ", ".join(facts)


@dataclass(eq=False)
class InspectionError(RakursError):
    """Bytes arrived that are no usable picture of this view."""

    kind: FailureKind
    facts: dict[str, float | str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind.value} {self.facts}" if self.facts else self.kind.value


@dataclass(eq=False)
class SearchError(RakursError):
    """`source` is who was asked; `retry_after` in seconds when it named a wait."""

    source: str
    kind: FailureKind
    retry_after: float | None = None

    def __str__(self) -> str:
        return f"{self.source}: {self.kind.value}"


@dataclass(eq=False)
class IdTaken(RakursError):
    """That session id belongs to the car of another message: 32 bits are few."""

    session_id: str


@dataclass(eq=False)
class SetFailed(RakursError):
    """No provider could draw any view; the last kind of each provider."""

    kinds: dict[str, FailureKind]

    def __str__(self) -> str:
        return ", ".join(f"{name}: {kind.value}" for name, kind in self.kinds.items())


@dataclass(eq=False)
class BudgetExceeded(RakursError):
    """`scope` is user, chat, global or any of them; money in USD, `again_in` in seconds."""

    scope: str
    left: float
    needed: float
    again_in: float = 0.0


class StorageError(RakursError):
    """Rows or files could not be read or written; the cause is chained."""


@dataclass(eq=False)
class DeliveryError(RakursError):
    """`kind`: unknown (sent or not?), later (surely not, but it may work later), refused, blocked, stopped."""

    kind: str
