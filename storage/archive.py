"""Which cars and albums does a person have? Look-ups behind commands, and deletion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from bot.pipeline.figures import Page
from bot.pipeline.model import Album, AngleName, SessionId
from storage.database import Database
from storage.media import Media
from storage.outcomes import UNDER_WAY
from storage.rows import album_of, session_of
from storage.schema import albums, messages, sessions, views

_MINE = sessions.c.owner == sa.bindparam("of_owner")
_HOW_MANY = sa.select(sa.func.count()).select_from(sessions).where(_MINE)
_NEWEST = (
    sa.select(sessions)
    .where(_MINE)
    .order_by(sessions.c.created.desc(), sessions.c.id)
    .offset(sa.bindparam("skip", type_=sa.Integer))
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_ALBUMS = albums.join(sessions)
_SINCE = (
    sa.select(sa.func.count()).select_from(_ALBUMS).where(_MINE, albums.c.created >= sa.bindparam("since"))
)
_RUNNING = (
    sa.select(albums)
    .select_from(_ALBUMS)
    .where(_MINE, albums.c.state.in_(UNDER_WAY))
    .order_by(albums.c.created)
)


class Archive:
    """Implements the handlers' Archive."""

    def __init__(self, *, database: Database, media: Media) -> None:
        self._database = database
        self._media = media

    async def sessions_of(self, owner: str, *, offset: int, limit: int) -> Page:
        """Newest first. Raises StorageError."""

        def work(connection: sa.Connection) -> Page:
            rows = connection.execute(_NEWEST, {"of_owner": owner, "skip": offset, "most": limit}).all()
            total = connection.scalar(_HOW_MANY, {"of_owner": owner})
            return Page(sessions=tuple(session_of(row) for row in rows), total=total or 0)

        return await self._database.read(work)

    async def albums_since(self, owner: str, since: float) -> int:
        """How many albums this person asked for at or after `since` (UTC seconds)."""
        return int((await self._database.rows(_SINCE, of_owner=owner, since=since))[0][0])

    async def running(self, owner: str) -> Sequence[Album]:
        """This person's albums that are open or being delivered, oldest first."""
        return tuple(album_of(row) for row in await self._database.rows(_RUNNING, of_owner=owner))

    async def session_of_message(self, chat: str, message: str) -> SessionId | None:
        """The session whose album holds that message of that chat."""
        query = sa.select(messages.c.session_id).where(messages.c.chat == chat, messages.c.message == message)
        rows = await self._database.rows(query)
        return SessionId(rows[0].session_id) if rows else None

    async def sent_pictures(
        self, session_ids: Sequence[SessionId]
    ) -> Mapping[SessionId, Sequence[tuple[AngleName, str]]]:
        """Angles and file ids of what Telegram has of each car, in the order they were asked."""
        query = (
            sa.select(views.c.session_id, views.c.angle, views.c.file_id)
            .where(views.c.session_id.in_(session_ids), views.c.file_id.is_not(None))
            .order_by(views.c.number, views.c.position)
        )
        found: dict[SessionId, list[tuple[AngleName, str]]] = {}
        for row in await self._database.rows(query):
            found.setdefault(SessionId(row.session_id), []).append((AngleName(row.angle), row.file_id))
        return found

    async def move_chat(self, old: str, new: str) -> int:
        """See Archive."""
        cars = sa.update(sessions).where(sessions.c.chat == old).values(chat=new)
        sets = (
            sa.update(albums)
            .where(albums.c.chat == old)
            .values(chat=new, reply_to=None, thread=None, status_message=None)
        )

        def work(connection: sa.Connection) -> int:
            connection.execute(sets)
            return connection.execute(cars).rowcount

        return await self._database.write(work)

    async def delete_session(self, session_id: SessionId) -> None:
        """Rows first, then files: a kill in between leaves files without rows, which a job sweeps."""
        await self._database.execute(sa.delete(sessions).where(sessions.c.id == session_id))
        await self._media.drop(session_id)
