"""What is known of albums? Their rows, and how each ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from bot.pipeline.errors import FailureKind
from bot.pipeline.model import Album, AlbumState, SessionId, Strength, ViewState
from bot.pipeline.ports import Receipt
from storage.charges import deliver
from storage.codec import ANGLES
from storage.database import Database
from storage.outcomes import UNDER_WAY
from storage.rows import album_of
from storage.schema import albums, messages, views
from storage.views import CHANGE_VIEW

_WHOLE = sa.and_(
    albums.c.state == AlbumState.DELIVERED.value,
    ~sa.exists().where(
        views.c.session_id == albums.c.session_id,
        views.c.number == albums.c.number,
        views.c.state != ViewState.DRAWN.value,
    ),
)
"""It has arrived with every view."""
_TOLD = {AlbumState.DELIVERED, AlbumState.UNKNOWN, AlbumState.FAILED}
_THIS = sa.and_(
    albums.c.session_id == sa.bindparam("of_session"), albums.c.number == sa.bindparam("of_number")
)
_ROW = sa.select(albums).where(_THIS)
_CHANGE = sa.update(albums).where(_THIS)
_MOVE = _CHANGE.where(albums.c.state.in_(sa.bindparam("old", expanding=True)))
_SETTLE = _CHANGE.where(albums.c.told.is_(False)).values(told=True)
_REOPEN = (
    _CHANGE.where(albums.c.state.not_in(UNDER_WAY), ~_WHOLE)
    .values(state=AlbumState.OPEN.value, finished=None, told=None, reopened=albums.c.reopened + 1)
    .returning(albums.c.angles)
)
_ANOTHER = sa.and_(albums.c.provider.is_not(None), albums.c.provider != sa.bindparam("new_provider"))
_SET_PROVIDER = _CHANGE.values(
    provider=sa.bindparam("new_provider"), takeovers=albums.c.takeovers + sa.case((_ANOTHER, 1), else_=0)
)


class Albums:
    """The part of SessionStore about albums. `clock` gives UTC seconds since 1970."""

    def __init__(self, *, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def album(self, session_id: SessionId, number: int) -> Album | None:
        """See SessionStore."""
        rows = await self._database.rows(_ROW, **_this(session_id, number))
        return album_of(rows[0]) if rows else None

    async def albums(self, session_id: SessionId) -> tuple[Album, ...]:
        """See SessionStore."""
        query = sa.select(albums).where(albums.c.session_id == session_id).order_by(albums.c.number)
        return tuple(album_of(row) for row in await self._database.rows(query))

    async def unfinished(self) -> tuple[Album, ...]:
        """See SessionStore."""
        query = sa.select(albums).where(albums.c.state.in_(UNDER_WAY)).order_by(albums.c.created)
        return tuple(album_of(row) for row in await self._database.rows(query))

    async def unsettled(self) -> tuple[Album, ...]:
        """See SessionStore."""
        query = sa.select(albums).where(albums.c.told.is_(False)).order_by(albums.c.created)
        return tuple(album_of(row) for row in await self._database.rows(query))

    async def settled(self, session_id: SessionId, number: int) -> None:
        """See SessionStore."""
        await self._database.execute(_SETTLE, **_this(session_id, number))

    async def reopen(self, session_id: SessionId, number: int) -> None:
        """See SessionStore."""

        def work(connection: sa.Connection) -> None:
            row = connection.execute(_REOPEN, _this(session_id, number)).one_or_none()
            if row is None:
                return
            connection.execute(
                sa.update(views)
                .where(views.c.session_id == session_id, views.c.angle.in_(ANGLES.value(row.angles)))
                .where(views.c.state == ViewState.MISSING.value)
                .values(state=ViewState.BLANK.value, failure=None)
            )

        await self._database.write(work)

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
        """See SessionStore."""
        await self._database.execute(
            _SET_PROVIDER,
            **_this(session_id, number),
            new_provider=provider,
            strength=strength.value,
            because=because.value if because else None,
            unlike=unlike,
        )

    async def set_status_message(self, session_id: SessionId, number: int, message: str | None) -> None:
        """See SessionStore."""
        await self._database.execute(_CHANGE, **_this(session_id, number), status_message=message)

    async def move(self, session_id: SessionId, number: int, *, old: AlbumState, new: AlbumState) -> bool:
        """See SessionStore."""
        move = _move(session_id, number, old=(old,), new=new, now=self._clock())

        def work(connection: sa.Connection) -> bool:
            moved = connection.execute(_MOVE, move).rowcount > 0
            if moved and new is AlbumState.DELIVERED:
                deliver(connection, session_id, number)
            return moved

        # the turn of an album that is about to leave has come: it must not wait long in line
        return await self._database.write(work, urgent=new is AlbumState.DELIVERING)

    async def save_receipt(self, session_id: SessionId, number: int, receipt: Receipt) -> None:
        """See SessionStore."""
        in_doubt = (AlbumState.DELIVERING, AlbumState.UNKNOWN)
        arrived = _move(session_id, number, old=in_doubt, new=AlbumState.DELIVERED, now=self._clock())

        def work(connection: sa.Connection) -> None:
            this = _this(session_id, number)
            row = connection.execute(_ROW, this).one_or_none()
            if row is None:
                return
            connection.execute(_MOVE, arrived)
            deliver(connection, session_id, number)
            if receipt.chat is not None:
                connection.execute(_CHANGE, {**this, "chat": receipt.chat})
            chat = receipt.chat or row.chat
            rows = [
                {"chat": chat, "message": message, "session_id": session_id, "number": number}
                for message in receipt.messages
            ]
            if rows:
                connection.execute(self._database.insert_new(messages), rows)
            for angle, file_id in receipt.file_ids.items():
                connection.execute(
                    CHANGE_VIEW, {"of_session": session_id, "of_angle": angle, "file_id": file_id}
                )

        await self._database.write(work)


def _this(session_id: SessionId, number: int) -> dict[str, Any]:
    return {"of_session": session_id, "of_number": number}


def _move(
    session_id: SessionId, number: int, *, old: Sequence[AlbumState], new: AlbumState, now: float
) -> dict[str, Any]:
    """The values of `_MOVE`."""
    return {
        **_this(session_id, number),
        "old": [state.value for state in old],
        "state": new.value,
        "finished": None if new.under_way else now,
        "told": False if new in _TOLD else None,
    }
