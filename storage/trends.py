"""How did the last hours or days go, slot by slot, and how long did people wait?"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from bot.pipeline.figures import Slot
from bot.pipeline.model import AlbumState
from storage.charges import MICRO
from storage.database import Database, Query
from storage.outcomes import LACKS, SENT, at_once
from storage.schema import albums, charges


class _Whole(FunctionElement[int]):
    """The whole part of a number that is not negative: a cast rounds on Postgres."""

    name = "whole"
    type = sa.Integer()
    inherit_cache = True


@compiles(_Whole)
def _with_floor(element: _Whole, compiler: Any, **kw: Any) -> str:
    return f"CAST(floor({compiler.process(element.clauses, **kw)}) AS INTEGER)"


@compiles(_Whole, "sqlite")
def _with_cast(element: _Whole, compiler: Any, **kw: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **kw)} AS INTEGER)"


class Trends:
    """Figures over time. Raises StorageError."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def trend(self, since: float, *, width: float, slots: int) -> tuple[Slot, ...]:
        """So many slots of `width` seconds each, the first from `since` on (UTC seconds)."""
        counted, paid = await asyncio.gather(
            self._database.rows(_outcomes(since, width, slots)),
            self._database.rows(_paid(since, width, slots)),
        )
        outcomes = {row.slot: row for row in counted}
        costs = {row.slot: int(row.cost or 0) / MICRO for row in paid}
        return tuple(
            Slot(
                start=since + number * width,
                complete=row.sent - row.partial if row else 0,
                partial=row.partial if row else 0,
                failed=row.failed if row else 0,
                cancelled=row.cancelled if row else 0,
                cost=costs.get(number, 0.0),
            )
            for number, row in ((number, outcomes.get(number)) for number in range(slots))
        )

    async def waits(self, since: float, bounds: Sequence[float]) -> tuple[int, ...]:
        """How many albums took up to each bound (seconds, ascending), and how many took longer."""
        waited = albums.c.finished - albums.c.created
        below = [count(waited <= bound).label(f"up_to_{index}") for index, bound in enumerate(bounds)]
        query = sa.select(*below, sa.func.count()).where(albums.c.created >= since, at_once(albums.c))
        sums = [0, *(await self._database.rows(query))[0]]
        return tuple(later - earlier for earlier, later in itertools.pairwise(sums))


def count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """How many rows fulfil it."""
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _slot(column: sa.ColumnElement[float], since: float, width: float) -> sa.ColumnElement[int]:
    return _Whole((column - since) / width).label("slot")


def _outcomes(since: float, width: float, slots: int) -> Query:
    sent, state = albums.c.state.in_(SENT), albums.c.state
    slot = _slot(albums.c.created, since, width)
    return (
        sa.select(
            slot,
            count(sent).label("sent"),
            count(sa.and_(sent, LACKS)).label("partial"),
            count(state == AlbumState.FAILED.value).label("failed"),
            count(state == AlbumState.CANCELLED.value).label("cancelled"),
        )
        .where(albums.c.created >= since, albums.c.created < since + width * slots)
        .group_by("slot")
    )


def _paid(since: float, width: float, slots: int) -> Query:
    return (
        sa.select(_slot(charges.c.created, since, width), sa.func.sum(charges.c.cost).label("cost"))
        .where(charges.c.created >= since, charges.c.created < since + width * slots)
        .group_by("slot")
    )
