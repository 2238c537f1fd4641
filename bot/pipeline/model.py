"""The words of Rakurs as frozen values: description, spec, angle, view, session, picture."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from bot.pipeline.errors import FailureKind

SessionId = NewType("SessionId", str)
Origin = NewType("Origin", str)
Seed = NewType("Seed", int)
AngleName = NewType("AngleName", str)

SESSION_ID = re.compile(r"CAR-[0-9A-F]{8}")


class Body(StrEnum):
    """Body types as people are told; the studio refines city hatchbacks and SUV sizes itself."""

    SEDAN = "sedan"
    HATCHBACK = "hatchback"
    LIFTBACK = "liftback"
    ESTATE = "estate"
    COUPE = "coupe"
    CONVERTIBLE = "convertible"
    SUV = "suv"
    PICKUP = "pickup"
    MINIVAN = "minivan"
    VAN = "van"


class Finish(StrEnum):
    SOLID = "solid"
    METALLIC = "metallic"
    MATTE = "matte"


class Condition(StrEnum):
    NEW = "new"
    USED = "used"
    DIRTY = "dirty"
    DAMAGED = "damaged"


class Background(StrEnum):
    STUDIO = "studio"
    SHOWROOM = "showroom"
    STREET_DUSK = "street-dusk"
    NATURE = "nature"


class Strength(StrEnum):
    """How firmly a provider holds one car together, strongest first."""

    GEOMETRY = "geometry"
    REFERENCES = "references"
    SEEDS = "seeds"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimensions:
    """Outer measures in millimetres."""

    length: int
    width: int
    height: int
    wheelbase: int
    front_overhang: int
    rear_overhang: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CarSpec:
    """What was understood of a description. What was neither given nor inferred is None.

    `color` is a lower-case English colour name of the gazetteer, `color_hex` its `#rrggbb`.
    `given` and `inferred` hold field names of this class; `confidence` is 0..1.
    """

    brand: str | None = None
    model: str | None = None
    generation: str | None = None
    year: int | None = None
    color: str | None = None
    color_hex: str | None = None
    second_color: str | None = None
    second_color_hex: str | None = None
    finish: Finish | None = None
    body: Body | None = None
    trim: str | None = None
    condition: Condition | None = None
    background: Background | None = None
    plate: str | None = None
    dimensions: Dimensions | None = None
    given: frozenset[str] = frozenset()
    inferred: frozenset[str] = frozenset()
    confidence: float = 0.0

    @property
    def name(self) -> str:
        """Brand and model as one would say them, or the body, or "car"."""
        words = [word for word in (self.brand, self.model) if word]
        return " ".join(words) or (self.body.value if self.body else "car")


class ReadingKind(StrEnum):
    """What a description turned out to be."""

    CAR = "car"
    """One car, sure enough to draw."""
    UNSURE = "unsure"
    """A best reading stands first in `specs`, other readings behind it: ask with buttons."""
    SEVERAL = "several"
    """More than one car was described; one spec each."""
    NO_CAR = "no_car"
    UNSUITABLE = "unsuitable"


class NoteKind(StrEnum):
    """Things worth telling the person about how the description was read."""

    YEAR_OUTSIDE = "year_outside"
    AMBIGUOUS_YEAR_MODEL = "ambiguous_year_model"
    TYPO = "typo"
    UNKNOWN_MODEL = "unknown_model"
    NEGATED_COLOR = "neg_color"
    SEVERAL_CARS = "multi"
    INSTRUCTIONS_IGNORED = "injection"
    UNSUITABLE = "nsfw"
    NEAREST_COLOR = "nearest_color"
    MISSING_BRAND = "missing_brand"
    MISSING_MODEL = "missing_model"


@dataclass(frozen=True, slots=True)
class Note:
    """`facts` are recognised values (never raw text of the description)."""

    kind: NoteKind
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The outcome of understanding one description."""

    kind: ReadingKind
    specs: tuple[CarSpec, ...] = ()
    angles: tuple[AngleName, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def spec(self) -> CarSpec | None:
        """The best reading, if there is any."""
        return self.specs[0] if self.specs else None


class Framing(StrEnum):
    CAR = "car"
    """The whole car fills the frame."""
    DETAIL = "detail"
    """One part of the outside."""
    INSIDE = "inside"
    """A cabin, boot or engine-bay view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Angle:
    """A camera.

    Azimuth in degrees, 0 = in front of the car, growing towards the car's left side (the driver's
    side in left-hand-drive countries), so `side` is 90 and `rear` 180. Elevation in degrees above
    the ground plane. `nose` says where the nose points in the picture.
    `badge_visible`: the maker's emblem can be seen from there.
    """

    name: AngleName
    azimuth: float
    elevation: float
    framing: Framing
    nose: str
    words: str
    badge_visible: bool
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What a brand's emblem looks like in words. `source` names where the words come from."""

    brand: str
    description: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A photo of the real car: found on the web or sent by the person; downloaded and checked already.

    `source_url` is the page that shows it, or OWN_PHOTO.
    """

    angle: AngleName | None
    content: bytes
    media_type: str
    source_url: str
    author: str | None = None
    licence: str | None = None


OWN_PHOTO = "own"
"""Where a photo comes from that the person sent: nobody else's, and on no page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Whose photo was handed to a provider: `url` is the page that shows it with its licence, or OWN_PHOTO."""

    url: str
    author: str | None = None
    licence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Research:
    """All that was found in time. Empty fields mean: not found, or not in time."""

    badge: Badge | None = None
    references: tuple[Reference, ...] = ()
    timed_out: bool = False


