"""Who pays for a judge's look at a picture? Everybody's budget; where that does not suffice, nobody looks."""

from __future__ import annotations

import structlog

from bot.pipeline.errors import BudgetExceeded, StorageError
from bot.pipeline.generate.sure import held
from bot.pipeline.model import View
from bot.pipeline.money import Call, ChargeId, Ledger, Limits, Outcome
from bot.pipeline.ports import Judge, Looked, Sight

LOOKING = "vision"
"""Who is paid for looks, in the books."""
_log = structlog.get_logger(__name__)


class Looks:
    """A judge whose every look is set aside before and settled after it, as a picture is.

    It is never in the way: without money or a disk for the books there is no look.
    """

    def __init__(self, *, judge: Judge, ledger: Ledger, limits: Limits) -> None:
        self._judge = judge
        self._ledger = ledger
        self._limits = limits
        self._dearest = 0.0

    async def see(self, view: View, number: int, picture: bytes) -> Sight | None:
        """What that JPEG shows; `number` is the album's. None where nobody looked or answered."""
        if self._judge.rests:
            return None
        if not self._judge.price:
            return (await self._judge.see(picture)).sight
        try:
            charge = await self._held(view, number)
        except BudgetExceeded as short:
            _log.info("budget.short", session=view.session_id, provider=LOOKING, scope=short.scope)
            return None
        except StorageError:
            _log.exception("look.not_held", session=view.session_id)
            return None
        looked = Looked(cost=None)
        try:
            looked = await self._judge.see(picture)
        finally:
            await self._settled(view, charge, looked)
        return looked.sight

    async def _held(self, view: View, number: int) -> ChargeId:
        call = Call(
            session_id=view.session_id,
            number=number,
            angle=view.angle,
            provider=LOOKING,
            model=self._judge.model,
            # nobody in particular: the operator wants the looks, and the person pays pictures
            owner="",
            chat="",
            price=max(self._judge.price, self._dearest),
        )
        (charge,) = await held(self._ledger, [call], self._limits, asked=True)
        return charge

    async def _settled(self, view: View, charge: ChargeId, looked: Looked) -> None:
        """What cannot be written now is settled with the rest when the album is taken up again."""
        try:
            if looked.cost is None:
                await self._ledger.settle(charge, Outcome.MAYBE)
            elif not looked.cost:
                await self._ledger.release([charge])
            else:
                self._dearest = max(self._dearest, looked.cost)
                await self._ledger.settle(charge, Outcome.LOOKED, looked.cost)
        except StorageError:
            _log.exception("look.not_settled", session=view.session_id)
