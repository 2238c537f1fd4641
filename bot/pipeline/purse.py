"""Is there anybody who draws what is asked for, for nothing or for what can still be paid today?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import BudgetExceeded, NobodyDraws
from bot.pipeline.model import AngleName
from bot.pipeline.money import DAY, Budgets, Ledger
from bot.pipeline.ports import Clock, Provider


class Purse:
    """Looks at prices and at what is left before an album is accepted. The money itself is set aside later.

    `providers` are all there are, asked for their prices when they are needed.
    """

    def __init__(
        self, *, ledger: Ledger, budgets: Budgets, providers: Sequence[Provider], clock: Clock
    ) -> None:
        self._ledger = ledger
        self._budgets = budgets
        self._providers = providers
        self._clock = clock

    async def left(self, owner: str, chat: str) -> float | None:
        """USD that this person can still spend here today; None without any limit. Raises StorageError."""
        limits = self._budgets.of(owner)
        if not limits:
            return None
        spent = await self._ledger.spent(owner, chat)
        rooms = (
            (limits.person, spent.person),
            (limits.chat, spent.chat),
            (limits.everybody, spent.everybody),
        )
        return max(0.0, min(limit - used for limit, used in rooms if limit is not None))

    def renewed_in(self) -> float:
        """Seconds until budgets are renewed."""
        return DAY - self._clock.now() % DAY

    async def check(
        self, owner: str, chat: str, angles: Sequence[AngleName], only: str | None = None
    ) -> None:
        """Raises BudgetExceeded where no view of the album could be drawn for nothing and nobody can be paid,
        and NobodyDraws where none is drawn by anybody.

        `only` names the provider that has begun the set, for no other may finish it.
        """
        providers = [one for one in self._providers if one.name == only] or self._providers
        prices = []
        for provider in providers:
            views = sum(provider.draws(CATALOGUE[angle]) for angle in angles)
            if views:
                prices.append(views * provider.capabilities.price)
        if providers and not prices:
            raise NobodyDraws(angles=tuple(angles))
        cheapest = min(prices, default=0.0)
        left = await self.left(owner, chat) if cheapest else None
        if left is not None and round(cheapest, 6) > round(left, 6):
            raise BudgetExceeded(scope="any", left=left, needed=cheapest, again_in=self.renewed_in())
