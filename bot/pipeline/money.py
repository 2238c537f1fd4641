"""What does a picture call cost, whose budget pays it, and what became of the money?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, Protocol

from bot.pipeline.model import AngleName, SessionId

ChargeId = NewType("ChargeId", int)
DAY = 86_400
"""Budgets are renewed at midnight UTC."""


class Outcome(StrEnum):
    """What became of one paid call. The first two are reservations."""

    HELD = "held"
    """Set aside; the call has not gone out."""
    ASKED = "asked"
    """The call went out; nothing is known yet."""
    STORED = "stored"
    """Paid, and the picture is stored; its album has not arrived."""
    DELIVERED = "delivered"
    WASTED = "wasted"
    """Paid for what is no picture of this view: a bad answer, or the same once more."""
    LOOKED = "looked"
    """Paid for a judge's look at a picture."""
    MAYBE = "maybe"
    """Nobody knows whether it was charged: a timeout, a cut, a kill. Counts with what was set aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One picture call, or a look at a picture, that will cost `price` USD, as far as is known beforehand."""

    session_id: SessionId
    number: int
    angle: AngleName
    provider: str
    model: str
    owner: str
    chat: str
    price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One row of the books. Money in USD; `cost` is None until it is known."""

    id: ChargeId
    session_id: SessionId
    number: int
    angle: AngleName
    provider: str
    model: str
    reserved: float
    cost: float | None
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """USD a UTC day for one person, one chat and everybody together; None is without limit."""

    person: float | None = None
    chat: float | None = None
    everybody: float | None = None

    def __bool__(self) -> bool:
        return any(limit is not None for limit in (self.person, self.chat, self.everybody))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """USD of one UTC day, with what is set aside."""

    person: float = 0.0
    chat: float = 0.0
    everybody: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """The operator's limits. `exempt` owners are held by the limit for everybody alone."""

    limits: Limits = Limits()
    exempt: frozenset[str] = frozenset()

    @property
    def all_together(self) -> Limits:
        """The limit that holds for everybody alone."""
        return Limits(everybody=self.limits.everybody)

    def of(self, owner: str) -> Limits:
        """The limits that hold this person."""
        return self.all_together if owner in self.exempt else self.limits


class Ledger(Protocol):
    """The books. Every call is one committed transaction; raises StorageError.

    What is open or uncertain counts against budgets with what was set aside, all else with its cost.
    """

    async def hold(self, calls: Sequence[Call], limits: Limits, *, asked: bool = False) -> list[ChargeId]:
        """Set money aside for all those calls of one person and chat, or for none of them.

        HELD, or with `asked` at once ASKED. However many processes ask at the same time, no limit is
        exceeded. Raises BudgetExceeded.
        """
        ...

    async def ask(self, charge: ChargeId) -> None:
        """That call goes out now."""
        ...

    async def settle(self, charge: ChargeId, outcome: Outcome, cost: float | None = None) -> None:
        """What became of a call that went out."""
        ...

    async def release(self, charges: Sequence[ChargeId]) -> None:
        """Those calls were surely not charged: nothing of them stays."""
        ...

    async def recover(self, session_id: SessionId, number: int) -> None:
        """Settle what a killed process left open in that album: what went out becomes MAYBE."""
        ...

    async def spent(self, owner: str, chat: str) -> Spent:
        """Of the present UTC day."""
        ...

    async def charges(self, session_id: SessionId) -> tuple[Charge, ...]:
        """All of that car, oldest first."""
        ...
