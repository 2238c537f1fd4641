"""Which films of turning cars were asked for, and where are their bytes?"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from bot.pipeline.model import AlbumState, SessionId
from bot.pipeline.spin import Spin
from storage.database import Database, Row
from storage.media import Media
from storage.outcomes import UNDER_WAY
from storage.schema import spins as table


class Spins:
    """Implements the pipeline's SpinStore. `worker` gives this process's number where several share
    the database, else None.
    """

    def __init__(
        self, *, database: Database, media: Media, worker: Callable[[], int | None] = lambda: None
    ) -> None:
        self._database = database
        self._media = media
        self._worker = worker

    async def accept(self, spin: Spin) -> bool:
        """See SpinStore."""
        values = {
            "owner": spin.owner,
            "chat": spin.chat,
            "request": spin.request,
            "language": spin.language,
            "state": spin.state.value,
            "thread": spin.thread,
            "reply_to": spin.reply_to,
            "status_message": None,
            "created": spin.created,
            "worker": self._worker(),
        }
        insert = self._database.insert(table).values(session_id=spin.session_id, **values)
        another = sa.or_(table.c.chat != spin.chat, table.c.request != spin.request)
        statement = insert.on_conflict_do_update(
            index_elements=[table.c.session_id],
            set_=values,
            where=sa.and_(table.c.state.not_in(UNDER_WAY), another),
        )

        def work(connection: sa.Connection) -> bool:
            return connection.execute(statement.returning(sa.literal(1))).first() is not None

        return await self._database.write(work)

    async def spin(self, session_id: SessionId) -> Spin | None:
        """See SpinStore."""
        rows = await self._database.rows(sa.select(table).where(table.c.session_id == session_id))
        return _spin(rows[0]) if rows else None

    async def under_way(self) -> tuple[Spin, ...]:
        """See SpinStore. Among several workers, each is told of those that it makes, and makes
        those that nobody makes any more.
        """
        going = table.c.state.in_(UNDER_WAY)
        query = sa.select(table).where(going).order_by(table.c.created)
        if (worker := self._worker()) is not None:
            free = sa.and_(going, table.c.worker.is_(None))
            await self._database.execute(sa.update(table).where(free).values(worker=worker))
            query = query.where(table.c.worker == worker)
        return tuple(_spin(row) for row in await self._database.rows(query))

    async def move(self, session_id: SessionId, *, old: AlbumState, new: AlbumState) -> bool:
        """See SpinStore."""
        this = sa.and_(table.c.session_id == session_id, table.c.state == old.value)
        return await self._database.execute(sa.update(table).where(this).values(state=new.value)) > 0

    async def set_status_message(self, session_id: SessionId, message: str | None) -> None:
        """See SpinStore."""
        await self._set(session_id, status_message=message)

    async def keep_film(self, session_id: SessionId, film: bytes) -> None:
        """See SpinStore."""
        await self._set(session_id, file=await self._media.keep(session_id, "spin", film, "video/mp4"))

    async def film(self, session_id: SessionId) -> bytes | None:
        """See SpinStore. None also when the bytes were cleaned away."""
        rows = await self._database.rows(sa.select(table.c.file).where(table.c.session_id == session_id))
        return await self._media.read(session_id, rows[0].file) if rows and rows[0].file else None

    async def set_file_id(self, session_id: SessionId, file_id: str | None) -> None:
        """See SpinStore."""
        await self._set(session_id, file_id=file_id)

    async def _set(self, session_id: SessionId, **values: str | None) -> None:
        await self._database.execute(
            sa.update(table).where(table.c.session_id == session_id).values(**values)
        )


def _spin(row: Row) -> Spin:
    return Spin(
        session_id=SessionId(row.session_id),
        owner=row.owner,
        chat=row.chat,
        request=row.request,
        language=row.language,
        state=AlbumState(row.state),
        thread=row.thread,
        reply_to=row.reply_to,
        status_message=row.status_message,
        file_id=row.file_id,
        created=row.created,
    )
