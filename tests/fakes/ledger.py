"""The books in memory, held to the same contract as the real ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.pipeline.errors import BudgetExceeded
from bot.pipeline.model import SessionId
from bot.pipeline.money import Call, Charge, ChargeId, Limits, Outcome, Spent

_OPEN = {Outcome.HELD, Outcome.ASKED}


@dataclass(slots=True)
class MemoryLedger:
    """A Ledger whose day never ends. `whose` keeps owner and chat of each charge."""

    rows: dict[int, Charge] = field(default_factory=dict)
    whose: dict[int, tuple[str, str]] = field(default_factory=dict)
    made: int = 0

    async def hold(self, calls: Sequence[Call], limits: Limits, *, asked: bool = False) -> list[ChargeId]:
        if calls:
            spent, needed = await self.spent(calls[0].owner, calls[0].chat), sum(one.price for one in calls)
            scopes = (("user", limits.person, spent.person), ("chat", limits.chat, spent.chat))
            for scope, limit, used in (*scopes, ("global", limits.everybody, spent.everybody)):
                if limit is not None and round(used + needed, 6) > limit:
                    raise BudgetExceeded(scope=scope, left=max(0.0, round(limit - used, 6)), needed=needed)
        return [self._add(call, Outcome.ASKED if asked else Outcome.HELD) for call in calls]

    async def ask(self, charge: ChargeId) -> None:
        self._change(lambda row: row.id == charge and row.outcome is Outcome.HELD, Outcome.ASKED)

    async def settle(self, charge: ChargeId, outcome: Outcome, cost: float | None = None) -> None:
        if charge in self.rows:
            self.rows[charge] = replace(self.rows[charge], outcome=outcome, cost=cost)

    async def release(self, charges: Sequence[ChargeId]) -> None:
        self._forget(lambda row: row.id in charges and row.outcome in _OPEN)

    async def recover(self, session_id: SessionId, number: int) -> None:
        def mine(row: Charge) -> bool:
            return (row.session_id, row.number) == (session_id, number)

        self._forget(lambda row: mine(row) and row.outcome is Outcome.HELD)
        self._change(lambda row: mine(row) and row.outcome is Outcome.ASKED, Outcome.MAYBE)

    async def spent(self, owner: str, chat: str) -> Spent:
        def total(mine: Callable[[int], bool]) -> float:
            counted = [
                row.reserved if row.cost is None else row.cost for row in self.rows.values() if mine(row.id)
            ]
            return round(sum(counted), 6)

        return Spent(
            person=total(lambda key: self.whose[key][0] == owner),
            chat=total(lambda key: self.whose[key][1] == chat),
            everybody=total(lambda _key: True),
        )

    async def charges(self, session_id: SessionId) -> tuple[Charge, ...]:
        return tuple(row for row in self.rows.values() if row.session_id == session_id)

    def stored(self, session_id: str, angle: str, provider: str, outcome: Outcome) -> None:
        """What is stored for that view comes to this end."""
        view = (session_id, angle, provider)
        self._change(
            lambda row: row.outcome is Outcome.STORED and (row.session_id, row.angle, row.provider) == view,
            outcome,
        )

    def _add(self, call: Call, outcome: Outcome) -> ChargeId:
        self.made += 1
        self.whose[self.made] = (call.owner, call.chat)
        self.rows[self.made] = Charge(
            id=ChargeId(self.made),
            session_id=call.session_id,
            number=call.number,
            angle=call.angle,
            provider=call.provider,
            model=call.model,
            reserved=call.price,
            cost=None,
            outcome=outcome,
        )
        return ChargeId(self.made)

    def _change(self, which: Callable[[Charge], bool], outcome: Outcome) -> None:
        self.rows.update({row.id: replace(row, outcome=outcome) for row in self.rows.values() if which(row)})

    def _forget(self, which: Callable[[Charge], bool]) -> None:
        self.rows = {key: row for key, row in self.rows.items() if not which(row)}
