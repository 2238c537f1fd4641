"""What was paid since a moment, and what of it reached nobody?"""

from __future__ import annotations

import asyncio
from typing import Any

import sqlalchemy as sa

from bot.pipeline.money import Outcome
from storage.charges import MICRO
from storage.database import Database, Query
from storage.outcomes import UNDER_WAY, grouped
from storage.schema import albums, charges

_PAID = sa.func.coalesce(sa.func.sum(charges.c.cost), 0).label("paid")
_PICTURES = sa.func.count().label("pictures")
_LOST = (Outcome.WASTED.value, Outcome.MAYBE.value)
_GOING = sa.exists().where(
    albums.c.session_id == charges.c.session_id,
    albums.c.number == charges.c.number,
    albums.c.state.in_(UNDER_WAY),
)


async def money_figures(database: Database, since: float | None) -> dict[str, Any]:
    """The fields of Figures about money; sums of whole millionths, so nothing is rounded."""
    recent = sa.true() if since is None else charges.c.created >= since
    # each on a connection of its own, the longest first
    dear, costs, lost, stranded = await asyncio.gather(
        database.rows(_dear(since)),
        database.rows(_costs(since, recent)),
        database.rows(_lost(recent)),
        database.rows(_stranded(recent)),
    )
    by_provider = {row.provider: int(row.paid) for row in costs}
    nobodys = [*stranded, *(row for row in lost if row.outcome == Outcome.WASTED.value)]
    maybe = sum(int(row.reserved) for row in lost if row.outcome == Outcome.MAYBE.value)
    albums_paid = dear[0][0]
    paid = sum(by_provider.values())
    return {
        "costs": tuple((name, cost / MICRO) for name, cost in sorted(by_provider.items()) if cost),
        "paid": paid / MICRO,
        "not_delivered": sum(int(row.paid) for row in nobodys) / MICRO,
        "not_delivered_pictures": sum(row.pictures for row in nobodys),
        "maybe_paid": maybe / MICRO,
        "cost_per_album": paid / MICRO / albums_paid if albums_paid else None,
    }


def _costs(since: float | None, recent: sa.ColumnElement[bool]) -> Query:
    each = grouped((charges.c.provider,), since)
    return sa.select(*each, _PAID).where(recent).group_by(*each)


def _lost(recent: sa.ColumnElement[bool]) -> Query:
    """Bad answers, and calls that may have been charged."""
    outcome = charges.c.outcome
    reserved = sa.func.sum(charges.c.reserved).label("reserved")
    return sa.select(outcome, _PAID, reserved, _PICTURES).where(recent, outcome.in_(_LOST)).group_by(outcome)


def _stranded(recent: sa.ColumnElement[bool]) -> Query:
    """Paid and stored, but the album ended without it."""
    stored = charges.c.outcome == Outcome.STORED.value
    return sa.select(_PAID, _PICTURES).where(recent, stored, sa.not_(_GOING))


def _dear(since: float | None) -> sa.Select[int]:
    """How many albums cost anything: of all time along an index, else by the few recent rows."""
    paid = charges.c.cost > 0
    if since is None:
        each = sa.select(charges.c.session_id, charges.c.number).where(paid).distinct().subquery()
        return sa.select(sa.func.count()).select_from(each)
    name = charges.c.session_id + "/" + sa.cast(charges.c.number, sa.Text)
    return sa.select(sa.func.count(name.distinct())).where(paid, charges.c.created >= since)
