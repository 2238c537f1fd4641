"""What happened since a moment? Figures of albums and pictures for operators."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.pipeline.figures import Figures
from bot.pipeline.model import AlbumState, ViewState
from bot.pipeline.money import Outcome
from storage.charges import MICRO
from storage.database import Database, Query, Row
from storage.schema import albums, charges, pictures, sessions, views

MEASURED = 10_000
"""Times are taken from that many of the latest albums at most."""

_SENT = (AlbumState.DELIVERED.value, AlbumState.UNKNOWN.value)
_OVER = (*_SENT, AlbumState.FAILED.value)
_LACKS = sa.exists().where(
    views.c.session_id == albums.c.session_id,
    views.c.number == albums.c.number,
    views.c.state != ViewState.DRAWN.value,
)


class Stats:
    """Implements the handlers' StatsSource. Raises StorageError."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def figures(self, since: float | None) -> Figures:
        """Of albums asked for at or after `since` (UTC seconds), or of all for None.

        `first_attempt`: the share of finished albums that were complete with their first provider
        and without a person's retry. `fallback`: the share where another provider took over.
        """
        moment = -math.inf if since is None else since

        async def work(connection: AsyncConnection) -> Figures:
            counts = (await connection.execute(_counts(moment))).one()
            times = [await _times(connection, column, moment) for column in ("first_drawn", "finished")]
            made = await connection.scalar(_made(moment))
            money = (await connection.execute(_money(moment))).all()
            queued = await connection.scalar(_queued())
            over = counts.complete + counts.partial + counts.failed
            return Figures(
                complete=counts.complete,
                partial=counts.partial,
                failed=counts.failed,
                pictures=made or 0,
                first_attempt=counts.at_first / over if over else None,
                fallback=counts.taken_over / over if over else None,
                first_picture_p50=percentile(times[0], 0.5),
                first_picture_p95=percentile(times[0], 0.95),
                album_p50=percentile(times[1], 0.5),
                album_p95=percentile(times[1], 0.95),
                **_money_figures(money),
                users=counts.users,
                unknown_deliveries=counts.unknown,
                queued=queued or 0,
            )

        return await self._database.read(work)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest of the sorted `values` that at least that share does not exceed."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else None


def _counts(moment: float) -> Query:
    sent, over = albums.c.state.in_(_SENT), albums.c.state.in_(_OVER)
    complete = sa.and_(sent, ~_LACKS)
    return (
        sa.select(
            _count(complete).label("complete"),
            _count(sa.and_(sent, _LACKS)).label("partial"),
            _count(albums.c.state == AlbumState.FAILED.value).label("failed"),
            _count(sa.and_(complete, albums.c.takeovers == 0, albums.c.reopened == 0)).label("at_first"),
            _count(sa.and_(over, albums.c.takeovers > 0)).label("taken_over"),
            _count(albums.c.state == AlbumState.UNKNOWN.value).label("unknown"),
            sa.func.count(sessions.c.owner.distinct()).label("users"),
        )
        .select_from(albums.join(sessions))
        .where(albums.c.created >= moment)
    )


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


async def _times(connection: AsyncConnection, column: str, moment: float) -> list[float]:
    """Seconds from acceptance, sorted; a person's later retry is no measure of speed."""
    reached = albums.c[column]
    query = (
        sa.select(reached - albums.c.created)
        .where(albums.c.created >= moment, reached.is_not(None), albums.c.reopened == 0)
        .where(albums.c.state.in_(_SENT))
        .order_by(albums.c.created.desc())
        .limit(MEASURED)
    )
    return sorted((await connection.scalars(query)).all())


def _made(moment: float) -> sa.Select[int]:
    return sa.select(sa.func.count()).select_from(pictures).where(pictures.c.created >= moment)


def _money(moment: float) -> Query:
    """One row a provider and album; sums of integers, so nothing is rounded."""
    under_way = sa.exists().where(
        albums.c.session_id == charges.c.session_id,
        albums.c.number == charges.c.number,
        albums.c.state.in_((AlbumState.OPEN.value, AlbumState.DELIVERING.value)),
    )
    outcome = charges.c.outcome
    lost = sa.or_(
        outcome == Outcome.WASTED.value, sa.and_(outcome == Outcome.STORED.value, sa.not_(under_way))
    )
    maybe = outcome == Outcome.MAYBE.value
    cost = sa.func.coalesce(charges.c.cost, 0)
    return (
        sa.select(
            charges.c.provider,
            charges.c.session_id,
            charges.c.number,
            sa.func.sum(cost).label("paid"),
            sa.func.sum(sa.case((lost, cost), else_=0)).label("lost"),
            _count(lost).label("lost_pictures"),
            sa.func.sum(sa.case((maybe, charges.c.reserved), else_=0)).label("maybe"),
        )
        .where(charges.c.created >= moment)
        .group_by(charges.c.provider, charges.c.session_id, charges.c.number)
        .order_by(charges.c.provider)
    )


def _money_figures(rows: Sequence[Row]) -> dict[str, Any]:
    """The fields of Figures about money."""
    providers = dict.fromkeys(row.provider for row in rows)
    costs = [(name, sum(row.paid for row in rows if row.provider == name)) for name in providers]
    paid = int(sum(cost for _, cost in costs))
    dear = {(row.session_id, row.number) for row in rows if row.paid}
    return {
        "costs": tuple((name, int(cost) / MICRO) for name, cost in costs if cost),
        "paid": paid / MICRO,
        "not_delivered": int(sum(row.lost for row in rows)) / MICRO,
        "not_delivered_pictures": int(sum(row.lost_pictures for row in rows)),
        "maybe_paid": int(sum(row.maybe for row in rows)) / MICRO,
        "cost_per_album": paid / MICRO / len(dear) if dear else None,
    }


def _queued() -> Query:
    return sa.select(sa.func.count()).select_from(albums).where(albums.c.state == AlbumState.OPEN.value)
