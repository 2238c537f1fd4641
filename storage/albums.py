"""What is known of albums? Their rows, and how each ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from bot.pipeline.errors import FailureKind
from bot.pipeline.model import Album, AlbumState, SessionId, Strength, ViewState
from bot.pipeline.ports import Receipt
from storage.charges import delivered
from storage.codec import ANGLES
from storage.database import Database
from storage.rows import album_of
from storage.schema import albums, messages, views

_UNDER_WAY = (AlbumState.OPEN.value, AlbumState.DELIVERING.value)
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


class Albums:
    """The part of SessionStore about albums. `clock` gives UTC seconds since 1970."""

    def __init__(self, *, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def album(self, session_id: SessionId, number: int) -> Album | None:
        """See SessionStore."""
        rows = await self._database.rows(sa.select(albums).where(_is_album(session_id, number)))
        return album_of(rows[0]) if rows else None

    async def albums(self, session_id: SessionId) -> tuple[Album, ...]:
        """See SessionStore."""
        query = sa.select(albums).where(albums.c.session_id == session_id).order_by(albums.c.number)
        return tuple(album_of(row) for row in await self._database.rows(query))

    async def unfinished(self) -> tuple[Album, ...]:
        """See SessionStore."""
        query = sa.select(albums).where(albums.c.state.in_(_UNDER_WAY)).order_by(albums.c.created)
        return tuple(album_of(row) for row in await self._database.rows(query))

    async def unsettled(self) -> tuple[Album, ...]:
        """See SessionStore."""
        query = sa.select(albums).where(albums.c.told.is_(False)).order_by(albums.c.created)
        return tuple(album_of(row) for row in await self._database.rows(query))

    async def settled(self, session_id: SessionId, number: int) -> None:
        """See SessionStore."""
        untold = sa.and_(_is_album(session_id, number), albums.c.told.is_(False))
        await self._database.execute(sa.update(albums).where(untold).values(told=True))

    async def reopen(self, session_id: SessionId, number: int) -> None:
        """See SessionStore."""
        again = (
            sa.update(albums)
            .where(_is_album(session_id, number), albums.c.state.not_in(_UNDER_WAY), ~_WHOLE)
            .values(state=AlbumState.OPEN.value, finished=None, told=None, reopened=albums.c.reopened + 1)
            .returning(albums.c.angles)
        )

        def work(connection: sa.Connection) -> None:
            row = connection.execute(again).one_or_none()
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
        another = sa.and_(albums.c.provider.is_not(None), albums.c.provider != provider)
        await self._database.execute(
            sa.update(albums)
            .where(_is_album(session_id, number))
            .values(
                provider=provider,
                strength=strength.value,
                because=because.value if because else None,
                unlike=unlike,
                takeovers=albums.c.takeovers + sa.case((another, 1), else_=0),
            )
        )

    async def set_status_message(self, session_id: SessionId, number: int, message: str | None) -> None:
        """See SessionStore."""
        await self._database.execute(
            sa.update(albums).where(_is_album(session_id, number)).values(status_message=message)
        )

    async def move(self, session_id: SessionId, number: int, *, old: AlbumState, new: AlbumState) -> bool:
        """See SessionStore."""
        move = _move(session_id, number, old=(old,), new=new, now=self._clock())

        def work(connection: sa.Connection) -> bool:
            moved = connection.execute(move).rowcount > 0
            if moved and new is AlbumState.DELIVERED:
                connection.execute(delivered(session_id, number))
            return moved

        # the turn of an album that is about to leave has come: it must not wait long in line
        return await self._database.write(work, urgent=new is AlbumState.DELIVERING)

    async def save_receipt(self, session_id: SessionId, number: int, receipt: Receipt) -> None:
        """See SessionStore."""
        in_doubt = (AlbumState.DELIVERING, AlbumState.UNKNOWN)
        arrived = _move(session_id, number, old=in_doubt, new=AlbumState.DELIVERED, now=self._clock())

        def work(connection: sa.Connection) -> None:
            chat = connection.scalar(sa.select(albums.c.chat).where(_is_album(session_id, number)))
            if chat is None:
                return
            connection.execute(arrived)
            connection.execute(delivered(session_id, number))
            if receipt.chat is not None:
                chat = receipt.chat
                moved = sa.update(albums).where(_is_album(session_id, number)).values(chat=chat)
                connection.execute(moved)
            rows = [
                {"chat": chat, "message": message, "session_id": session_id, "number": number}
                for message in receipt.messages
            ]
            if rows:
                connection.execute(self._database.insert(messages).on_conflict_do_nothing(), rows)
            for angle, file_id in receipt.file_ids.items():
                change = (
                    sa.update(views)
                    .where(views.c.session_id == session_id, views.c.angle == angle)
                    .values(file_id=file_id)
                )
                connection.execute(change)

        await self._database.write(work)


def _is_album(session_id: SessionId, number: int) -> sa.ColumnElement[bool]:
    return sa.and_(albums.c.session_id == session_id, albums.c.number == number)


def _move(
    session_id: SessionId, number: int, *, old: Sequence[AlbumState], new: AlbumState, now: float
) -> sa.Update:
    return (
        sa.update(albums)
        .where(_is_album(session_id, number), albums.c.state.in_([state.value for state in old]))
        .values(
            state=new.value,
            finished=None if new.value in _UNDER_WAY else now,
            told=False if new in _TOLD else None,
        )
    )
