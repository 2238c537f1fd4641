"""Which pictures have been received, and where are their bytes?"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import Enum, auto
from typing import Any

import sqlalchemy as sa
import structlog

from bot.pipeline.model import AngleName, Picture, SessionId
from bot.pipeline.money import ChargeId, Outcome
from storage.charges import settle, waste
from storage.database import Database, Row
from storage.media import Media
from storage.rows import picture_of, picture_row
from storage.schema import pictures
from storage.views import choose as choose_picture

log = structlog.get_logger(__name__)
_KEY = [pictures.c.session_id, pictures.c.angle, pictures.c.provider]
_THIS = sa.and_(
    pictures.c.session_id == sa.bindparam("of_session"),
    pictures.c.angle == sa.bindparam("of_angle"),
    pictures.c.provider == sa.bindparam("of_provider"),
)
_ROW = sa.select(pictures).where(_THIS)
_DROP = sa.delete(pictures).where(_THIS, ~pictures.c.checked)
_HELD = sa.select(pictures.c.angle).where(
    pictures.c.session_id == sa.bindparam("of_session"), pictures.c.provider == sa.bindparam("of_provider")
)


class _Over(Enum):
    """What a row may be put over."""

    ARRIVALS = auto()
    """Pictures that nobody has looked at yet."""
    LOST = auto()
    """Those, and pictures whose files are lost."""
    ALL = auto()


class Pictures:
    """The part of SessionStore about bytes. `clock` gives UTC seconds since 1970."""

    def __init__(self, *, database: Database, media: Media, clock: Callable[[], float]) -> None:
        self._database = database
        self._media = media
        self._clock = clock
        self._puts: dict[_Over, sa.Executable] = {}

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

            def work(connection: sa.Connection) -> None:
                if connection.execute(_DROP, _this(session_id, angle, provider)).rowcount:
                    waste(connection, session_id, angle, provider)

            await self._database.write(work)
            await self._media.remove(session_id, row.file)

    async def held(self, session_id: SessionId, provider: str) -> frozenset[AngleName]:
        """See SessionStore."""
        rows = await self._database.rows(_HELD, of_session=session_id, of_provider=provider)
        return frozenset(AngleName(row.angle) for row in rows)

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
        row = self._values(session_id, angle, picture, file, checked=False)
        put = self._put(_Over.ARRIVALS)

        def work(connection: sa.Connection) -> bool:
            new = connection.execute(put, row).first() is not None
            if charge is not None:
                if new:
                    waste(connection, session_id, angle, picture.provider)
                settle(connection, charge, Outcome.STORED if new else Outcome.WASTED, picture.cost)
            return new

        if not await self._database.write(work):
            # a picture that was looked at stands there already
            there = await self._row(session_id, angle, picture.provider)
            if there is not None and there.file != file:
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
                    # no row names it any more: nobody has to wait for that
                    self._database.start(self._media.remove(session_id, old.file))
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
        row = self._values(session_id, angle, picture, file, checked=True)
        put, this, now = self._put(_Over.ALL), _this(session_id, angle, picture.provider), self._clock()

        def work(connection: sa.Connection) -> Row | None:
            old = connection.execute(_ROW, this).first()
            connection.execute(put, row)
            waste(connection, session_id, angle, picture.provider)
            if charge is not None:
                settle(connection, charge, Outcome.STORED, picture.cost)
            choose_picture(connection, session_id, angle, picture.provider, now)
            return old

        old = await self._database.write(work)
        if old is not None and old.file and old.file != file:
            await self._media.remove(session_id, old.file)

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
        row = self._values(session_id, angle, picture, file, checked=True)
        if over:
            row["lost"] = list(over)
        put = self._put(_Over.LOST if over else _Over.ARRIVALS)
        this, now = _this(session_id, angle, picture.provider), self._clock()

        def work(connection: sa.Connection) -> Row | None:
            old = connection.execute(_ROW, this).first()
            connection.execute(put, row)
            if choose:
                choose_picture(connection, session_id, angle, picture.provider, now)
            return old

        return await self._database.write(work)

    async def _keep(self, session_id: SessionId, angle: AngleName, picture: Picture) -> str:
        whose = f"{angle}.{picture.provider}"
        return await self._media.keep(session_id, whose, picture.content, picture.media_type)

    def _values(
        self, session_id: SessionId, angle: AngleName, picture: Picture, file: str, *, checked: bool
    ) -> dict[str, Any]:
        key = {"session_id": session_id, "angle": angle, "provider": picture.provider}
        return key | picture_row(picture, file=file, created=self._clock(), checked=checked)

    def _put(self, over: _Over) -> sa.Executable:
        """Insert the row, or put it over one of those; a row comes back where that was done."""
        put = self._puts.get(over)
        if put is None:
            insert = self._database.insert(pictures)
            others = {
                column.name: insert.excluded[column.name] for column in pictures.c if not column.primary_key
            }
            may = {
                _Over.ARRIVALS: ~pictures.c.checked,
                _Over.LOST: sa.or_(
                    ~pictures.c.checked, pictures.c.file.in_(sa.bindparam("lost", expanding=True))
                ),
                _Over.ALL: sa.true(),
            }[over]
            put = insert.on_conflict_do_update(index_elements=_KEY, set_=others, where=may)
            put = self._puts[over] = put.returning(sa.literal(1))
        return put

    async def _read(
        self, session_id: SessionId, angle: AngleName, provider: str, *, checked: bool
    ) -> Picture | None:
        row = await self._row(session_id, angle, provider)
        if row is None or row.checked is not checked:
            return None
        content = await self._bytes(row)
        return None if content is None else picture_of(row, content)

    async def _row(self, session_id: SessionId, angle: AngleName, provider: str) -> Row | None:
        rows = await self._database.rows(_ROW, **_this(session_id, angle, provider))
        return rows[0] if rows else None

    async def _bytes(self, row: Row) -> bytes | None:
        if not row.file:  # cleaned away on purpose
            return None
        content = await self._media.read(SessionId(row.session_id), row.file)
        if content is None:
            log.warning("picture.bytes_gone", session=row.session_id, angle=row.angle)
        return content


def _this(session_id: SessionId, angle: AngleName, provider: str) -> dict[str, Any]:
    return {"of_session": session_id, "of_angle": angle, "of_provider": provider}
