"""What is the truth about sessions? Their rows, with those of albums and views."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from bot.pipeline.errors import IdTaken
from bot.pipeline.model import Album, Session, SessionId, View
from storage.albums import Albums
from storage.credits import Credits
from storage.database import Database
from storage.media import Media
from storage.pictures import Pictures
from storage.rows import album_row, session_of, session_row, view_row
from storage.schema import albums, sessions, views
from storage.views import Views

_ROW = sa.select(sessions).where(sessions.c.id == sa.bindparam("of_session"))


class Sessions(Albums, Views, Pictures, Credits):
    """Implements the pipeline's SessionStore. `clock` gives UTC seconds since 1970."""

    def __init__(self, *, database: Database, media: Media, clock: Callable[[], float]) -> None:
        Albums.__init__(self, database=database, clock=clock)
        Views.__init__(self, database=database, clock=clock)
        Pictures.__init__(self, database=database, media=media, clock=clock)
        Credits.__init__(self, database=database)

    async def accept(self, session: Session, album: Album, views: Sequence[View]) -> bool:
        """See SessionStore."""

        def work(connection: sa.Connection) -> None:
            if not self._database.add(connection, sessions, session_row(session)):
                _same_car(connection, session)
            elif album.number > 1:
                raise _KnownAlreadyError
            if not self._database.add(connection, albums, album_row(album)):
                raise _KnownAlreadyError
            self._add_views(connection, album, views)

        try:
            await self._database.write(work)
        except _KnownAlreadyError:
            return False
        return True

    async def session(self, session_id: SessionId) -> Session | None:
        """See SessionStore."""
        rows = await self._database.rows(_ROW, of_session=session_id)
        return session_of(rows[0]) if rows else None

    async def keep_photo(self, session_id: SessionId, photo: bytes) -> str:
        """See SessionStore."""
        return await self._media.keep(session_id, "photo", photo, "image/jpeg")

    async def photo(self, session: Session) -> bytes | None:
        """See SessionStore."""
        return await self._media.read(session.id, session.photo) if session.photo else None

    def _add_views(self, connection: sa.Connection, album: Album, asked: Sequence[View]) -> None:
        rows = [view_row(view, number=album.number, position=index) for index, view in enumerate(asked)]
        if not rows:
            return
        added = connection.execute(self._database.insert_new(views), rows).all()
        if len(added) < len(rows):  # of two that ask for one angle at once, too
            raise _KnownAlreadyError


class _KnownAlreadyError(Exception):
    """Rolls an acceptance back."""


def _same_car(connection: sa.Connection, session: Session) -> None:
    """Raises IdTaken unless the session that stands in the way comes from the same message."""
    query = sa.select(sessions.c.origin, sessions.c.chat).where(sessions.c.id == session.id)
    held = connection.execute(query).one_or_none()
    if held is None:
        raise IdTaken(session_id=session.id)
    if session.origin is None or held.origin == session.origin:
        return
    # of a row that is older than the note of origins only the chat is known
    if held.origin is not None or held.chat != session.chat:
        raise IdTaken(session_id=session.id)
