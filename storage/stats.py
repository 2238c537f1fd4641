"""What happened since a moment? Figures of albums, people and waiting times for operators."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

import sqlalchemy as sa

from bot.pipeline.figures import Figures
from bot.pipeline.model import AlbumState
from storage.costs import money_figures
from storage.database import Query, Row
from storage.outcomes import IS_MISSING, LACKS, SENT, at_once, grouped
from storage.schema import albums, pictures, sessions, views
from storage.trends import Trends

MEASURED = 5_000
"""Times are taken from that many of the latest albums at most."""

_OVER = (*SENT, AlbumState.FAILED.value)
_KINDS = (albums.c.state, albums.c.takeovers, albums.c.reopened)


class Stats(Trends):
    """Implements the handlers' StatsSource. Raises StorageError."""

    async def figures(self, since: float | None) -> Figures:
        """Of albums asked for at or after `since` (UTC seconds), or of all for None.

        `first_attempt`: the share of finished albums that were complete with their first provider
        and without a person's retry. `fallback`: the share where another provider took over.
        """
        # each on a connection of its own: SQLite reads them at the same time
        money, kinds, lacking, times, counts = await asyncio.gather(
            money_figures(self._database, since),
            self._database.rows(_kinds(since)),
            self._database.rows(_lacking(since)),
            self._database.rows(_times(since)),
            self._counts(since),
        )
        over = sum(row.albums for row in kinds if row.state in _OVER)
        sent = sum(row.albums for row in kinds if row.state in SENT)
        partial = sum(row.albums for row in lacking if row.state in SENT)
        taken_over = sum(row.albums for row in kinds if row.state in _OVER and row.takeovers)
        firsts = sorted(row.first for row in times if row.first is not None)
        lasts = sorted(row.last for row in times)
        return Figures(
            complete=sent - partial,
            partial=partial,
            failed=_of(kinds, AlbumState.FAILED),
            cancelled=_of(kinds, AlbumState.CANCELLED),
            first_attempt=(_smooth(kinds) - _smooth(lacking)) / over if over else None,
            fallback=taken_over / over if over else None,
            first_picture_p50=percentile(firsts, 0.5),
            first_picture_p95=percentile(firsts, 0.95),
            album_p50=percentile(lasts, 0.5),
            album_p95=percentile(lasts, 0.95),
            unknown_deliveries=_of(kinds, AlbumState.UNKNOWN),
            **counts,
            **money,
        )

    async def _counts(self, since: float | None) -> dict[str, int]:
        """The fields of Figures that are one number each."""
        queries = {"pictures": _made(since), "users": _users(since), "queued": _queued()}

        def work(connection: sa.Connection) -> dict[str, int]:
            return {name: connection.scalar(query) or 0 for name, query in queries.items()}

        return await self._database.read(work)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest of the sorted `values` that at least that share does not exceed."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else None


def recent(since: float | None, table: sa.Table = albums) -> sa.ColumnElement[bool]:
    """All rows for None: without a condition, so that the whole of an index can answer."""
    return sa.true() if since is None else table.c.created >= since


def _of(kinds: Sequence[Row], state: AlbumState) -> int:
    return sum(row.albums for row in kinds if row.state == state.value)


def _smooth(kinds: Sequence[Row]) -> int:
    """Sent by the first provider, and never asked for again."""
    return sum(row.albums for row in kinds if row.state in SENT and not row.takeovers and not row.reopened)


def _kinds(since: float | None) -> Query:
    each = grouped(_KINDS, since)
    return sa.select(*each, sa.func.count().label("albums")).where(recent(since)).group_by(*each)


def _lacking(since: float | None) -> Query:
    """Albums that lack a view. Missing views are few: of all time, the question begins with them."""
    if since is not None:
        return _kinds(since).where(LACKS)
    missing = sa.select(views.c.session_id, views.c.number).where(IS_MISSING).distinct().subquery()
    mine = sa.and_(missing.c.session_id == albums.c.session_id, missing.c.number == albums.c.number)
    return _kinds(None).select_from(missing.join(albums, mine))


def _times(since: float | None) -> Query:
    newest = (
        sa.select(albums).where(recent(since)).order_by(albums.c.created.desc()).limit(MEASURED)
    ).subquery()
    first = newest.c.first_drawn - newest.c.created
    waited = newest.c.finished - newest.c.created
    return sa.select(first.label("first"), waited.label("last")).where(at_once(newest.c))


def _made(since: float | None) -> sa.Select[int]:
    return sa.select(sa.func.count()).select_from(pictures).where(recent(since, pictures))


def _users(since: float | None) -> sa.Select[int]:
    """Every session has an album, so all time needs no look at those."""
    if since is None:
        return sa.select(sa.func.count(sessions.c.owner.distinct()))
    people = sa.func.count(sessions.c.owner.distinct())
    return sa.select(people).select_from(albums.join(sessions)).where(albums.c.created >= since)


def _queued() -> sa.Select[int]:
    return sa.select(sa.func.count()).select_from(albums).where(albums.c.state == AlbumState.OPEN.value)
