"""What the pipeline needs from outside, as narrow protocols owned by the pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.pipeline.errors import FailureKind
from bot.pipeline.model import (
    Album,
    AlbumState,
    Angle,
    AngleName,
    CarSpec,
    Credit,
    Picture,
    PictureRequest,
    Prompt,
    Research,
    Session,
    SessionId,
    Strength,
    View,
)
from bot.pipeline.money import ChargeId

MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can take and hold.

    `concurrency` is how many pictures may be under way at once; `seconds` a picture's expected
    time, used for what people are told before anything was measured. `price` is what a picture is
    expected to cost, in USD, and is set aside before each call; 0 is free of charge. `pace` is how many
    seconds the provider demands between two calls, `per_minute` how many calls may begin in one.
    """

    strength: Strength
    concurrency: int
    seconds: float
    takes_references: int = 0
    takes_guide: bool = False
    takes_seed: bool = False
    instructions: bool = True
    """Instruction models read sentences; diffusion models read comma-separated tags."""
    price: float = 0.0
    pace: float = 0.0
    per_minute: int | None = None
    model: str = ""
    repeatable: bool = False
    """The same request gives the same picture for nothing: a lost answer is no loss."""
    hedges: bool = False
    """A second, identical call is made and paid by itself, so that a straggler may be raced."""
    width: int = 1536
    height: int = 1024

    @property
    def apart(self) -> float:
        """Seconds between two calls, on average, where many wait."""
        return max(self.pace, MINUTE / self.per_minute if self.per_minute else 0.0)


class Provider(Protocol):
    """Makes pictures.

    `draw` raises ProviderError or InspectionError for anything that goes wrong, whatever the
    library below raised; CancelledError passes. It makes one attempt: retries are the caller's.
    """

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities:
        """As they are now: a provider may learn that it takes less."""
        ...

    def draws(self, angle: Angle) -> bool:
        """Whether this provider can show that angle at all."""
        ...

    async def draw(self, request: PictureRequest) -> Picture: ...

    async def close(self) -> None: ...