class Rung(StrEnum):
    FULL = "full"
    UNBADGED = "unbadged"
    GENERIC = "generic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a provider is asked for one view, with the rungs of its brand-agnostic ladder.

    `full` names the car; `unbadged` drops emblem and brand words; `generic` describes the shape
    with its dimensions. The `_tags` forms say the same for diffusion models, which read
    comma-separated tags and take a `negative` prompt.
    """

    full: str
    unbadged: str
    generic: str
    full_tags: str
    unbadged_tags: str
    generic_tags: str
    negative: str = ""

    def text(self, rung: Rung, *, instructions: bool) -> str:
        """The words for that rung, as sentences for instruction models, else as tags."""
        if instructions:
            return {Rung.FULL: self.full, Rung.UNBADGED: self.unbadged, Rung.GENERIC: self.generic}[rung]
        tags = {
            Rung.FULL: self.full_tags,
            Rung.UNBADGED: self.unbadged_tags,
            Rung.GENERIC: self.generic_tags,
        }
        return tags[rung]


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRequest:
    """One picture call. `hero` and `guide` are encoded pictures, `references` in a fixed order."""

    session_id: SessionId
    spec: CarSpec
    angle: Angle
    seed: Seed
    prompt: str
    negative: str = ""
    references: tuple[Reference, ...] = ()
    hero: bytes | None = None
    guide: bytes | None = None
    width: int = 1536
    height: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture as it came, decoded and checked.

    `cost` in USD (0 where nothing is charged), `seconds` from the call to the last byte.
    `mesh` is the studio's mesh hash. `paint` the measured Lab median of the body, if measured.
    """

    content: bytes
    media_type: str
    width: int
    height: int
    provider: str
    model: str
    seconds: float
    cost: float = 0.0
    rung: Rung = Rung.FULL
    mesh: str | None = None
    paint: tuple[float, float, float] | None = None
    warnings: tuple[str, ...] = ()


def origin_for(*, bot: str, chat: str, message: str) -> Origin:
    """What a session comes from; `bot` and `chat` hold no line break."""
    return Origin(f"{bot}\n{chat}\n{message}")


DUPLICATE, OFF_COLOR, OTHER_SHAPE = "duplicate", "off_color", "other_shape"
OTHER_BADGE, OTHER_SIDE, NOT_ONE_CAR = "other_badge", "other_side", "not_one_car"
"""Warnings of pictures that are shown all the same; a duplicate names its twin after a colon."""


