"""The real application around fakes of the ports; the fakes keep everything in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.pipeline.errors import DeliveryError, FailureKind
from bot.pipeline.figures import Figures, Page
from bot.pipeline.model import (
    Album,
    AlbumState,
    AngleName,
    CarSpec,
    Picture,
    Prompt,
    Reading,
    ReadingKind,
    Session,
    SessionId,
    Strength,
    View,
    ViewState,
)
from bot.pipeline.ports import Courier, Event, Progress, Receipt, Step

RED = CarSpec(
    brand="BMW",
    model="X5",
    year=2021,
    color="red",
    given=frozenset({"brand", "model"}),
    inferred=frozenset({"year"}),
)
PICTURE = Picture(
    content=b"\xff\xd8 a picture",
    media_type="image/jpeg",
    width=3,
    height=2,
    provider="fake",
    model="m",
    seconds=1,
)


class RealClock:
    """Real time; sleeps are short where tests wait."""

    def now(self) -> float:
        return 1_800_000_000.0

    def ticks(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.02))


class WordsOfTests:
    """Knows a few descriptions by heart."""

    def understand(self, description: str, previous: CarSpec | None = None) -> Reading:
        if previous is not None:
            return Reading(kind=ReadingKind.CAR, specs=(replace(previous, color=description),))
        kinds = {"two cars": ReadingKind.SEVERAL, "maybe": ReadingKind.UNSURE}
        if description in kinds:
            return Reading(kind=kinds[description], specs=(RED, replace(RED, brand="<b>Audi&", model="A4")))
        if "nude" in description:
            return Reading(kind=ReadingKind.UNSUITABLE)
        if "BMW" not in description:
            return Reading(kind=ReadingKind.NO_CAR)
        angles = (AngleName("front"),) if "front" in description else ()
        return Reading(kind=ReadingKind.CAR, specs=(replace(RED, trim=description[:30]),), angles=angles)


@dataclass(slots=True)
class MemoryStore:
    """SessionStore, Archive, Preferences and Inbox at once."""

    sessions: dict[str, Session] = field(default_factory=dict)
    rows: dict[str, Album] = field(default_factory=dict)
    view_rows: dict[str, list[View]] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)
    inbox: dict[int, str] = field(default_factory=dict)
    handled: set[int] = field(default_factory=set)

    async def accept(self, session: Session, album: Album, views: Sequence[View]) -> bool:
        if album.id in self.rows:
            return False
        self.sessions.setdefault(session.id, session)
        self.rows[album.id] = album
        self.view_rows.setdefault(session.id, []).extend(views)
        return True

    async def session(self, session_id: SessionId) -> Session | None:
        return self.sessions.get(session_id)

    async def album(self, session_id: SessionId, number: int) -> Album | None:
        return self.rows.get(f"{session_id}/{number}")

    async def albums(self, session_id: SessionId) -> tuple[Album, ...]:
        return tuple(album for album in self.rows.values() if album.session_id == session_id)

    async def views(self, session_id: SessionId) -> tuple[View, ...]:
        return tuple(self.view_rows.get(session_id, ()))

    async def unfinished(self) -> tuple[Album, ...]:
        return tuple(a for a in self.rows.values() if a.state in {AlbumState.OPEN, AlbumState.DELIVERING})

    async def save_prompt(self, session_id: SessionId, angle: AngleName, prompt: Prompt) -> None: ...

    async def save_picture(self, session_id: SessionId, angle: AngleName, picture: Picture) -> None: ...

    async def picture(self, session_id: SessionId, angle: AngleName, provider: str) -> Picture | None:
        return PICTURE

    async def choose(self, session_id: SessionId, angle: AngleName, provider: str) -> None:
        self._set(session_id, angle, state=ViewState.DRAWN, provider=provider)

    async def mark_missing(self, session_id: SessionId, angle: AngleName, failure: FailureKind) -> None:
        self._set(session_id, angle, state=ViewState.MISSING, failure=failure)

    async def reopen(self, session_id: SessionId, number: int) -> None:
        key = f"{session_id}/{number}"
        self.rows[key] = replace(self.rows[key], state=AlbumState.OPEN)

    async def set_provider(
        self, session_id: SessionId, number: int, provider: str, strength: Strength
    ) -> None:
        key = f"{session_id}/{number}"
        self.rows[key] = replace(self.rows[key], provider=provider, strength=strength)

    async def set_status_message(self, session_id: SessionId, number: int, message: str | None) -> None:
        key = f"{session_id}/{number}"
        self.rows[key] = replace(self.rows[key], status_message=message)

    async def move(self, session_id: SessionId, number: int, *, old: AlbumState, new: AlbumState) -> bool:
        key = f"{session_id}/{number}"
        if self.rows[key].state is not old:
            return False
        self.rows[key] = replace(self.rows[key], state=new)
        return True

    async def save_receipt(self, session_id: SessionId, number: int, receipt: Receipt) -> None: ...

    async def sessions_of(self, owner: str, *, offset: int, limit: int) -> Page:
        mine = [session for session in self.sessions.values() if session.owner == owner][::-1]
        return Page(sessions=tuple(mine[offset : offset + limit]), total=len(mine))

    async def albums_since(self, owner: str, since: float) -> int:
        return sum(self.sessions[a.session_id].owner == owner for a in self.rows.values())

    async def running(self, owner: str) -> Sequence[Album]:
        return [a for a in await self.unfinished() if self.sessions[a.session_id].owner == owner]

    async def session_of_message(self, chat: str, message: str) -> SessionId | None:
        return None

    async def delete_session(self, session_id: SessionId) -> None:
        del self.sessions[session_id]

    async def language(self, owner: str) -> str | None:
        return self.languages.get(owner)

    async def set_language(self, owner: str, language: str) -> None:
        self.languages[owner] = language

    async def put(self, update_id: int, payload: str) -> bool:
        return self.inbox.setdefault(update_id, payload) is payload

    async def done(self, update_id: int) -> None:
        self.handled.add(update_id)

    async def pending(self) -> Sequence[str]:
        return [payload for number, payload in self.inbox.items() if number not in self.handled]

    def _set(self, session_id: str, angle: AngleName, **changes: Any) -> None:
        rows = self.view_rows[session_id]
        for index, view in enumerate(rows):
            if view.angle == angle:
                rows[index] = replace(view, **changes)


@dataclass(slots=True)
class DrawsAtOnce:
    """A runner whose provider is instant; `hold` keeps albums open, as a slow provider would."""

    store: MemoryStore
    courier: Courier
    progress: Progress
    hold: bool = False
    submitted: list[str] = field(default_factory=list)

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def cancel(self, session_id: SessionId, number: int) -> bool:
        return await self.store.move(session_id, number, old=AlbumState.OPEN, new=AlbumState.CANCELLED)

    async def submit(self, session_id: SessionId, number: int) -> None:
        self.submitted.append(f"{session_id}/{number}")
        if self.hold:
            return
        await self.store.set_provider(session_id, number, "fake", Strength.SEEDS)
        album = self.store.rows[f"{session_id}/{number}"]
        for angle in album.angles:
            await self.store.choose(session_id, angle, "fake")
            self.progress.happened(Event(step=Step.DRAWN, album=album, angle=angle, picture=PICTURE))
        views = [v for v in await self.store.views(session_id) if v.angle in album.angles]
        await self.store.move(session_id, number, old=AlbumState.OPEN, new=AlbumState.DELIVERING)
        try:
            await self.courier.deliver(self.store.sessions[session_id], album, views, [PICTURE] * len(views))
        except DeliveryError as error:
            new = AlbumState.UNKNOWN if error.kind == "unknown" else AlbumState.FAILED
            await self.store.move(session_id, number, old=AlbumState.DELIVERING, new=new)
            if error.kind == "unknown":
                await self.courier.unsure(self.store.sessions[session_id], album)
            return
        await self.store.move(session_id, number, old=AlbumState.DELIVERING, new=AlbumState.DELIVERED)


class Counted:
    async def figures(self, since: float | None) -> Figures:
        return Figures(complete=8, partial=1, failed=1, pictures=41, album_p50=12.5, first_picture_p50=3.0)
