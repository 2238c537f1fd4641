"""What was paid for pictures, by whom, and what became of it? The books, and the budgets they hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from bot.pipeline.errors import BudgetExceeded
from bot.pipeline.model import AngleName, SessionId, ViewState
from bot.pipeline.money import DAY, Call, Charge, ChargeId, Ledger, Limits, Outcome, Spent
from storage.database import Database, Row
from storage.schema import charges, views

MICRO = 1_000_000
"""Money is kept in whole millionths of a USD, so that sums are exact."""
COUNTED = sa.func.coalesce(charges.c.cost, charges.c.reserved)
"""What a row counts against budgets."""
_LOCK = 7_305_202_613
_OPEN = charges.c.outcome.in_((Outcome.HELD.value, Outcome.ASKED.value))
_THIS = charges.c.id == sa.bindparam("of_charge")
_HOLD = sa.insert(charges).returning(charges.c.id, sort_by_parameter_order=True)
_ASK = (
    sa.update(charges)
    .where(_THIS, charges.c.outcome == Outcome.HELD.value)
    .values(outcome=Outcome.ASKED.value)
)
_SETTLE = sa.update(charges).where(_THIS)
_WASTE = (
    sa.update(charges)
    .where(
        charges.c.session_id == sa.bindparam("of_session"),
        charges.c.angle == sa.bindparam("of_angle"),
        charges.c.provider == sa.bindparam("of_provider"),
        charges.c.outcome == Outcome.STORED.value,
    )
    .values(outcome=Outcome.WASTED.value)
)
_DELIVER = (
    sa.update(charges)
    .where(
        charges.c.session_id == sa.bindparam("of_session"),
        charges.c.number == sa.bindparam("of_number"),
        charges.c.outcome == Outcome.STORED.value,
        sa.exists().where(
            views.c.session_id == charges.c.session_id,
            views.c.angle == charges.c.angle,
            views.c.provider == charges.c.provider,
            views.c.state == ViewState.DRAWN.value,
        ),
    )
    .values(outcome=Outcome.DELIVERED.value)
)


def _total(*conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    """What the rows of one day count."""
    amount = sa.cast(sa.func.coalesce(sa.func.sum(COUNTED), 0), sa.BigInteger)
    return sa.select(amount).where(charges.c.day == sa.bindparam("of_day"), *conditions).scalar_subquery()


_SPENT = sa.select(
    _total(charges.c.owner == sa.bindparam("of_owner")).label("person"),
    _total(charges.c.chat == sa.bindparam("of_chat")).label("chat"),
    _total().label("everybody"),
)


class Charges(Ledger):
    """Implements the pipeline's Ledger. `clock` gives UTC seconds since 1970."""

    def __init__(self, *, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def hold(self, calls: Sequence[Call], limits: Limits, *, asked: bool = False) -> list[ChargeId]:
        """See Ledger. Under one lock on Postgres; SQLite has one writer anyway."""
        if not calls:
            return []
        now = self._clock()
        outcome = Outcome.ASKED if asked else Outcome.HELD
        rows = [{**_row(call), "outcome": outcome.value, "day": _day(now), "created": now} for call in calls]
        needed = sum(row["reserved"] for row in rows)

        def work(connection: sa.Connection) -> list[ChargeId]:
            if limits:
                if connection.dialect.name == "postgresql":
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
                spent = connection.execute(_SPENT, _of(calls[0].owner, calls[0].chat, now)).one()
                _within(limits, spent, needed)
            return [ChargeId(number) for number in connection.scalars(_HOLD, rows)]

        return await self._database.write(work)

    async def ask(self, charge: ChargeId) -> None:
        """See Ledger."""
        await self._database.execute(_ASK, of_charge=charge)

    async def settle(self, charge: ChargeId, outcome: Outcome, cost: float | None = None) -> None:
        """See Ledger."""
        await self._database.write(lambda connection: settle(connection, charge, outcome, cost))

    async def release(self, charges_: Sequence[ChargeId]) -> None:
        """See Ledger."""
        if charges_:
            open_ = charges.c.outcome.in_((Outcome.HELD.value, Outcome.ASKED.value))
            await self._database.execute(sa.delete(charges).where(charges.c.id.in_(charges_), open_))

    async def recover(self, session_id: SessionId, number: int) -> None:
        """See Ledger."""
        mine = sa.and_(charges.c.session_id == session_id, charges.c.number == number)

        def work(connection: sa.Connection) -> None:
            close_open(connection, mine)

        left = sa.select(charges.c.id).where(mine, _OPEN).limit(1)
        if await self._database.rows(left):
            await self._database.write(work)

    async def spent(self, owner: str, chat: str) -> Spent:
        """See Ledger."""
        row = (await self._database.rows(_SPENT, **_of(owner, chat, self._clock())))[0]
        return Spent(person=row.person / MICRO, chat=row.chat / MICRO, everybody=row.everybody / MICRO)

    async def charges(self, session_id: SessionId) -> tuple[Charge, ...]:
        """See Ledger."""
        query = sa.select(charges).where(charges.c.session_id == session_id).order_by(charges.c.id)
        return tuple(_charge(row) for row in await self._database.rows(query))


def micro(usd: float) -> int:
    """USD as it is kept."""
    return round(usd * MICRO)


def settle(connection: sa.Connection, charge: ChargeId, outcome: Outcome, cost: float | None) -> None:
    """One call that went out has ended."""
    ended = {"outcome": outcome.value, "cost": None if cost is None else micro(cost)}
    connection.execute(_SETTLE, {"of_charge": charge, **ended})


def waste(connection: sa.Connection, session_id: SessionId, angle: AngleName, provider: str) -> None:
    """The picture that was stored for this view is none of it."""
    connection.execute(_WASTE, {"of_session": session_id, "of_angle": angle, "of_provider": provider})


def deliver(connection: sa.Connection, session_id: SessionId, number: int) -> None:
    """The pictures of that album that its views show have arrived."""
    connection.execute(_DELIVER, {"of_session": session_id, "of_number": number})


def close_open(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    """Reservations without a process: what had not gone out is given back, all else may have been paid."""
    held, asked = charges.c.outcome == Outcome.HELD.value, charges.c.outcome == Outcome.ASKED.value
    gone = connection.execute(sa.delete(charges).where(which, held))
    doubt = sa.update(charges).where(which, asked).values(outcome=Outcome.MAYBE.value)
    return gone.rowcount + connection.execute(doubt).rowcount


def _of(owner: str, chat: str, now: float) -> dict[str, Any]:
    """Whose spending `_SPENT` is to tell."""
    return {"of_owner": owner, "of_chat": chat, "of_day": _day(now)}


def _within(limits: Limits, spent: Row, needed: int) -> None:
    """Raises BudgetExceeded for the first limit that does not hold so much."""
    scopes = (("user", limits.person, spent.person), ("chat", limits.chat, spent.chat))
    for scope, limit, used in (*scopes, ("global", limits.everybody, spent.everybody)):
        if limit is not None and used + needed > micro(limit):
            left = max(0, micro(limit) - used) / MICRO
            raise BudgetExceeded(scope=scope, left=left, needed=needed / MICRO)


def _day(now: float) -> int:
    return int(now // DAY)


def _row(call: Call) -> dict[str, Any]:
    return {
        "session_id": call.session_id,
        "number": call.number,
        "angle": call.angle,
        "provider": call.provider,
        "model": call.model,
        "owner": call.owner,
        "chat": call.chat,
        "reserved": micro(call.price),
    }


def _charge(row: Row) -> Charge:
    return Charge(
        id=ChargeId(row.id),
        session_id=SessionId(row.session_id),
        number=row.number,
        angle=AngleName(row.angle),
        provider=row.provider,
        model=row.model,
        reserved=row.reserved / MICRO,
        cost=None if row.cost is None else row.cost / MICRO,
        outcome=Outcome(row.outcome),
    )
