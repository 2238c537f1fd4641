"""What is the truth about sessions, views and albums? Their rows, changed only here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.pipeline.errors import FailureKind, StorageError
from bot.pipeline.model import (
    Album,
    AlbumState,
    AngleName,
    Picture,
    Prompt,
    Session,
    SessionId,
    Strength,
    View,
    ViewState,
)
from bot.pipeline.ports import Receipt
from storage.codec import ANGLES, PROMPT
from storage.database import Database, Query, Row
from storage.media import Media
from storage.rows import (
    VIEWS,
    album_of,
    album_row,
    picture_of,
    picture_row,
    session_of,
    session_row,
    view_of,
    view_row,
)
from storage.schema import albums, messages, pictures, sessions, views

log = structlog.get_logger(__name__)
_UNDER_WAY = (AlbumState.OPEN.value, AlbumState.DELIVERING.value)
_TOLD = {AlbumState.DELIVERED, AlbumState.UNKNOWN, AlbumState.FAILED}


class Sessions:
    """Implements the pipeline's SessionStore. `clock` gives UTC seconds since 1970."""

    def __init__(self, *, database: Database, media: Media, clock: Callable[[], float]) -> None:
        self._database = database
        self._media = media
        self._clock = clock

    async def accept(self, session: Session, album: Album, views: Sequence[View]) -> bool:
        """See SessionStore."""

        async def work(connection: AsyncConnection) -> bool:
            known = self._database.insert(sessions).values(session_row(session)).on_conflict_do_nothing()
            await connection.execute(known)
            fresh = self._database.insert(albums).values(album_row(album)).on_conflict_do_nothing()
            if (await connection.execute(fresh)).rowcount == 0:
                return False
            await self._add_views(connection, album, views)
            return True

        return await self._database.write(work)

    async def session(self, session_id: SessionId) -> Session | None:
        """See SessionStore."""
        rows = await self._rows(sa.select(sessions).where(sessions.c.id == session_id))
        return session_of(rows[0]) if rows else None

    async def album(self, session_id: SessionId, number: int) -> Album | None:
        """See SessionStore."""
        rows = await self._rows(sa.select(albums).where(_is_album(session_id, number)))
        return album_of(rows[0]) if rows else None

    async def albums(self, session_id: SessionId) -> tuple[Album, ...]:
        """See SessionStore."""
        query = sa.select(albums).where(albums.c.session_id == session_id).order_by(albums.c.number)
        return tuple(album_of(row) for row in await self._rows(query))

    async def views(self, session_id: SessionId) -> tuple[View, ...]:
        """See SessionStore."""
        rows = await self._rows(VIEWS.where(views.c.session_id == session_id))
        return tuple(view_of(row) for row in rows)

    async def unfinished(self) -> tuple[Album, ...]:
        """See SessionStore."""
        query = sa.select(albums).where(albums.c.state.in_(_UNDER_WAY)).order_by(albums.c.created)
        return tuple(album_of(row) for row in await self._rows(query))

    async def unsettled(self) -> tuple[Album, ...]:
        """See SessionStore."""
        query = sa.select(albums).where(albums.c.told.is_(False)).order_by(albums.c.created)
        return tuple(album_of(row) for row in await self._rows(query))

    async def settled(self, session_id: SessionId, number: int) -> None:
        """See SessionStore."""
        untold = sa.and_(_is_album(session_id, number), albums.c.told.is_(False))
        await self._execute(sa.update(albums).where(untold).values(told=True))

    async def save_prompt(self, session_id: SessionId, angle: AngleName, prompt: Prompt) -> None:
        """See SessionStore."""
        await self._change_view(session_id, angle, prompt=PROMPT.text(prompt))

    async def save_picture(self, session_id: SessionId, angle: AngleName, picture: Picture) -> None:
        """See SessionStore. Bytes whose file was lost are no picture: they are replaced."""
        stored = await self._rows(_picture_row(session_id, angle, picture.provider))
        for row in stored:
            if await self._media.holds(session_id, row.file, row.size):
                return
        file = await self._media.keep(session_id, picture.content, picture.media_type)
        values = picture_row(picture, file=file, created=self._clock())
        insert = self._database.insert(pictures).values(
            session_id=session_id, angle=angle, provider=picture.provider, **values
        )
        key = [pictures.c.session_id, pictures.c.angle, pictures.c.provider]
        lost = [row.file for row in stored]
        await self._execute(
            insert.on_conflict_do_update(
                index_elements=key, set_=values, where=pictures.c.file.in_(lost) if lost else sa.false()
            )
        )

    async def picture(self, session_id: SessionId, angle: AngleName, provider: str) -> Picture | None:
        """See SessionStore. None also when the bytes are gone or damaged."""
        for row in await self._rows(_picture_row(session_id, angle, provider)):
            content = await self._media.read(session_id, row.file)
            if content is not None:
                return picture_of(row, content)
            log.warning("picture.bytes_gone", session=session_id, angle=angle, provider=provider)
        return None

    async def choose(self, session_id: SessionId, angle: AngleName, provider: str) -> None:
        """See SessionStore. Raises StorageError when that provider's picture is not stored."""
        now = self._clock()
        has_picture = sa.exists().where(
            pictures.c.session_id == session_id, pictures.c.angle == angle, pictures.c.provider == provider
        )
        same = sa.and_(views.c.state == ViewState.DRAWN.value, views.c.provider == provider)
        change = (
            sa.update(views)
            .where(_is_view(session_id, angle), has_picture)
            .values(
                state=ViewState.DRAWN.value,
                provider=provider,
                failure=None,
                # what Telegram holds is the picture of before
                file_id=sa.case((same, views.c.file_id), else_=None),
            )
        )
        first = (
            sa.update(albums)
            .where(albums.c.session_id == session_id, albums.c.first_drawn.is_(None))
            .where(albums.c.state == AlbumState.OPEN.value)
            .where(albums.c.angles.contains(f'"{angle}"'))
            .values(first_drawn=now)
        )

        async def work(connection: AsyncConnection) -> None:
            if (await connection.execute(change)).rowcount == 0:
                raise StorageError("no such picture", session_id, angle, provider)
            await connection.execute(first)

        await self._database.write(work)

    async def mark_missing(self, session_id: SessionId, angle: AngleName, failure: FailureKind) -> None:
        """See SessionStore."""
        await self._change_view(
            session_id,
            angle,
            state=ViewState.MISSING.value,
            failure=failure.value,
            provider=None,
            file_id=None,
        )

    async def reopen(self, session_id: SessionId, number: int) -> None:
        """See SessionStore."""
        again = (
            sa.update(albums)
            .where(_is_album(session_id, number), albums.c.state.not_in(_UNDER_WAY))
            .values(state=AlbumState.OPEN.value, finished=None, told=None, reopened=albums.c.reopened + 1)
            .returning(albums.c.angles)
        )

        async def work(connection: AsyncConnection) -> None:
            row = (await connection.execute(again)).one_or_none()
            if row is None:
                return
            await connection.execute(
                sa.update(views)
                .where(views.c.session_id == session_id, views.c.angle.in_(ANGLES.value(row.angles)))
                .where(views.c.state == ViewState.MISSING.value)
                .values(state=ViewState.BLANK.value, failure=None)
            )

        await self._database.write(work)

    async def set_provider(
        self, session_id: SessionId, number: int, provider: str, strength: Strength
    ) -> None:
        """See SessionStore."""
        another = sa.and_(albums.c.provider.is_not(None), albums.c.provider != provider)
        await self._execute(
            sa.update(albums)
            .where(_is_album(session_id, number))
            .values(
                provider=provider,
                strength=strength.value,
                takeovers=albums.c.takeovers + sa.case((another, 1), else_=0),
            )
        )

    async def set_status_message(self, session_id: SessionId, number: int, message: str | None) -> None:
        """See SessionStore."""
        await self._execute(
            sa.update(albums).where(_is_album(session_id, number)).values(status_message=message)
        )

    async def move(self, session_id: SessionId, number: int, *, old: AlbumState, new: AlbumState) -> bool:
        """See SessionStore."""
        return await self._execute(_move(session_id, number, old=(old,), new=new, now=self._clock())) > 0

    async def save_receipt(self, session_id: SessionId, number: int, receipt: Receipt) -> None:
        """See SessionStore."""
        in_doubt = (AlbumState.DELIVERING, AlbumState.UNKNOWN)
        arrived = _move(session_id, number, old=in_doubt, new=AlbumState.DELIVERED, now=self._clock())

        async def work(connection: AsyncConnection) -> None:
            chat = await connection.scalar(sa.select(albums.c.chat).where(_is_album(session_id, number)))
            if chat is None:
                return
            await connection.execute(arrived)
            if receipt.chat is not None:
                chat = receipt.chat
                moved = sa.update(albums).where(_is_album(session_id, number)).values(chat=chat)
                await connection.execute(moved)
            rows = [
                {"chat": chat, "message": message, "session_id": session_id, "number": number}
                for message in receipt.messages
            ]
            if rows:
                await connection.execute(self._database.insert(messages).on_conflict_do_nothing(), rows)
            for angle, file_id in receipt.file_ids.items():
                change = sa.update(views).where(_is_view(session_id, angle)).values(file_id=file_id)
                await connection.execute(change)

        await self._database.write(work)

    async def _add_views(self, connection: AsyncConnection, album: Album, asked: Sequence[View]) -> None:
        rows = [view_row(view, number=album.number, position=index) for index, view in enumerate(asked)]
        if rows:
            await connection.execute(self._database.insert(views).on_conflict_do_nothing(), rows)

    async def _rows(self, query: Query) -> Sequence[Row]:
        async def work(connection: AsyncConnection) -> Sequence[Row]:
            return (await connection.execute(query)).all()

        return await self._database.read(work)

    async def _execute(self, statement: sa.Executable) -> int:
        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(statement)).rowcount

        return await self._database.write(work)

    async def _change_view(self, session_id: SessionId, angle: AngleName, **values: Any) -> None:
        if await self._execute(sa.update(views).where(_is_view(session_id, angle)).values(**values)) == 0:
            raise StorageError("no such view", session_id, angle)


def _is_album(session_id: SessionId, number: int) -> sa.ColumnElement[bool]:
    return sa.and_(albums.c.session_id == session_id, albums.c.number == number)


def _is_view(session_id: SessionId, angle: AngleName) -> sa.ColumnElement[bool]:
    return sa.and_(views.c.session_id == session_id, views.c.angle == angle)


def _picture_row(session_id: SessionId, angle: AngleName, provider: str) -> Query:
    return sa.select(pictures).where(
        pictures.c.session_id == session_id, pictures.c.angle == angle, pictures.c.provider == provider
    )


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
