"""Which pictures have been received, and where are their bytes?"""

from __future__ import annotations

from collections.abc import Callable, Collection

import sqlalchemy as sa
import structlog

from bot.pipeline.model import AngleName, Picture, SessionId
from bot.pipeline.money import ChargeId, Outcome
from storage.charges import settled, wasted
from storage.database import Database, Row
from storage.media import Media
from storage.rows import picture_of, picture_row
from storage.schema import pictures
from storage.views import choose as choose_picture

log = structlog.get_logger(__name__)
_KEY = [pictures.c.session_id, pictures.c.angle, pictures.c.provider]


class Pictures:
    """The part of SessionStore about bytes. `clock` gives UTC seconds since 1970."""

    def __init__(self, *, database: Database, media: Media, clock: Callable[[], float]) -> None:
        self._database = database
        self._media = media
        self._clock = clock

    async def save_arrival(
        self, session_id: SessionId, angle: AngleName, picture: Picture, charge: ChargeId | None = None
    ) -> None:
        """See SessionStore. As little as possible lies between the bytes and the disk."""
        await self._database.to_the_end(self._save_arrival(session_id, angle, picture, charge))

    async def arrival(self, session_id: SessionId, angle: AngleName, provider: str) -> Picture | None:
        """See SessionStore."""
        return await self._read(session_id, angle, provider, checked=False)

    async def drop_arrival(self, session_id: SessionId, angle: AngleName, provider: str) -> None:
        """See SessionStore."""
        row = await self._row(session_id, angle, provider)
        if row is not None and not row.checked:
            this = sa.and_(_is_picture(session_id, angle, provider), ~pictures.c.checked)

            def work(connection: sa.Connection) -> None:
                if connection.execute(sa.delete(pictures).where(this)).rowcount:
                    connection.execute(wasted(session_id, angle, provider))

            await self._database.write(work)
            await self._media.remove(session_id, row.file)

    async def held(self, session_id: SessionId, provider: str) -> frozenset[AngleName]:
        """See SessionStore."""
        query = sa.select(pictures.c.angle).where(
            pictures.c.session_id == session_id, pictures.c.provider == provider
        )
        return frozenset(AngleName(row.angle) for row in await self._database.rows(query))

    async def save_picture(
        self, session_id: SessionId, angle: AngleName, picture: Picture, *, choose: bool = False
    ) -> None:
        """See SessionStore. Bytes whose file was lost are no picture: they are replaced."""
        await self._database.to_the_end(self._save_picture(session_id, angle, picture, choose=choose))

    async def save_better(
        self, session_id: SessionId, angle: AngleName, picture: Picture, charge: ChargeId | None = None
    ) -> None:
        """See SessionStore."""
        await self._database.to_the_end(self._save_better(session_id, angle, picture, charge))

    async def picture(self, session_id: SessionId, angle: AngleName, provider: str) -> Picture | None:
        """See SessionStore. None also when the bytes are gone or damaged."""
        return await self._read(session_id, angle, provider, checked=True)

    async def _save_arrival(
        self, session_id: SessionId, angle: AngleName, picture: Picture, charge: ChargeId | None
    ) -> None:
        file = await self._keep(session_id, angle, picture)
        put = self._upsert(session_id, angle, picture, file, checked=False, over=~pictures.c.checked)

        def work(connection: sa.Connection) -> bool:
            new = connection.execute(put).first() is not None
            if charge is not None:
                if new:
                    connection.execute(wasted(session_id, angle, picture.provider))
                outcome = Outcome.STORED if new else Outcome.WASTED
                connection.execute(settled(charge, outcome, picture.cost))
            return new

        if not await self._database.write(work):
            # a picture that was looked at stands there already
            row = await self._row(session_id, angle, picture.provider)
            if row is not None and row.file != file:
                await self._media.remove(session_id, file)

    async def _save_picture(
        self, session_id: SessionId, angle: AngleName, picture: Picture, *, choose: bool
    ) -> None:
        file = await self._keep(session_id, angle, picture)
        lost: frozenset[str] = frozenset()
        while True:
            old = await self._put_checked(session_id, angle, picture, file, over=lost, choose=choose)
            if old is None or old.file == file:
                return
            if not old.checked or old.file in lost:
                if old.file:
                    await self._media.remove(session_id, old.file)
                return
            if await self._bytes(old) is not None:
                # of two that save at once the first one stays
                await self._media.remove(session_id, file)
                return
            lost = frozenset({old.file})

    async def _save_better(
        self, session_id: SessionId, angle: AngleName, picture: Picture, charge: ChargeId | None
    ) -> None:
        file = await self._keep(session_id, angle, picture)
        put = self._upsert(session_id, angle, picture, file, checked=True, over=sa.true())
        before = sa.select(pictures.c.file).where(_is_picture(session_id, angle, picture.provider))
        now = self._clock()

        def work(connection: sa.Connection) -> str | None:
            old = connection.scalar(before)
            connection.execute(put)
            connection.execute(wasted(session_id, angle, picture.provider))
            if charge is not None:
                connection.execute(settled(charge, Outcome.STORED, picture.cost))
            choose_picture(connection, session_id, angle, picture.provider, now)
            return old

        old = await self._database.write(work)
        if old and old != file:
            await self._media.remove(session_id, old)

    async def _put_checked(
        self,
        session_id: SessionId,
        angle: AngleName,
        picture: Picture,
        file: str,
        *,
        over: Collection[str],
        choose: bool,
    ) -> Row | None:
        """Put the row in place of an arrival or of a picture whose file is in `over`; the row of before."""
        may = sa.or_(~pictures.c.checked, pictures.c.file.in_(over))
        put = self._upsert(session_id, angle, picture, file, checked=True, over=may)
        before = sa.select(pictures).where(_is_picture(session_id, angle, picture.provider))
        now = self._clock()

        def work(connection: sa.Connection) -> Row | None:
            old = connection.execute(before).first()
            connection.execute(put)
            if choose:
                choose_picture(connection, session_id, angle, picture.provider, now)
            return old

        return await self._database.write(work)

    async def _keep(self, session_id: SessionId, angle: AngleName, picture: Picture) -> str:
        whose = f"{angle}.{picture.provider}"
        return await self._media.keep(session_id, whose, picture.content, picture.media_type)

    def _upsert(
        self,
        session_id: SessionId,
        angle: AngleName,
        picture: Picture,
        file: str,
        *,
        checked: bool,
        over: sa.ColumnElement[bool],
    ) -> sa.Executable:
        """Insert the row, or put it over one for which `over` holds; a row comes back where that was done."""
        values = picture_row(picture, file=file, created=self._clock(), checked=checked)
        key = {"session_id": session_id, "angle": angle, "provider": picture.provider}
        insert = self._database.insert(pictures).values(**key, **values)
        upsert: sa.Executable = insert.on_conflict_do_update(
            index_elements=_KEY, set_=values, where=over
        ).returning(sa.literal(1))
        return upsert

    async def _read(
        self, session_id: SessionId, angle: AngleName, provider: str, *, checked: bool
    ) -> Picture | None:
        row = await self._row(session_id, angle, provider)
        if row is None or row.checked is not checked:
            return None
        content = await self._bytes(row)
        return None if content is None else picture_of(row, content)

    async def _row(self, session_id: SessionId, angle: AngleName, provider: str) -> Row | None:
        rows = await self._database.rows(sa.select(pictures).where(_is_picture(session_id, angle, provider)))
        return rows[0] if rows else None

    async def _bytes(self, row: Row) -> bytes | None:
        if not row.file:  # cleaned away on purpose
            return None
        content = await self._media.read(SessionId(row.session_id), row.file)
        if content is None:
            log.warning("picture.bytes_gone", session=row.session_id, angle=row.angle)
        return content


def _is_picture(session_id: SessionId, angle: AngleName, provider: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        pictures.c.session_id == session_id, pictures.c.angle == angle, pictures.c.provider == provider
    )
