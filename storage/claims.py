"""Who sees to which album? One common order for all workers on one Postgres database."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from bot.pipeline.fleet import Taken
from bot.pipeline.model import AlbumState, SessionId
from bot.pipeline.runs import Key
from storage.database import Database, Query
from storage.members import NOW
from storage.schema import albums, sessions

_LOCK = 7_305_202_613
"""Workers take one after the other: each sees what the others hold."""
AT_A_TIME = 50
"""Ends that are told by one worker after somebody's death."""
IN_LINE = 2_000
"""Places in the line that are told."""

_KEY = sa.tuple_(albums.c.session_id, albums.c.number)
_FREE_AND_OPEN = sa.and_(albums.c.state == AlbumState.OPEN.value, albums.c.worker.is_(None))
_FREE_AND_UNTOLD = sa.and_(
    sa.or_(albums.c.state == AlbumState.DELIVERING.value, albums.c.told.is_(False)), albums.c.worker.is_(None)
)


class Claims:
    """Implements the runner's Claims. `worker` gives this process's number."""

    def __init__(self, *, database: Database, worker: Callable[[], int | None]) -> None:
        self._database = database
        self._worker = worker

    async def take(self, *, room: int, per_owner: int) -> Taken:
        """See the runner's Claims."""
        if not await self._anything():
            return Taken()

        def work(connection: sa.Connection) -> Taken:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            settle = sa.select(albums.c.session_id, albums.c.number).where(_FREE_AND_UNTOLD).limit(AT_A_TIME)
            orphans = [_key(row) for row in connection.execute(settle)]
            line = connection.execute(_line(per_owner)).all()
            mine = [row for row in line if row.eligible][: max(0, room)]
            keys = [_key(row) for row in mine]
            if orphans or keys:
                connection.execute(self._hold([*orphans, *keys]))
            left = tuple(row.owner for row in line if _key(row) not in set(keys))
            return Taken(to_draw=tuple(keys), to_settle=tuple(orphans), line=left)

        return await self._database.write(work)

    async def give_back(self, keys: Sequence[Key]) -> None:
        """See the runner's Claims."""
        mine = sa.and_(_KEY.in_(list(keys)), albums.c.worker == self._worker())
        await self._database.execute(sa.update(albums).where(mine).values(worker=None))

    async def unwanted(self) -> tuple[Key, ...]:
        """See the runner's Claims."""
        query = sa.select(albums.c.session_id, albums.c.number).where(
            albums.c.worker == self._worker(), albums.c.state == AlbumState.CANCELLED.value
        )
        return tuple(_key(row) for row in await self._database.rows(query))

    async def waiting(self, keys: Sequence[Key]) -> tuple[Key, ...]:
        """See the runner's Claims."""
        query = sa.select(albums.c.session_id, albums.c.number).where(_KEY.in_(list(keys)), _FREE_AND_OPEN)
        return tuple(_key(row) for row in await self._database.rows(query))

    async def _anything(self) -> bool:
        """Without a lock: most looks find nothing."""
        query = sa.select(sa.literal(1)).where(sa.or_(_FREE_AND_OPEN, _FREE_AND_UNTOLD)).limit(1)
        return bool(await self._database.rows(query))

    def _hold(self, keys: Sequence[Key]) -> sa.Update:
        return sa.update(albums).where(_KEY.in_(list(keys))).values(worker=self._worker(), taken=NOW)


def _line(per_owner: int) -> Query:
    """Open albums that nobody holds, in the order of their turns.

    Everybody's next album comes before anybody's next but one; among those, whoever has waited
    longest, counted from the owner's last turn.
    """
    held = (
        sa.select(sessions.c.owner, sa.func.count().label("held"))
        .select_from(albums.join(sessions))
        .where(albums.c.state == AlbumState.OPEN.value, albums.c.worker.is_not(None))
        .group_by(sessions.c.owner)
        .cte("holding")
    )
    nth = sa.func.row_number().over(
        partition_by=sessions.c.owner, order_by=(albums.c.created, albums.c.session_id, albums.c.number)
    )
    waiting = (
        sa.select(albums.c.session_id, albums.c.number, sessions.c.owner, albums.c.created, nth.label("nth"))
        .select_from(albums.join(sessions))
        .where(_FREE_AND_OPEN)
        .cte("waiting")
    )
    owners = sa.select(waiting.c.owner).distinct()
    served = (
        sa.select(sessions.c.owner, sa.func.max(albums.c.taken).label("taken"))
        .select_from(albums.join(sessions))
        .where(sessions.c.owner.in_(owners))
        .group_by(sessions.c.owner)
        .cte("served")
    )
    turn = waiting.c.nth + sa.func.coalesce(held.c.held, 0)
    since = sa.func.greatest(waiting.c.created, sa.func.coalesce(served.c.taken, 0.0))
    return (
        sa.select(
            waiting.c.session_id, waiting.c.number, waiting.c.owner, (turn <= per_owner).label("eligible")
        )
        .select_from(
            waiting.outerjoin(held, held.c.owner == waiting.c.owner).outerjoin(
                served, served.c.owner == waiting.c.owner
            )
        )
        .order_by(turn, since, waiting.c.session_id, waiting.c.number)
        .limit(IN_LINE)
    )


def _key(row: sa.Row[*tuple[object, ...]]) -> Key:
    return SessionId(str(row.session_id)), int(row.number)
