"""Cut off at any moment, a set leaves no money set aside."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.pipeline.generate import Cashier, SetDrawer
from bot.pipeline.model import Album, Session, SessionId
from bot.pipeline.money import Call, Charge, ChargeId, Ledger, Limits, Outcome, Spent
from tests.loopback.pictures import HTML, SERVER, Entry, Fault, picture_bytes
from tests.unit.generate.conftest import Atelier, open_atelier

OPEN = {Outcome.HELD, Outcome.ASKED}
UPRIGHT = Fault(content=picture_bytes("upright", size=(256, 384)))


@dataclass(slots=True)
class Cut(Ledger):
    """Books whose nth call cuts the set off that is `drawing`, and goes on."""

    books: Ledger
    nth: int
    calls: int = 0
    drawing: asyncio.Future[Album] | None = None

    def _count(self) -> None:
        self.calls += 1
        if self.calls == self.nth and self.drawing is not None:
            self.drawing.cancel()

    async def hold(self, calls: Sequence[Call], limits: Limits, *, asked: bool = False) -> list[ChargeId]:
        self._count()
        return await self.books.hold(calls, limits, asked=asked)

    async def ask(self, charge: ChargeId) -> None:
        self._count()
        await self.books.ask(charge)

    async def settle(self, charge: ChargeId, outcome: Outcome, cost: float | None = None) -> None:
        self._count()
        await self.books.settle(charge, outcome, cost)

    async def release(self, charges: Sequence[ChargeId]) -> None:
        self._count()
        await self.books.release(charges)

    async def recover(self, session_id: SessionId, number: int) -> None:
        self._count()
        await self.books.recover(session_id, number)

    async def spent(self, owner: str, chat: str) -> Spent:
        return await self.books.spent(owner, chat)

    async def charges(self, session_id: SessionId) -> tuple[Charge, ...]:
        self._count()
        return await self.books.charges(session_id)


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[Atelier]:
    async with open_atelier(tmp_path, patience=20) as opened:
        opened.server.size = opened.studio.size = (384, 256)
        opened.guided = False
        yield opened


def troubled(entry: Entry, before: int) -> Fault | None:
    """One view is fine; of the others each call ends in another way."""
    if int(entry.seed) % 3 == 0:
        return None
    return (SERVER, HTML, UPRIGHT, None)[(int(entry.seed) + before) % 4]


def drawer(atelier: Atelier, ledger: Ledger) -> SetDrawer:
    return SetDrawer(
        store=atelier.storage.sessions,
        providers=(atelier.openai, atelier.studio),
        researcher=atelier.research,
        progress=atelier.listener,
        guides=None,
        clock=atelier.clock,
        cashier=Cashier(ledger=ledger, budgets=atelier.budgets),
        rules=atelier.rules,
    )


async def left_open(atelier: Atelier, session: Session) -> list[Charge]:
    charges = await atelier.storage.ledger.charges(session.id)
    return [one for one in charges if one.outcome in OPEN]


async def cut_at(atelier: Atelier, nth: int) -> tuple[Session, Album, bool]:
    """Draw a set and cancel it while its books are asked for the nth time; whether it came to that."""
    session, album = await atelier.accept()
    books = Cut(books=atelier.storage.ledger, nth=nth)
    books.drawing = asyncio.ensure_future(drawer(atelier, books).draw_set(session, album))
    try:
        await books.drawing
    except asyncio.CancelledError:
        return session, album, True
    return session, album, False


async def test_wherever_a_set_is_cut_off_nothing_stays_set_aside(small: Atelier) -> None:
    small.server.faults = troubled
    nth, was_cut = 0, True
    while was_cut:
        nth += 1
        session, album, was_cut = await cut_at(small, nth)
        # a transaction that its caller left goes on: it is over before the next one
        assert await left_open(small, session) == [], f"cut off at the {nth}th call of the books"
        if nth % 4:
            continue
        # and taken up again, the books and the servers agree
        await small.drawer(small.openai, small.studio).draw_set(session, album)
        assert await left_open(small, session) == []
        asked = [entry for entry in small.server.ledger if session.id in entry.prompt]
        charges = await small.storage.ledger.charges(session.id)
        assert sum(one.outcome is not Outcome.MAYBE for one in charges) <= sum(e.bought for e in asked)
    assert nth > 10


async def test_wherever_time_cuts_a_set_off_nothing_stays_set_aside(small: Atelier) -> None:
    small.server.faults = troubled
    for steps in range(0, 400, 13):
        session, album = await small.accept()
        drawing = asyncio.ensure_future(small.drawer(small.openai, small.studio).draw_set(session, album))
        for _ in range(steps):
            await asyncio.sleep(0)
        drawing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await drawing
        assert await left_open(small, session) == [], f"cut off after {steps} steps"
