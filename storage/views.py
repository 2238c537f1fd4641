"""What is known of views? Their rows, prompts and pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.pipeline.errors import FailureKind, StorageError
from bot.pipeline.model import AlbumState, AngleName, Picture, Prompt, SessionId, View, ViewState
from storage.codec import PROMPT
from storage.database import Database, Query
from storage.media import Media
from storage.rows import VIEWS, picture_of, picture_row, view_of
from storage.schema import albums, pictures, views

log = structlog.get_logger(__name__)


class Views:
    """The part of SessionStore about views. `clock` gives UTC seconds since 1970."""

    def __init__(self, *, database: Database, media: Media, clock: Callable[[], float]) -> None:
        self._database = database
        self._media = media
        self._clock = clock

    async def views(self, session_id: SessionId) -> tuple[View, ...]:
        """See SessionStore."""
        rows = await self._database.rows(VIEWS.where(views.c.session_id == session_id))
        return tuple(view_of(row) for row in rows)

    async def save_prompt(self, session_id: SessionId, angle: AngleName, prompt: Prompt) -> None:
        """See SessionStore."""
        await self._change_view(session_id, angle, prompt=PROMPT.text(prompt))

    async def save_picture(self, session_id: SessionId, angle: AngleName, picture: Picture) -> None:
        """See SessionStore. Bytes whose file was lost are no picture: they are replaced."""
        await self._database.to_the_end(self._save_picture(session_id, angle, picture))

    async def _save_picture(self, session_id: SessionId, angle: AngleName, picture: Picture) -> None:
        stored = await self._database.rows(_picture_row(session_id, angle, picture.provider))
        for row in stored:
            if row.file and await self._media.read(session_id, row.file) is not None:
                return
        file = await self._media.keep(session_id, picture.content, picture.media_type)
        values = picture_row(picture, file=file, created=self._clock())
        insert = self._database.insert(pictures).values(
            session_id=session_id, angle=angle, provider=picture.provider, **values
        )
        key = [pictures.c.session_id, pictures.c.angle, pictures.c.provider]
        lost = [row.file for row in stored]
        await self._database.execute(
            insert.on_conflict_do_update(
                index_elements=key, set_=values, where=pictures.c.file.in_(lost) if lost else sa.false()
            )
        )

    async def picture(self, session_id: SessionId, angle: AngleName, provider: str) -> Picture | None:
        """See SessionStore. None also when the bytes are gone or damaged."""
        for row in await self._database.rows(_picture_row(session_id, angle, provider)):
            if not row.file:  # cleaned away on purpose
                continue
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

    async def _change_view(self, session_id: SessionId, angle: AngleName, **values: Any) -> None:
        if (
            await self._database.execute(sa.update(views).where(_is_view(session_id, angle)).values(**values))
            == 0
        ):
            raise StorageError("no such view", session_id, angle)


def _is_view(session_id: SessionId, angle: AngleName) -> sa.ColumnElement[bool]:
    return sa.and_(views.c.session_id == session_id, views.c.angle == angle)


def _picture_row(session_id: SessionId, angle: AngleName, provider: str) -> Query:
    return sa.select(pictures).where(
        pictures.c.session_id == session_id, pictures.c.angle == angle, pictures.c.provider == provider
    )
