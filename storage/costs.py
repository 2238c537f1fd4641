"""What was paid since a moment, and what of it reached nobody?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from bot.pipeline.money import Outcome
from storage.charges import MICRO
from storage.database import Query, Row
from storage.outcomes import UNDER_WAY, grouped
from storage.schema import albums, charges

_KINDS = (charges.c.provider, charges.c.outcome)
_GOING = sa.exists().where(
    albums.c.session_id == charges.c.session_id,
    albums.c.number == charges.c.number,
    albums.c.state.in_(UNDER_WAY),
)


def money_figures(connection: sa.Connection, since: float | None) -> dict[str, Any]:
    """The fields of Figures about money; sums of whole millionths, so nothing is rounded."""
    recent = sa.true() if since is None else charges.c.created >= since
    each = grouped(_KINDS, since)
    kinds = connection.execute(sa.select(*each, *_paid()).where(recent).group_by(*each)).all()
    stranded = connection.execute(_stranded(recent)).one()
    dear = connection.scalar(_dear(since)) or 0
    wasted = [row for row in kinds if row.outcome == Outcome.WASTED.value]
    paid = _sum(kinds, "paid")
    costs = {row.provider: 0 for row in kinds}
    for row in kinds:
        costs[row.provider] += int(row.paid)
    return {
        "costs": tuple((name, cost / MICRO) for name, cost in sorted(costs.items()) if cost),
        "paid": paid / MICRO,
        "not_delivered": (_sum(wasted, "paid") + int(stranded.paid)) / MICRO,
        "not_delivered_pictures": _sum(wasted, "pictures") + stranded.pictures,
        "maybe_paid": sum(int(row.reserved) for row in kinds if row.outcome == Outcome.MAYBE.value) / MICRO,
        "cost_per_album": paid / MICRO / dear if dear else None,
    }


def _sum(rows: Sequence[Row], column: str) -> int:
    return sum(int(getattr(row, column)) for row in rows)


def _paid() -> tuple[sa.ColumnElement[Any], ...]:
    return (
        sa.func.coalesce(sa.func.sum(charges.c.cost), 0).label("paid"),
        sa.func.sum(charges.c.reserved).label("reserved"),
        sa.func.count().label("pictures"),
    )


def _stranded(recent: sa.ColumnElement[bool]) -> Query:
    """Paid and stored, but the album ended without it."""
    stored = charges.c.outcome == Outcome.STORED.value
    return sa.select(*_paid()).where(recent, stored, sa.not_(_GOING))


def _dear(since: float | None) -> sa.Select[int]:
    """How many albums cost anything: of all time along an index, else by the few recent rows."""
    paid = charges.c.cost > 0
    if since is None:
        each = sa.select(charges.c.session_id, charges.c.number).where(paid).distinct().subquery()
        return sa.select(sa.func.count()).select_from(each)
    name = charges.c.session_id + "/" + sa.cast(charges.c.number, sa.Text)
    return sa.select(sa.func.count(name.distinct())).where(paid, charges.c.created >= since)
