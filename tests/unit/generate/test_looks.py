"""A judge's looks cost money: set aside before, on record after, paid by everybody's budget alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.pipeline.chat_prices import ChatPrice, chat_price
from bot.pipeline.generate.looks import LOOKING
from bot.pipeline.model import OTHER_BADGE, Album
from bot.pipeline.money import Budgets, Charge, Limits, Outcome
from tests.loopback.chat import ChatServer
from tests.unit.generate.conftest import Atelier
from tests.unit.generate.test_vision import GOOD, WRONG, open_judge

pytestmark = pytest.mark.asyncio(loop_scope="module")
PRICE = ChatPrice(1.0, 10.0)
COST = (1_500 * 1 + 80 * 10) / 1_000_000
EXPECTED = (2_000 * 1 + 500 * 10) / 1_000_000
PICTURE = 0.013 * 1.5


@pytest_asyncio.fixture(loop_scope="module")
async def chat() -> AsyncIterator[ChatServer]:
    async with ChatServer(content=GOOD, tokens=(1_500, 80)) as server:
        yield server


@pytest.fixture
def atelier(anew: Atelier) -> Atelier:
    anew.server.size = (384, 256)
    return anew


@pytest_asyncio.fixture(loop_scope="module")
async def dear(atelier: Atelier, chat: ChatServer) -> AsyncIterator[Atelier]:
    async with open_judge(chat, seconds=10, charges=PRICE) as judge:
        atelier.judge = judge
        yield atelier


async def looks(atelier: Atelier, album: object) -> list[Charge]:
    assert isinstance(album, Album)
    charges = await atelier.storage.ledger.charges(album.session_id)
    return [one for one in charges if one.provider == LOOKING]


async def test_every_look_is_a_charge_of_its_own_kind(dear: Atelier, chat: ChatServer) -> None:
    album, _ = await dear.draw(dear.openai, dear.studio, angles=["front", "front-three-quarter"])
    found = await looks(dear, album)
    assert Counter((one.outcome, one.cost, one.model) for one in found) == {(Outcome.LOOKED, COST, "m"): 2}
    assert {one.reserved for one in found} == {EXPECTED}
    assert len(chat.asked) == 2
    figures = await dear.storage.stats.figures(None)
    assert dict(figures.costs)[LOOKING] == pytest.approx(2 * COST)
    assert figures.not_delivered == 0
    spent = await dear.storage.ledger.spent("7", "7")
    assert spent.everybody - spent.person == pytest.approx(2 * COST)
    assert spent.person == spent.chat


async def test_where_everybodys_money_is_gone_nobody_looks_and_the_picture_is_shown(
    dear: Atelier, chat: ChatServer
) -> None:
    chat.content = WRONG[OTHER_BADGE]
    dear.budgets = Budgets(limits=Limits(everybody=PICTURE + EXPECTED / 2))
    dear.server.tokens = lambda _entry: (0, 0, 650)
    album, views = await dear.draw(dear.openai, dear.studio, angles=["front"])
    assert (views["front"].provider, views["front"].warnings) == ("openai", ())
    assert not chat.asked
    assert await looks(dear, album) == []


async def test_a_persons_own_budget_does_not_pay_for_it(dear: Atelier, chat: ChatServer) -> None:
    dear.budgets = Budgets(limits=Limits(person=PICTURE, chat=PICTURE))
    album, _ = await dear.draw(dear.openai, dear.studio, angles=["front"])
    assert [one.outcome for one in await looks(dear, album)] == [Outcome.LOOKED]


async def test_what_a_look_really_cost_is_set_aside_for_the_next(dear: Atelier, chat: ChatServer) -> None:
    chat.tokens = (30_000, 80)
    drawer = dear.drawer(dear.openai, dear.studio)
    reserved = []
    for _ in range(2):
        session, album = await dear.accept(angles=["front"])
        await drawer.draw_set(session, album)
        reserved += [one.reserved for one in await looks(dear, album)]
    assert reserved == [EXPECTED, (30_000 + 800) / 1_000_000]


ENDS: dict[str, tuple[dict[str, Any], list[tuple[Outcome, float | None]]]] = {
    "refused": ({"refusal": "I cannot look at this."}, [(Outcome.LOOKED, COST)]),
    "cut short": ({"finish": "length"}, [(Outcome.LOOKED, COST)]),
    "too many": ({"status": 429}, []),
    "broken": ({"status": 500}, []),
    "gateway": ({"status": 504}, [(Outcome.MAYBE, None)]),
    "a page": ({"raw": "<html>busy</html>"}, [(Outcome.MAYBE, None)]),
    "not counted": ({"tokens": None}, [(Outcome.MAYBE, None)]),
    "late": ({"delay": 30.0}, [(Outcome.MAYBE, None)]),
}


@pytest.mark.parametrize("name", ENDS)
async def test_however_it_ends_the_books_say_what_it_cost(atelier: Atelier, name: str) -> None:
    how, expected = ENDS[name]
    chat = ChatServer(**{"content": GOOD, "tokens": (1_500, 80), **how})
    async with chat, open_judge(chat, seconds=0.5 if "delay" in how else 10, charges=PRICE) as judge:
        atelier.judge = judge
        album, views = await atelier.draw(atelier.openai, atelier.studio, angles=["front"])
    assert views["front"].provider == "openai"
    assert [(one.outcome, one.cost) for one in await looks(atelier, album)] == expected


async def test_while_it_rests_nothing_is_set_aside(dear: Atelier, chat: ChatServer) -> None:
    chat.status = 500
    for _ in range(5):
        album, _ = await dear.draw(dear.openai, dear.studio, angles=["front"])
        assert await looks(dear, album) == []
    assert len(chat.asked) == 3


async def test_a_look_that_is_cut_off_may_have_been_paid(dear: Atelier, chat: ChatServer) -> None:
    chat.delay = 60
    session, album = await dear.accept(angles=["front"])
    drawing = asyncio.create_task(dear.drawer(dear.openai, dear.studio).draw_set(session, album))
    async with asyncio.timeout(10):
        while not chat.asked:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
    drawing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await drawing
    assert [one.outcome for one in await looks(dear, album)] == [Outcome.MAYBE]


async def test_the_longest_name_decides_and_the_operator_has_the_last_word() -> None:
    assert chat_price("gpt-5-mini-2026-01-01", own_server=False) == ChatPrice(0.25, 2)
    assert chat_price("openai/gpt-5", own_server=True) == ChatPrice(1.25, 10)
    # another generation is not the one whose name it begins with
    newer = chat_price("gpt-5.9", own_server=False)
    assert newer.cost((1_000, 100)) >= chat_price("gpt-5", own_server=False).cost((1_000, 100))
    assert chat_price("llava", own_server=True).cost((1_000, 100)) == 0
    assert chat_price("llava", own_server=False).cost((1_000, 100)) > 0
    assert chat_price("gpt-5-mini", own_server=False, known=0.002).cost((9, 9)) == 0.002
    assert chat_price("gpt-5-mini", own_server=False, known=0.0).cost((9, 9)) == 0
