"""How is a paid call reserved before it goes out, and settled however it ends?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace

import structlog

from bot.pipeline.errors import BudgetExceeded, FailureKind, ProviderError, StorageError
from bot.pipeline.generate.looks import Looks
from bot.pipeline.generate.sure import held, unless_left
from bot.pipeline.model import Album, AngleName, Picture, Session, View
from bot.pipeline.money import Budgets, Call, ChargeId, Ledger, Limits, Outcome
from bot.pipeline.ports import Judge, Provider

_log = structlog.get_logger(__name__)
_IN_DOUBT = frozenset({FailureKind.TIMEOUT, FailureKind.UNREACHABLE, FailureKind.SERVER})
"""After these nobody knows whether a call that went out was charged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A picture and the charge that its arrival settles."""

    picture: Picture
    charge: ChargeId | None = None


class Free:
    """The till of a provider that charges nothing: no row, no wait."""

    async def pay(self, view: View, draw: Callable[[], Awaitable[Picture]]) -> Paid:  # noqa: ARG002 - as Till
        """The call as it is."""
        return Paid(picture=await draw())

    async def waste(self, view: View, paid: Paid) -> None:
        """Nothing was paid."""

    async def close(self) -> None:
        """Nothing was set aside."""


@dataclass(slots=True, kw_only=True)
class Till:
    """The money of one album with one provider. `call` is what all its calls share."""

    ledger: Ledger
    limits: Limits
    call: Call
    dearest: dict[str, float]
    _held: dict[AngleName, ChargeId] = field(default_factory=dict)
    _closed: bool = False

    async def hold(self, angles: Iterable[AngleName]) -> None:
        """Set money aside for those views together. Raises BudgetExceeded: nothing was set aside then."""
        calls = [replace(self.call, angle=angle) for angle in angles]
        charges = await held(self.ledger, calls, self.limits)
        self._held.update((call.angle, charge) for call, charge in zip(calls, charges, strict=True))

    async def pay(self, view: View, draw: Callable[[], Awaitable[Picture]]) -> Paid:
        """One call; what is not known to have been free stays in the books, whatever is raised."""
        charge = await self._open(view.angle)
        outcome: Outcome | None = Outcome.MAYBE
        cost = None
        try:
            picture = await draw()
            outcome = None
        except ProviderError as error:
            outcome = _outcome(error)
            cost = error.cost if error.cost is not None else self.call.price
            raise
        finally:
            if outcome is not None:
                await self._ended(view.angle, charge, outcome, cost if outcome is Outcome.WASTED else None)
        provider = self.call.provider
        self.dearest[provider] = max(self.dearest.get(provider, 0.0), picture.cost)
        return Paid(picture=picture, charge=charge)

    async def waste(self, view: View, paid: Paid) -> None:
        """What that call brought is not used, and was never stored."""
        if paid.charge is not None:
            await self._ended(view.angle, paid.charge, Outcome.WASTED, paid.picture.cost)

    async def close(self) -> None:
        """Give back what was set aside and not used; what was cut off on its way may have been paid.

        What cannot be written now is settled with the rest when the album is taken up again.
        """
        self._closed = True
        left = list(self._held.values())
        self._held.clear()
        try:
            await self.ledger.release(left)
            await self.ledger.recover(self.call.session_id, self.call.number)
        except StorageError:
            # whoever was cancelled, or has a drawn set, hears of that and not of this
            _log.exception("till.not_closed", session=self.call.session_id)

    async def _open(self, angle: AngleName) -> ChargeId:
        ready = self._held.pop(angle, None)
        if ready is not None:
            try:
                await unless_left(self.ledger.ask(ready), lambda _: self.ledger.release([ready]))
            except StorageError:
                # it does not go out, whatever became of its row
                self._held[angle] = ready
                raise
            return ready
        call = replace(self.call, angle=angle)
        try:
            (charge,) = await held(self.ledger, [call], self.limits, asked=True)
        except BudgetExceeded as error:
            raise ProviderError(provider=self.call.provider, kind=FailureKind.BUDGET) from error
        return charge

    async def _ended(self, angle: AngleName, charge: ChargeId, outcome: Outcome, cost: float | None) -> None:
        """What cannot be written now is settled with the rest when the album is taken up again."""
        try:
            if outcome is Outcome.HELD and self._closed:
                # another album's set went on with this call after its own was stopped
                await self.ledger.release([charge])
                return
            await self.ledger.settle(charge, outcome, cost)
        except StorageError:
            _log.exception("charge.not_settled", session=self.call.session_id, angle=angle)
        else:
            if outcome is Outcome.HELD:
                # the next attempt needs it again, and nobody else may take it meanwhile
                self._held[angle] = charge


def _outcome(error: ProviderError) -> Outcome:
    if not error.bought:
        return Outcome.HELD
    return Outcome.MAYBE if error.kind in _IN_DOUBT else Outcome.WASTED


class Cashier:
    """Opens tills. Learns what the dearest picture of each provider cost, so as not to reserve too little."""

    def __init__(self, *, ledger: Ledger, budgets: Budgets) -> None:
        self._ledger = ledger
        self._budgets = budgets
        self._dearest: dict[str, float] = {}

    async def open(
        self, session: Session, album: Album, provider: Provider, views: Iterable[View]
    ) -> Till | Free:
        """The till of that album, with money set aside for those of its views that were not bought yet.

        Raises BudgetExceeded and StorageError.
        """
        takes = provider.capabilities
        if not takes.price:
            return Free()
        till = Till(
            ledger=self._ledger,
            limits=self._budgets.of(session.owner),
            call=Call(
                session_id=session.id,
                number=album.number,
                angle=album.angles[0],
                provider=provider.name,
                model=takes.model,
                owner=session.owner,
                chat=album.chat,
                price=max(takes.price, self._dearest.get(provider.name, 0.0)),
            ),
            dearest=self._dearest,
        )
        charges = await self._ledger.charges(session.id)
        bought = {
            charge.angle
            for charge in charges
            if charge.provider == provider.name and charge.outcome is Outcome.STORED
        }
        await till.hold(view.angle for view in views if view.angle not in bought)
        return till

    def looks(self, judge: Judge | None) -> Looks | None:
        """That judge, paid from the budget for everybody."""
        if judge is None:
            return None
        return Looks(judge=judge, ledger=self._ledger, limits=self._budgets.all_together)

    async def recover(self, album: Album) -> None:
        """Settle what a killed process left open in this album."""
        await self._ledger.recover(album.session_id, album.number)
