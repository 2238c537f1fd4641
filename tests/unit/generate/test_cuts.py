"""Whatever moment cuts a set off or breaks its books: no money stays set aside, nothing is bought twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from bot.pipeline.errors import StorageError
from bot.pipeline.generate import Cashier, SetDrawer
from bot.pipeline.model import Album, Session, SessionId
from bot.pipeline.money import Call, Charge, ChargeId, Ledger, Limits, Outcome, Spent
from tests.loopback.pictures import HTML, SERVER, Entry, Fault, picture_bytes
from tests.unit.generate.conftest import THREE, Atelier

pytestmark = pytest.mark.asyncio(loop_scope="module")
T = TypeVar("T")
OPEN = {Outcome.HELD, Outcome.ASKED}
UPRIGHT = Fault(content=picture_bytes("upright", size=(256, 384)))


@dataclass(slots=True)
class Touched(Ledger):
    """Books in whose nth call something happens: the set that is `drawing` is cut off, the call is refused,
    or it is committed and its answer is lost."""

    books: Ledger
    nth: int
    how: str
    calls: int = 0
    drawing: asyncio.Future[Album] | None = None

    async def _through(self, call: Coroutine[Any, Any, T]) -> T:
        self.calls += 1
        how = self.how if self.calls == self.nth else ""
        if how == "cut" and self.drawing is not None:
            self.drawing.cancel()
        if how == "refused":
            call.close()
            raise StorageError("refused")
        answer = await call
        if how == "unheard":
            raise StorageError("unheard")
        return answer

    async def hold(self, calls: Sequence[Call], limits: Limits, *, asked: bool = False) -> list[ChargeId]:
        return await self._through(self.books.hold(calls, limits, asked=asked))

    async def ask(self, charge: ChargeId) -> None:
        await self._through(self.books.ask(charge))

    async def settle(self, charge: ChargeId, outcome: Outcome, cost: float | None = None) -> None:
        await self._through(self.books.settle(charge, outcome, cost))

    async def release(self, charges: Sequence[ChargeId]) -> None:
        await self._through(self.books.release(charges))

    async def recover(self, session_id: SessionId, number: int) -> None:
        await self._through(self.books.recover(session_id, number))

    async def spent(self, owner: str, chat: str) -> Spent:
        return await self.books.spent(owner, chat)

    async def charges(self, session_id: SessionId) -> tuple[Charge, ...]:
        return await self._through(self.books.charges(session_id))


@pytest.fixture
def small(anew: Atelier) -> Atelier:
    anew.server.size = anew.studio.size = (384, 256)
    anew.guided = False
    return anew


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


async def touched(
    atelier: Atelier, nth: int, how: str, angles: Sequence[str] = THREE
) -> tuple[Session, Album, bool]:
    """Draw a set whose books are touched in their nth call; whether it came to that."""
    session, album = await atelier.accept(angles)
    books = Touched(books=atelier.storage.ledger, nth=nth, how=how)
    books.drawing = asyncio.ensure_future(drawer(atelier, books).draw_set(session, album))
    with contextlib.suppress(asyncio.CancelledError, StorageError):
        await books.drawing
    return session, album, books.calls >= nth


async def test_wherever_a_set_is_cut_off_nothing_stays_set_aside(small: Atelier) -> None:
    small.server.faults = troubled
    nth, came_to_it = 0, True
    while came_to_it:
        nth += 1
        session, album, came_to_it = await touched(small, nth, "cut")
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
    assert nth > 5


@pytest.mark.parametrize("how", ["refused", "unheard"])
async def test_wherever_the_books_fail_nothing_is_bought_twice(small: Atelier, how: str) -> None:
    nth, came_to_it = 0, True
    while came_to_it:
        nth += 1
        session, album, came_to_it = await touched(small, nth, how, angles=("front", "side"))
        await small.drawer(small.openai, small.studio).draw_set(session, album)
        assert await left_open(small, session) == [], f"{how} at the {nth}th call of the books"
        bought = Counter(one.seed for one in small.server.ledger if session.id in one.prompt)
        assert set(bought.values()) == {1}, f"{how} at the {nth}th call of the books"
        charges = await small.storage.ledger.charges(session.id)
        assert [one.outcome for one in charges] == [Outcome.STORED] * 2
    assert nth > 5


async def test_wherever_time_cuts_a_set_off_nothing_stays_set_aside(small: Atelier) -> None:
    small.server.faults = troubled
    for steps in range(0, 400, 27):
        session, album = await small.accept()
        drawing = asyncio.ensure_future(small.drawer(small.openai, small.studio).draw_set(session, album))
        for _ in range(steps):
            await asyncio.sleep(0)
        drawing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await drawing
        assert await left_open(small, session) == [], f"cut off after {steps} steps"
