"""The storage in memory: every port of it at once, held to the same contract as the real one."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.pipeline.errors import FailureKind, IdTaken, StorageError
from bot.pipeline.figures import Figures, Page, Slot
from bot.pipeline.model import (
    Album,
    AlbumState,
    AngleName,
    Credit,
    Picture,
    Prompt,
    Session,
    SessionId,
    Strength,
    View,
    ViewState,
)
from bot.pipeline.money import Charge, ChargeId, Outcome
from bot.pipeline.ports import CachedSearch, Receipt
from tests.fakes.ledger import MemoryLedger

_TOLD = {AlbumState.DELIVERED, AlbumState.UNKNOWN, AlbumState.FAILED}


@dataclass(slots=True)
class MemoryStore:
    """SessionStore, Archive, Shares, Preferences, Inbox, StatsSource and SearchCache.

    `broken` makes calls on sessions and languages raise StorageError, as a full disk would.
    """

    now: float = 1_800_000_000.0
    sessions: dict[str, Session] = field(default_factory=dict)
    rows: dict[str, Album] = field(default_factory=dict)
    view_rows: dict[str, list[View]] = field(default_factory=dict)
    pictures: dict[tuple[str, str, str], Picture] = field(default_factory=dict)
    arrivals: dict[tuple[str, str, str], Picture] = field(default_factory=dict)
    credited: dict[str, dict[str, Credit]] = field(default_factory=dict)
    messages: dict[tuple[str, str], SessionId] = field(default_factory=dict)
    photos: dict[SessionId, bytes] = field(default_factory=dict)
    tokens: dict[SessionId, str] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)
    inbox: dict[int, str] = field(default_factory=dict)
    handled: set[int] = field(default_factory=set)
    searches: dict[str, CachedSearch] = field(default_factory=dict)
    untold: set[str] = field(default_factory=set)
    moves: list[tuple[str, AlbumState]] = field(default_factory=list)
    broken: bool = False
    ledger: MemoryLedger = field(default_factory=MemoryLedger)

    async def accept(self, session: Session, album: Album, views: Sequence[View]) -> bool:
        self._works()
        self._same_car(session)
        known = {view.angle for view in self.view_rows.get(session.id, ())}
        gone = album.number > 1 and session.id not in self.sessions
        if gone or album.id in self.rows or known & {view.angle for view in views}:
            return False
        self.sessions.setdefault(session.id, session)
        self.rows[album.id] = album
        self.view_rows.setdefault(session.id, []).extend(views)
        return True

    async def session(self, session_id: SessionId) -> Session | None:
        self._works()
        return self.sessions.get(session_id)

    async def keep_photo(self, session_id: SessionId, photo: bytes) -> str:
        self._works()
        self.photos[session_id] = photo
        return "photo"

    async def photo(self, session: Session) -> bytes | None:
        self._works()
        return self.photos.get(session.id) if session.photo else None

    async def album(self, session_id: SessionId, number: int) -> Album | None:
        self._works()
        return self.rows.get(f"{session_id}/{number}")

    async def albums(self, session_id: SessionId) -> tuple[Album, ...]:
        mine = [album for album in self.rows.values() if album.session_id == session_id]
        return tuple(sorted(mine, key=lambda album: album.number))

    async def views(self, session_id: SessionId) -> tuple[View, ...]:
        self._works()
        return tuple(self.view_rows.get(session_id, ()))

    async def unfinished(self) -> tuple[Album, ...]:
        self._works()
        albums = [album for album in self.rows.values() if album.state.under_way]
        return tuple(sorted(albums, key=lambda album: album.created))

    async def unsettled(self) -> tuple[Album, ...]:
        self._works()
        albums = [album for album in self.rows.values() if album.id in self.untold]
        return tuple(sorted(albums, key=lambda album: album.created))

    async def settled(self, session_id: SessionId, number: int) -> None:
        self._works()
        self.untold.discard(f"{session_id}/{number}")

    async def save_prompts(self, session_id: SessionId, prompts: Mapping[AngleName, Prompt]) -> None:
        known = {view.angle for view in self.view_rows.get(session_id, ())}
        if not known.issuperset(prompts):
            raise StorageError("no such view", session_id)
        for angle, prompt in prompts.items():
            self._set(session_id, angle, prompt=prompt)

    async def held(self, session_id: SessionId, provider: str) -> frozenset[AngleName]:
        self._works()
        keys = (*self.pictures, *self.arrivals)
        return frozenset(AngleName(key[1]) for key in keys if (key[0], key[2]) == (session_id, provider))

    async def save_arrival(
        self, session_id: SessionId, angle: AngleName, picture: Picture, charge: ChargeId | None = None
    ) -> None:
        self._set(session_id, angle)
        key = (session_id, angle, picture.provider)
        new = key not in self.pictures
        if new:
            self.arrivals[key] = picture
        if charge is not None:
            if new:
                self.ledger.stored(*key, Outcome.WASTED)
            await self.ledger.settle(charge, Outcome.STORED if new else Outcome.WASTED, picture.cost)

    async def arrival(self, session_id: SessionId, angle: AngleName, provider: str) -> Picture | None:
        self._works()
        return self.arrivals.get((session_id, angle, provider))

    async def drop_arrival(self, session_id: SessionId, angle: AngleName, provider: str) -> None:
        self._works()
        if self.arrivals.pop((session_id, angle, provider), None) is not None:
            self.ledger.stored(session_id, angle, provider, Outcome.WASTED)

    async def save_picture(
        self, session_id: SessionId, angle: AngleName, picture: Picture, *, choose: bool = False
    ) -> None:
        self._set(session_id, angle)
        self.pictures.setdefault((session_id, angle, picture.provider), picture)
        self.arrivals.pop((session_id, angle, picture.provider), None)
        if choose:
            await self.choose(session_id, angle, picture.provider)

    async def save_better(
        self, session_id: SessionId, angle: AngleName, picture: Picture, charge: ChargeId | None = None
    ) -> None:
        self._set(session_id, angle)
        key = (session_id, angle, picture.provider)
        self.arrivals.pop(key, None)
        self.pictures[key] = picture
        self.ledger.stored(*key, Outcome.WASTED)
        if charge is not None:
            await self.ledger.settle(charge, Outcome.STORED, picture.cost)
        await self.choose(session_id, angle, picture.provider)

    async def save_credits(self, session_id: SessionId, credits: Sequence[Credit]) -> None:  # noqa: A002 - the port's word
        self._works()
        known = self.credited.setdefault(session_id, {})
        for one in credits:
            known.setdefault(one.url, one)

    async def credits(self, session_id: SessionId) -> tuple[Credit, ...]:
        self._works()
        known = self.credited.get(session_id, {})
        return tuple(known[url] for url in sorted(known))

    async def picture(self, session_id: SessionId, angle: AngleName, provider: str) -> Picture | None:
        self._works()
        return self.pictures.get((session_id, angle, provider))

    async def choose(self, session_id: SessionId, angle: AngleName, provider: str) -> None:
        picture = self.pictures.get((session_id, angle, provider))
        if picture is None:
            raise StorageError("no such picture", session_id, angle, provider)
        (view,) = (view for view in self.view_rows[session_id] if view.angle == angle)
        same = view.state is ViewState.DRAWN and view.provider == provider
        self._set(
            session_id,
            angle,
            state=ViewState.DRAWN,
            provider=provider,
            failure=None,
            width=picture.width,
            height=picture.height,
            seconds=picture.seconds,
            cost=picture.cost,
            rung=picture.rung,
            mesh=picture.mesh,
            paint=picture.paint,
            warnings=picture.warnings,
            file_id=view.file_id if same else None,
        )

    async def mark_missing(self, session_id: SessionId, angle: AngleName, failure: FailureKind) -> None:
        self._works()
        view = next((v for v in self.view_rows.get(session_id, ()) if v.angle == angle), None)
        if view is None:
            raise StorageError("no such view", session_id, angle)
        fresh = View(session_id=session_id, angle=angle, seed=view.seed, prompt=view.prompt)
        rows = self.view_rows[session_id]
        rows[rows.index(view)] = replace(fresh, state=ViewState.MISSING, failure=failure)

    async def reopen(self, session_id: SessionId, number: int) -> None:
        album = self.rows.get(f"{session_id}/{number}")
        if album is None or album.state.under_way:
            return
        if album.state is AlbumState.DELIVERED and self._is_complete(album):
            return
        self.rows[album.id] = replace(album, state=AlbumState.OPEN, finished=None)
        self.untold.discard(album.id)
        for view in self.view_rows[session_id]:
            if view.angle in album.angles and view.state is ViewState.MISSING:
                self._set(session_id, view.angle, state=ViewState.BLANK, failure=None)

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
        self._change(session_id, number, provider=provider, strength=strength, because=because, unlike=unlike)

    async def set_status_message(self, session_id: SessionId, number: int, message: str | None) -> None:
        self._change(session_id, number, status_message=message)

    async def move(self, session_id: SessionId, number: int, *, old: AlbumState, new: AlbumState) -> bool:
        self._works()
        album = self.rows.get(f"{session_id}/{number}")
        if album is None or album.state is not old:
            return False
        self._change(session_id, number, state=new, finished=None if new.under_way else self.now)
        if new in _TOLD:
            self.untold.add(album.id)
        if new is AlbumState.DELIVERED:
            for view in self.view_rows[session_id]:
                if view.angle in album.angles and view.state is ViewState.DRAWN:
                    self.ledger.stored(session_id, view.angle, view.provider or "", Outcome.DELIVERED)
        self.moves.append((album.id, new))
        return True

    async def save_receipt(self, session_id: SessionId, number: int, receipt: Receipt) -> None:
        album = await self.album(session_id, number)
        if album is None:
            return
        for old in (AlbumState.DELIVERING, AlbumState.UNKNOWN):
            await self.move(session_id, number, old=old, new=AlbumState.DELIVERED)
        chat = receipt.chat or album.chat
        self._change(session_id, number, chat=chat)
        for message in receipt.messages:
            self.messages.setdefault((chat, message), session_id)
        for angle, file_id in receipt.file_ids.items():
            self._set(session_id, angle, file_id=file_id)

    async def sessions_of(self, owner: str, *, offset: int, limit: int) -> Page:
        mine = [session for session in self.sessions.values() if session.owner == owner]
        mine.sort(key=lambda session: (-session.created, session.id))
        return Page(sessions=tuple(mine[offset : offset + limit]), total=len(mine))

    async def albums_since(self, owner: str, since: float) -> int:
        mine = [album for album in self.rows.values() if self.sessions[album.session_id].owner == owner]
        return sum(album.created >= since for album in mine)

    async def running(self, owner: str) -> Sequence[Album]:
        return [a for a in await self.unfinished() if self.sessions[a.session_id].owner == owner]

    async def session_of_message(self, chat: str, message: str) -> SessionId | None:
        return self.messages.get((chat, message))

    async def sent_pictures(
        self, session_ids: Sequence[SessionId]
    ) -> Mapping[SessionId, Sequence[tuple[AngleName, str]]]:
        sent = {
            one: [(view.angle, view.file_id) for view in self.view_rows.get(one, ()) if view.file_id]
            for one in session_ids
        }
        return {one: pictures for one, pictures in sent.items() if pictures}

    async def share(self, session_id: SessionId, token: str) -> str:
        return self.tokens.setdefault(session_id, token)

    async def shared(self, session_id: SessionId, token: str) -> bool:
        return self.tokens.get(session_id) == token

    async def unshare(self, session_id: SessionId) -> bool:
        return self.tokens.pop(session_id, None) is not None

    async def move_chat(self, old: str, new: str) -> int:
        mine = [one for one in self.sessions.values() if one.chat == old]
        for session in mine:
            self.sessions[session.id] = replace(session, chat=new)
        for key, album in self.rows.items():
            if album.chat == old:
                self.rows[key] = replace(album, chat=new, reply_to=None, thread=None, status_message=None)
        return len(mine)

    async def delete_session(self, session_id: SessionId) -> None:
        self.tokens.pop(session_id, None)
        self.photos.pop(session_id, None)
        self.sessions.pop(session_id, None)
        self.view_rows.pop(session_id, None)
        self.rows = {key: album for key, album in self.rows.items() if album.session_id != session_id}
        self.pictures = {key: row for key, row in self.pictures.items() if key[0] != session_id}
        self.arrivals = {key: row for key, row in self.arrivals.items() if key[0] != session_id}
        self.untold &= set(self.rows)
        self.messages = {key: found for key, found in self.messages.items() if found != session_id}

    async def language(self, owner: str) -> str | None:
        self._works()
        return self.languages.get(owner)

    async def set_language(self, owner: str, language: str) -> None:
        self.languages[owner] = language

    async def put(self, update_id: int, payload: str) -> bool:
        if update_id in self.inbox:
            return False
        self.inbox[update_id] = payload
        return True

    async def done(self, update_id: int) -> None:
        self.handled.add(update_id)

    async def pending(self) -> Sequence[str]:
        return tuple(self.inbox[number] for number in sorted(self.inbox) if number not in self.handled)

    async def find(self, key: str) -> CachedSearch | None:
        return self.searches.get(key)

    async def keep(self, key: str, answer: CachedSearch) -> None:
        self.searches[key] = answer

    async def figures(self, since: float | None) -> Figures:
        recent = [album for album in self.rows.values() if since is None or album.created >= since]
        states = [album.state for album in recent]
        sent = [album for album in recent if album.state in {AlbumState.DELIVERED, AlbumState.UNKNOWN}]
        complete = sum(self._is_complete(album) for album in sent)
        return Figures(
            complete=complete,
            partial=len(sent) - complete,
            failed=states.count(AlbumState.FAILED),
            cancelled=states.count(AlbumState.CANCELLED),
            pictures=len(self.pictures),
            **self._money(),
            users=len({self.sessions[album.session_id].owner for album in recent}),
            unknown_deliveries=states.count(AlbumState.UNKNOWN),
            queued=[album.state for album in self.rows.values()].count(AlbumState.OPEN),
        )

    async def trend(self, since: float, *, width: float, slots: int) -> tuple[Slot, ...]:
        return tuple(self._slot(since + number * width, width) for number in range(slots))

    def _slot(self, start: float, width: float) -> Slot:
        mine = [album for album in self.rows.values() if start <= album.created < start + width]
        states = [album.state for album in mine]
        sent = [album for album in mine if album.state in {AlbumState.DELIVERED, AlbumState.UNKNOWN}]
        complete = sum(self._is_complete(album) for album in sent)
        return Slot(
            start=start,
            complete=complete,
            partial=len(sent) - complete,
            failed=states.count(AlbumState.FAILED),
            cancelled=states.count(AlbumState.CANCELLED),
        )

    async def waits(self, since: float, bounds: Sequence[float]) -> tuple[int, ...]:
        sent = [
            album for album in self.rows.values() if album.state in {AlbumState.DELIVERED, AlbumState.UNKNOWN}
        ]
        times = [
            album.finished - album.created for album in sent if album.finished and album.created >= since
        ]
        places = [bisect.bisect_left(bounds, seconds) for seconds in times]
        return tuple(places.count(place) for place in range(len(bounds) + 1))

    def _money(self) -> dict[str, Any]:
        rows = list(self.ledger.rows.values())
        paid = [row for row in rows if row.cost is not None]
        lost = [row for row in paid if row.outcome is Outcome.WASTED or self._is_over(row)]
        albums = {(row.session_id, row.number) for row in paid if row.cost}
        total = round(sum(row.cost or 0 for row in paid), 6)
        names = sorted({row.provider for row in paid})
        return {
            "costs": tuple((n, round(sum(r.cost or 0 for r in paid if r.provider == n), 6)) for n in names),
            "paid": total,
            "not_delivered": round(sum(row.cost or 0 for row in lost), 6),
            "not_delivered_pictures": len(lost),
            "maybe_paid": round(sum(r.reserved for r in rows if r.outcome is Outcome.MAYBE), 6),
            "cost_per_album": total / len(albums) if albums else None,
        }

    def _is_over(self, row: Charge) -> bool:
        """Stored, but its album will not arrive any more by itself."""
        album = self.rows.get(f"{row.session_id}/{row.number}")
        return row.outcome is Outcome.STORED and (album is None or not album.state.under_way)

    def _is_complete(self, album: Album) -> bool:
        views = [view for view in self.view_rows[album.session_id] if view.angle in album.angles]
        return all(view.state is ViewState.DRAWN for view in views)

    def _same_car(self, session: Session) -> None:
        held = self.sessions.get(session.id)
        elsewhere = session.origin and any(one.origin == session.origin for one in self.sessions.values())
        if held is None and elsewhere:
            raise IdTaken(session_id=session.id)
        if held is None or session.origin is None or held.origin == session.origin:
            return
        if held.origin is not None or held.chat != session.chat:
            raise IdTaken(session_id=session.id)

    def _works(self) -> None:
        if self.broken:
            raise StorageError("broken")

    def _change(self, session_id: SessionId, number: int, **changes: Any) -> None:
        self._works()
        key = f"{session_id}/{number}"
        if key in self.rows:
            self.rows[key] = replace(self.rows[key], **changes)

    def _set(self, session_id: str, angle: AngleName, **changes: Any) -> None:
        self._works()
        rows = self.view_rows.get(session_id, [])
        for index, view in enumerate(rows):
            if view.angle == angle:
                rows[index] = replace(view, **changes)
                return
        raise StorageError("no such view", session_id, angle)
