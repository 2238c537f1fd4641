"""What really happened in the world, and which of it never may?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import FailureKind, StorageError
from bot.pipeline.model import Album, AlbumState, SessionId, View, ViewState, seeds_for

S = AlbumState
ALLOWED = {
    S.OPEN: {S.DELIVERING, S.FAILED, S.CANCELLED},
    S.DELIVERING: {S.DELIVERED, S.UNKNOWN, S.FAILED, S.OPEN},
    S.UNKNOWN: {S.DELIVERED, S.OPEN},
    S.DELIVERED: {S.OPEN},
    S.FAILED: {S.OPEN},
    S.CANCELLED: {S.OPEN},
}
UNDER_WAY = {S.OPEN, S.DELIVERING}
Key = tuple[str, str, str]
"""Session, angle, provider."""


@dataclass(slots=True)
class Faults:
    """What is going to go wrong. `troubles` are the kinds of it that this life has had."""

    storage: list[tuple[str, int, bool]] = field(default_factory=list)
    """Which call of the store (of any name where that is empty), how many of those to go before one
    fails, and whether it fails after its effect."""
    provider: dict[str, list[FailureKind | bytes]] = field(default_factory=dict)
    telegram: dict[str, list[str]] = field(default_factory=dict)
    troubles: set[str] = field(default_factory=set)

    def store_called(self, name: str) -> None:
        """Before a call takes effect. Raises StorageError when it is time for it."""
        if self.storage and self.storage[0][0] in {"", name}:
            which, left, late = self.storage[0]
            self.storage[0] = (which, left - 1, late)
            if left <= 0 and not late:
                self._fail()

    def store_answered(self, name: str) -> None:
        """After a call took effect. Raises StorageError as well: its answer is lost."""
        if self.storage and self.storage[0][0] in {"", name} and self.storage[0][1] < 0:
            self._fail()

    def _fail(self) -> None:
        self.storage.pop(0)
        self.troubles.add("storage")
        raise StorageError("of this life")

    def take(self, script: dict[str, list[Any]], name: str) -> Any:
        """What goes wrong this time, or None."""
        waiting = script.get(name)
        if not waiting:
            return None
        self.troubles.add(name)
        return waiting.pop(0)


@dataclass(slots=True)
class Films:
    """Of cars that turn; a car has one at a time."""

    states: dict[str, AlbumState] = field(default_factory=dict)
    uploads: Counter[str] = field(default_factory=Counter)
    wishes: Counter[str] = field(default_factory=Counter)
    doubtful: set[str] = field(default_factory=set)
    """Handed to Telegram, and nobody who lives was told what became of it."""

    def killed(self) -> None:
        """Whoever knew what became of a film on its way is gone."""
        self.doubtful |= {name for name, state in self.states.items() if state is S.DELIVERING}

    def forget(self, session: str) -> None:
        self.states.pop(session, None)
        for count in (self.uploads, self.wishes):
            del count[session]


@dataclass(slots=True)
class Ledger:
    """`wrong` are sentences; a life in which it stays empty was a good one.

    Pictures: `in_hand` came to a living process, `stored` lie on the disk. Albums: `uploads` counts
    those that may have arrived, `wishes` how often a person asked for them.
    """

    wrong: list[str] = field(default_factory=list)
    accepted: dict[str, Album] = field(default_factory=dict)
    states: dict[str, AlbumState] = field(default_factory=dict)
    chosen: dict[tuple[str, str], str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    once_deleted: set[str] = field(default_factory=set)
    uploads: Counter[str] = field(default_factory=Counter)
    wishes: Counter[str] = field(default_factory=Counter)
    in_hand: set[Key] = field(default_factory=set)
    stored: set[Key] = field(default_factory=set)
    doubted: set[Key] = field(default_factory=set)
    """Lie on the disk with a warning: one more may be asked for until it came."""
    films: Films = field(default_factory=Films)

    def asked(self, key: Key) -> None:
        """A provider is asked for that picture."""
        if key in self.doubted:
            return
        for name, known in (("stored", self.stored), ("received", self.in_hand)):
            if key in known:
                self.wrong.append(f"asked again for {name} bytes of {key}")

    def came(self, key: Key) -> None:
        """A provider's bytes came to a living process."""
        self.in_hand.add(key)
        self.doubted.discard(key)

    def stored_happened(self, name: str, args: tuple[Any, ...], named: dict[str, Any], answer: Any) -> None:
        """A call of the store took effect."""
        match name:
            case "accept" if answer:
                self._accepted(args[1])
            case "move" if answer:
                self._moved(f"{args[0]}/{args[1]}", named["old"], named["new"])
            case "save_receipt":
                self._received(f"{args[0]}/{args[1]}")
            case "reopen":
                self._reopened(f"{args[0]}/{args[1]}")
            case "choose":
                self.chosen[args[0], args[1]] = args[2]
            case "mark_missing":
                self.chosen.pop((args[0], args[1]), None)
            case "save_arrival" | "save_picture" | "save_better":
                key = (args[0], args[1], args[2].provider)
                self.stored.add(key)
                self.in_hand.discard(key)
                if name == "save_picture" and args[2].warnings:
                    self.doubted.add(key)
                if named.get("choose") or name == "save_better":
                    self.chosen[key[:2]] = key[2]
            case "drop_arrival":
                self.stored.discard(args)
                self.in_hand.discard(args)
            case "delete_session":
                self._deleted(args[0])

    def film_happened(self, name: str, args: tuple[Any, ...], named: dict[str, Any], answer: Any) -> None:
        """A call of the films' store took effect."""
        films = self.films
        match name:
            case "accept" if answer:
                films.states[args[0].session_id] = S.OPEN
                films.wishes[args[0].session_id] += 1
            case "move" if answer:
                self._transition(f"the film of {args[0]}", films.states.get(args[0]), **named)
                films.states[args[0]] = named["new"]

    def filmed(self, session: str) -> None:
        """A film was handed to Telegram and may have arrived."""
        self.films.uploads[session] += 1
        if self.films.uploads[session] > self.films.wishes[session] and session not in self.deleted:
            self.wrong.append(f"the film of {session} was sent {self.films.uploads[session]} times")

    def film_doubted(self, session: str) -> None:
        """Somebody was told that nobody knows whether the film arrived."""
        if session not in self.films.doubtful and session not in self.deleted:
            self.wrong.append(f"no doubt about the film of {session}, and yet one was told")

    def _accepted(self, album: Album) -> None:
        self.accepted[album.id] = album
        self.states[album.id] = S.OPEN
        self.wishes[album.id] += 1
        self.deleted.discard(album.session_id)

    def _moved(self, album: str, old: AlbumState, new: AlbumState) -> None:
        self._transition(album, self.states.get(album), old=old, new=new)
        self.states[album] = new

    def _transition(self, what: str, known: AlbumState | None, *, old: AlbumState, new: AlbumState) -> None:
        if known is not old or new not in ALLOWED[old]:
            self.wrong.append(f"{what} went from {old.value} (known as {known}) to {new.value}")

    def _received(self, album: str) -> None:
        if self.states.get(album) in {S.DELIVERING, S.UNKNOWN}:
            self.states[album] = S.DELIVERED

    def _reopened(self, album: str) -> None:
        """A person's button took it up once more."""
        state = self.states.get(album)
        if state is None or state in UNDER_WAY:
            return
        if state is S.DELIVERED and len(self.providers(album)) == len(self.accepted[album].angles):
            self.wrong.append(f"{album} had arrived whole and was taken up again")
        self.states[album] = S.OPEN
        self.wishes[album] += 1

    def _deleted(self, session: str) -> None:
        self.deleted.add(session)
        self.once_deleted.add(session)
        self.films.forget(session)
        for album in [one.id for one in self.accepted.values() if one.session_id == session]:
            del self.accepted[album], self.states[album], self.wishes[album]
            self.uploads.pop(album, None)
        self.chosen = {key: one for key, one in self.chosen.items() if key[0] != session}
        self.stored = {key for key in self.stored if key[0] != session}
        self.in_hand = {key for key in self.in_hand if key[0] != session}
        self.doubted = {key for key in self.doubted if key[0] != session}

    def providers(self, album: str) -> list[str]:
        """Whose pictures the album's views have, one entry a view that has any."""
        one = self.accepted[album]
        found = (self.chosen.get((one.session_id, angle)) for angle in one.angles)
        return [name for name in found if name is not None]

    def uploaded(self, session: str, angles: set[str], pictures: int) -> None:
        """An album was handed to Telegram and may have arrived."""
        if pictures != len(angles):
            self.wrong.append(f"{pictures} pictures but {len(angles)} seeds under {session}")
        mine = [one for one in self.accepted.values() if one.session_id == session]
        album = next((one.id for one in mine if angles <= set(one.angles)), None)
        if album is None:
            if session not in self.deleted:
                self.wrong.append(f"no album of {session} holds {sorted(angles)}")
            return
        self.uploads[album] += 1
        if self.uploads[album] > self.wishes[album]:
            self.wrong.append(f"{album} was sent {self.uploads[album]} times")

    def compare(self, album: Album, views: tuple[View, ...]) -> None:
        """The rows of one album as they are now."""
        if album.state is not self.states[album.id]:
            self.wrong.append(f"{album.id} is {album.state.value}, not {self.states[album.id].value}")
        if len(set(self.providers(album.id))) > 1:
            self.wrong.append(f"{album.id} mixes {set(self.providers(album.id))}")
        mine = [view for view in views if view.angle in album.angles]
        seeds = seeds_for(SessionId(album.session_id), CATALOGUE)
        if {view.angle: view.seed for view in mine} != {angle: seeds[angle] for angle in album.angles}:
            self.wrong.append(f"{album.id} has other seeds or views than were asked")
        self.wrong += [
            f"{album.id} {view.angle} is missing for no reason"
            for view in mine
            if (view.state is ViewState.MISSING) != (view.failure is not None)
        ]
