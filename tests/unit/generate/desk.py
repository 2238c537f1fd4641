"""Sets drawn in memory: a clock that nobody waits for, and all that was told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.generate import Cashier, SetDrawer
from bot.pipeline.generate.retry import RetryRules
from bot.pipeline.model import (
    Album,
    AngleName,
    CarSpec,
    Research,
    Session,
    View,
    ViewState,
    seeds_for,
)
from bot.pipeline.money import Budgets
from bot.pipeline.ports import Event, Provider, Step
from tests.fakes.cars import a_session, an_album
from tests.fakes.painter import Painter
from tests.fakes.store import MemoryStore

CAR = CarSpec(brand="BMW", model="X5", given=frozenset({"brand", "model"}))


@dataclass(slots=True)
class Moments:
    """A clock that moves when somebody sleeps, or is pushed."""

    time: float = 0.0
    naps: list[float] = field(default_factory=list)

    def now(self) -> float:
        return 1_800_000_000.0 + self.time

    def ticks(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


@dataclass(slots=True)
class Desk:
    """One store, and drawers on it as long as they are wanted."""

    store: MemoryStore = field(default_factory=MemoryStore)
    clock: Moments = field(default_factory=Moments)
    rules: RetryRules = field(default_factory=RetryRules)
    found: Research = field(default_factory=Research)
    budgets: Budgets = field(default_factory=Budgets)
    searched: list[tuple[AngleName, ...]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    one_drawn: asyncio.Event = field(default_factory=asyncio.Event)
    made: int = 0

    def happened(self, event: Event) -> None:
        self.events.append(event)
        if event.step is Step.DRAWN:
            self.one_drawn.set()

    async def research(self, spec: CarSpec, angles: Sequence[AngleName]) -> Research:
        self.searched.append(tuple(angles))
        return self.found

    async def drawn(self, *providers: Painter, angles: tuple[str, ...] = ("front", "side")) -> Album:
        """A new car's album with those providers."""
        session, album = await self.accept(*angles)
        return await self.drawer(*providers).draw_set(session, album)

    def drawer(self, *providers: Provider, guides: Painter | None = None, **given: Any) -> SetDrawer:
        """`given` is what a drawer can do without."""
        return SetDrawer(
            store=self.store,
            providers=providers,
            researcher=self,
            progress=self,
            guides=guides,
            clock=self.clock,
            cashier=Cashier(ledger=self.store.ledger, budgets=self.budgets),
            rules=self.rules,
            **given,
        )

    async def accept(
        self, *angles: str, session: Session | None = None, number: int = 1, **facts: Any
    ) -> tuple[Session, Album]:
        """A new car's album, or a further one of that session."""
        self.made += 1
        session = session or replace(a_session(str(self.made)), spec=CAR)
        album = an_album(session, *map(AngleName, angles), number=number)
        seeds = seeds_for(session.id, CATALOGUE)
        views = [View(session_id=session.id, angle=one, seed=seeds[one]) for one in album.angles]
        assert await self.store.accept(session, album, views)
        if facts:
            self.store.rows[album.id] = album = replace(album, **facts)
        return session, album

    def blank(self, session: Session, *angles: str) -> None:
        """Those views lack their pictures again, as after "retry"."""
        rows = self.store.view_rows[session.id]
        rows[:] = [
            replace(one, state=ViewState.BLANK, provider=None, failure=None) if one.angle in angles else one
            for one in rows
        ]

    def views(self, session: Session) -> dict[str, View]:
        return {str(view.angle): view for view in self.store.view_rows[session.id]}

    def told(self) -> list[tuple[str, str | None, int]]:
        """Steps with their angle and how many views were done."""
        return [(event.step.value, event.angle, event.done) for event in self.events]