def session_id_for(origin: Origin, attempt: int = 0) -> SessionId:
    """The session id of one message: `CAR-` and 8 hex digits, the same for the same message.

    32 bits are few: where another origin has that id already, `attempt` counts on.
    """
    digest = hashlib.sha256((origin + (f"\n{attempt}" if attempt else "")).encode()).hexdigest()
    return SessionId(f"CAR-{digest[:8].upper()}")


def parse_session_id(text: str) -> SessionId | None:
    """A session id as people type it (any case, with or without `CAR-`), or None."""
    candidate = text.strip().upper()
    if not candidate.startswith("CAR-"):
        candidate = f"CAR-{candidate}"
    return SessionId(candidate) if SESSION_ID.fullmatch(candidate) else None


def seeds_for(session_id: SessionId, angles: Iterable[AngleName]) -> Mapping[AngleName, Seed]:
    """Six-digit seeds, unique within the session, from SHA-256(session id, angle).

    Hand in the whole catalogue in its fixed order: the rare collision is resolved by hashing
    again with a counter, in that order, so that every process comes to the same seeds.
    """
    taken: set[int] = set()
    seeds: dict[AngleName, Seed] = {}
    for angle in angles:
        attempt = 0
        while True:
            material = f"{session_id}\n{angle}" + (f"\n{attempt}" if attempt else "")
            digest = hashlib.sha256(material.encode()).digest()
            seed = 100_000 + int.from_bytes(digest[:8], "big") % 900_000
            if seed not in taken:
                break
            attempt += 1
        taken.add(seed)
        seeds[angle] = Seed(seed)
    return seeds


class ViewState(StrEnum):
    BLANK = "blank"
    """Asked for, no picture yet."""
    DRAWN = "drawn"
    MISSING = "missing"
    """Given up for now; `failure` says why. A retry makes it blank again."""


class AlbumState(StrEnum):
    """The life of one album. Delivery happens only from OPEN."""

    OPEN = "open"
    DELIVERING = "delivering"
    """Marked before the upload starts: found after a restart, it means the answer is unknown."""
    DELIVERED = "delivered"
    UNKNOWN = "unknown"
    """Telegram's answer was lost: sent or not? Only a person's button sends again."""
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def under_way(self) -> bool:
        """Whether it is still to end."""
        return self in {AlbumState.OPEN, AlbumState.DELIVERING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One car. `owner` and `chat` are opaque strings of whoever asked (Telegram ids, "cli").

    `language` is the IETF tag the answers are written in. `created` is UTC seconds since 1970.
    `photo` names the photo that the person sent with the description.
    `origin` is None where the session is older than the note of it.
    """

    id: SessionId
    spec: CarSpec
    owner: str
    chat: str
    language: str = "en"
    created: float = 0.0
    origin: Origin | None = None
    photo: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One angle of one session. `provider` is the one whose picture stands in the album."""

    session_id: SessionId
    angle: AngleName
    seed: Seed
    state: ViewState = ViewState.BLANK
    prompt: Prompt | None = None
    provider: str | None = None
    failure: FailureKind | None = None
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    cost: float = 0.0
    rung: Rung = Rung.FULL
    mesh: str | None = None
    paint: tuple[float, float, float] | None = None
    warnings: tuple[str, ...] = ()
    file_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """One set of views that is sent together: the first of a session is number 1, /more adds more.

    `reply_to` and `status_message` are ids in the chat. `number` and the session id name it.
    `because` is why the provider before this one did not draw it; `unlike` is another provider, who
    drew earlier views of this car.
    """

    session_id: SessionId
    number: int
    angles: tuple[AngleName, ...]
    chat: str
    state: AlbumState = AlbumState.OPEN
    thread: str | None = None
    reply_to: str | None = None
    status_message: str | None = None
    provider: str | None = None
    strength: Strength | None = None
    because: FailureKind | None = None
    unlike: str | None = None
    created: float = 0.0
    finished: float | None = None

    @property
    def id(self) -> str:
        """`CAR-XXXXXXXX/1`."""
        return f"{self.session_id}/{self.number}"