class Guides(Protocol):
    """Flat renders of the same body from the view's own camera, for providers that take a guide."""

    async def guide(self, spec: CarSpec, angle: Angle) -> bytes | None:
        """A PNG, or None where the studio has nothing to show (interiors)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a picture shows to somebody who was not told what was asked for; None: it cannot be told.

    `maker` is whose emblem can be seen, as the gazetteer names it; `azimuth` as an angle's, to the
    nearest 45 degrees. `said` is what else was answered, for the log.
    """

    cars: int | None = None
    maker: str | None = None
    azimuth: float | None = None
    said: Mapping[str, str | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one look brought: `sight` is None where there was no answer in time.

    `cost` in USD, 0 where nothing was charged; None: nobody knows whether it was.
    """

    sight: Sight | None = None
    cost: float | None = 0.0


class Judge(Protocol):
    """Looks at bought pictures of whole cars. `price` is what a look is expected to cost, in USD."""

    @property
    def model(self) -> str: ...

    @property
    def price(self) -> float: ...

    @property
    def rests(self) -> bool:
        """Whether it is not asked at present, because it gave no answer again and again."""
        ...

    async def see(self, picture: bytes) -> Looked:
        """What that JPEG shows. Never raises for a failed call."""
        ...


class Researcher(Protocol):
    """Looks the car up: badge and reference photos, all searches at once, under one deadline."""

    async def research(self, spec: CarSpec, angles: Sequence[AngleName]) -> Research:
        """Never raises for a failed search: what is not there in time is left out."""
        ...


@dataclass(frozen=True, slots=True)
class CachedSearch:
    """One remembered answer: empty `value` is a remembered miss. `expires` in UTC seconds since 1970."""

    value: bytes
    expires: float


class SearchCache(Protocol):
    """Remembers what searches answered, across restarts. Keys are at most 200 characters."""

    async def find(self, key: str) -> CachedSearch | None:
        """The newest answer, also when it has expired: the caller has the clock. Raises StorageError."""
        ...

    async def keep(self, key: str, answer: CachedSearch) -> None:
        """Store or replace. Raises StorageError."""
        ...


class Step(StrEnum):
    """Moments of an album's way that people are shown."""

    RESEARCHED = "researched"
    COMPOSED = "composed"
    STARTED = "started"
    """A provider starts the set; `provider` and `total` are set."""
    DRAWN = "drawn"
    """One view has its picture; `angle` is set."""
    MISSING = "missing"
    """One view was given up; `angle` and `failure` are set."""
    SEQUENTIAL = "sequential"
    """The missing views are tried again one at a time."""
    NEXT_PROVIDER = "next_provider"
    PAUSED = "paused"
    """Nothing can be stored: nothing is asked for until that works again."""
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One step of one album. `done` and `total` count views."""

    step: Step
    album: Album
    angle: AngleName | None = None
    picture: Picture | None = None
    provider: str | None = None
    strength: Strength | None = None
    failure: FailureKind | None = None
    done: int = 0
    total: int = 0
    facts: dict[str, str] = field(default_factory=dict)


class Progress(Protocol):
    """Is told of every step. Must not raise and must not wait for anything slow."""

    def happened(self, event: Event) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a courier got back: message ids in order, and a file id an angle.

    `chat` is set when the album arrived in another chat than its own (a group that moved).
    """

    messages: tuple[str, ...]
    file_ids: dict[AngleName, str]
    chat: str | None = None


class Sending(Protocol):
    """The marks around an upload. What is found between them after a kill is never sent again."""

    async def begin(self) -> bool:
        """To be awaited right before the first byte leaves; where it is false, nothing may leave."""
        ...

    async def withdraw(self) -> None:
        """The upload surely did not happen: the album is as it was before `begin`."""
        ...


class Courier(Protocol):
    """Brings an album to the person.

    Raises DeliveryError: kind `unknown` when it may have arrived, `refused` when it surely did
    not and trying again is useless, `later` when it surely did not and trying again may help,
    `blocked` when the person is gone, `stopped` when `begin` was false.
    """

    async def deliver(
        self,
        session: Session,
        album: Album,
        views: Sequence[View],
        pictures: Sequence[Picture],
        sending: Sending,
    ) -> Receipt:
        """Upload and return at once: the receipt is what keeps the album from being sent twice.

        `views` and `pictures` run in parallel and hold only what was drawn. Between waiting for
        its turn and the upload itself, `sending.begin` is awaited.
        """
        ...

    async def arrived(self, session: Session, album: Album, views: Sequence[View]) -> None:
        """Settle an album whose receipt is stored; `views` were sent. May be called again."""
        ...

    async def unsure(self, session: Session, album: Album) -> None:
        """Settle an album whose delivery is unknown: offer "send again", once."""
        ...

    async def failed(self, session: Session, album: Album) -> None:
        """Settle an album that has no picture at all."""
        ...


class Clock(Protocol):
    """Two clocks: `now` is UTC seconds since 1970, `ticks` seconds that never jump."""

    def now(self) -> float: ...

    def ticks(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class Runner(Protocol):
    """Decides who runs what: every accepted album is drawn and delivered, also after a kill."""

    async def start(self) -> None:
        """Take up every unfinished album."""
        ...

    async def submit(self, session_id: SessionId, number: int) -> None:
        """Run an album that the store has accepted. Idempotent."""
        ...

    async def cancel(self, session_id: SessionId, number: int) -> bool:
        """Stop an album that is not being delivered yet; False when it is too late."""
        ...

    async def close(self) -> None:
        """Stop taking work, let what is under way be resumed later."""
        ...


class SessionStore(Protocol):
    """Rows of sessions, views and albums: the truth. Every call is one committed transaction.

    Raises StorageError. Nothing here is ever overwritten by an older value: `save_picture` for a
    (session, angle, provider) that has one keeps the first; only `save_better` replaces it.
    """

    async def accept(self, session: Session, album: Album, views: Sequence[View]) -> bool:
        """Store a new session with its first album, or a further album of a known session.

        False, and nothing changed, when that album is already there (the same message again), when
        one of a further album's angles is in the session already, or when the session is gone.
        Raises IdTaken, and nothing changed, when a session of another origin has that id, or that
        origin's session has another one.
        """
        ...

    async def session(self, session_id: SessionId) -> Session | None: ...

    async def keep_photo(self, session_id: SessionId, photo: bytes) -> str:
        """A JPEG that came with a description, durable when this returns: its name for Session.photo.

        Called before the session is accepted; what no session names is swept away later.
        """
        ...

    async def photo(self, session: Session) -> bytes | None:
        """The photo that came with the description; None where none did or its bytes are gone."""
        ...

    async def album(self, session_id: SessionId, number: int) -> Album | None: ...

    async def albums(self, session_id: SessionId) -> tuple[Album, ...]: ...

    async def views(self, session_id: SessionId) -> tuple[View, ...]:
        """All views of the session in the order they were asked."""
        ...

    async def unfinished(self) -> tuple[Album, ...]:
        """Albums in OPEN or DELIVERING, oldest first."""
        ...

    async def unsettled(self) -> tuple[Album, ...]:
        """Albums in DELIVERED, UNKNOWN or FAILED whose person was not told so yet, oldest first."""
        ...

    async def settled(self, session_id: SessionId, number: int) -> None:
        """The person was told how that album ended."""
        ...

    async def save_prompts(self, session_id: SessionId, prompts: Mapping[AngleName, Prompt]) -> None:
        """All of them, or none."""
        ...

    async def held(self, session_id: SessionId, provider: str) -> frozenset[AngleName]:
        """Angles of which that provider's bytes are known, looked at or not: ask for those only."""
        ...

    async def save_arrival(
        self, session_id: SessionId, angle: AngleName, picture: Picture, charge: ChargeId | None = None
    ) -> None:
        """What a provider sent, before anybody looks at it: it was paid for, a kill must not lose it.

        Durable when this returns, together with the cost in `charge`. Replaces an earlier arrival; a
        checked picture is kept: one of the two charges is WASTED then.
        """
        ...

    async def arrival(self, session_id: SessionId, angle: AngleName, provider: str) -> Picture | None:
        """What arrived and was neither checked and saved nor dropped since."""
        ...

    async def drop_arrival(self, session_id: SessionId, angle: AngleName, provider: str) -> None:
        """It was looked at, and is no picture of this view: its charge is WASTED."""
        ...

    async def save_picture(
        self, session_id: SessionId, angle: AngleName, picture: Picture, *, choose: bool = False
    ) -> None:
        """Bytes and row, durable when this returns, in place of the arrival it was made of.

        With `choose` it becomes the view's in the same step.
        """
        ...

    async def save_better(
        self, session_id: SessionId, angle: AngleName, picture: Picture, charge: ChargeId | None = None
    ) -> None:
        """Put it in place of that provider's checked picture, or where none is, and choose it.

        Durable when this returns, together with the cost in `charge`; what was stored for the view
        before is WASTED.
        """
        ...

    async def picture(self, session_id: SessionId, angle: AngleName, provider: str) -> Picture | None: ...

    async def save_credits(self, session_id: SessionId, credits: Sequence[Credit]) -> None:  # noqa: A002 - the field's word
        """Whose photos were handed over for this session; each page once."""
        ...

    async def credits(self, session_id: SessionId) -> tuple[Credit, ...]:
        """In the order of their pages."""
        ...

    async def choose(self, session_id: SessionId, angle: AngleName, provider: str) -> None:
        """Make that provider's stored picture the view's; state DRAWN."""
        ...

    async def mark_missing(self, session_id: SessionId, angle: AngleName, failure: FailureKind) -> None: ...

    async def reopen(self, session_id: SessionId, number: int) -> None:
        """Missing views of that album become BLANK and the album OPEN, for a retry.

        Nothing happens to an album that is under way, or has arrived with every view.
        """
        ...

    async def set_provider(
        self,
        session_id: SessionId,
        number: int,
        provider: str,
        strength: Strength,
        *,
        because: FailureKind | None = None,
        unlike: str | None = None,
    ) -> None:
        """Who draws the album now; see Album."""
        ...

    async def set_status_message(self, session_id: SessionId, number: int, message: str | None) -> None: ...

    async def move(self, session_id: SessionId, number: int, *, old: AlbumState, new: AlbumState) -> bool:
        """Compare-and-set of the album's state; False when it was not `old`."""
        ...

    async def save_receipt(self, session_id: SessionId, number: int, receipt: Receipt) -> None:
        """Message and file ids; an album in DELIVERING or UNKNOWN is DELIVERED with them."""
        ...
