"""The vision check: asked blind, one more picture at most, then a label; never in the way of delivery."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.app import open_house
from bot.config import Settings
from bot.pipeline.angles import CATALOGUE
from bot.pipeline.chat import Chat
from bot.pipeline.chat_prices import ChatPrice
from bot.pipeline.generate.sight import contradiction
from bot.pipeline.generate.vision import ChatJudge
from bot.pipeline.model import (
    NOT_ONE_CAR,
    OTHER_BADGE,
    OTHER_SIDE,
    Album,
    AngleName,
    CarSpec,
    Framing,
    Rung,
)
from bot.pipeline.money import Outcome
from bot.pipeline.ports import Sight
from tests.fakes.cars import a_session, an_album, blank_views
from tests.loopback.chat import ChatServer
from tests.loopback.pictures import Fault, PictureServer, picture_bytes
from tests.reading import RULES
from tests.unit.generate.conftest import SPEC, Atelier, Listener, open_atelier

FRONT = {
    "cars": 1,
    "whole": True,
    "end": "front",
    "nose": "camera",
    "maker": "BMW",
    "body": "SUV",
    "color": "red",
}
GOOD = json.dumps(FRONT)
WRONG = {
    OTHER_BADGE: json.dumps({**FRONT, "maker": "Audi"}),
    OTHER_SIDE: json.dumps({**FRONT, "end": "rear", "nose": "away", "maker": None}),
    NOT_ONE_CAR: json.dumps({**FRONT, "cars": 0, "end": "unclear", "nose": "unclear", "maker": None}),
}


@pytest.fixture
async def chat() -> AsyncIterator[ChatServer]:
    async with ChatServer(content=GOOD) as server:
        yield server


@asynccontextmanager
async def open_judge(
    chat: ChatServer, *, seconds: float, charges: ChatPrice | None = None
) -> AsyncIterator[ChatJudge]:
    talk = Chat(api_key="k", base_url=chat.url, model="m", seconds=seconds)
    judge = ChatJudge(understanding=RULES, chat=talk, clock=time.monotonic, charges=charges)
    yield judge
    await judge.close()


@pytest.fixture
async def judged(tmp_path: Path, chat: ChatServer) -> AsyncIterator[Atelier]:
    async with open_atelier(tmp_path) as opened, open_judge(chat, seconds=10) as judge:
        opened.judge = judge
        yield opened


async def test_what_it_agrees_with_is_delivered_as_it_came(judged: Atelier, chat: ChatServer) -> None:
    album, views = await judged.draw(judged.openai, judged.studio, angles=["front"])
    assert isinstance(album, Album)
    assert views["front"].warnings == ()
    assert len(judged.server.ledger) == len(chat.asked) == 1


async def test_it_is_not_told_what_was_asked_for(judged: Atelier, chat: ChatServer) -> None:
    await judged.draw(judged.openai, judged.studio, angles=["front"])
    (asked,) = chat.asked
    system, user = asked["messages"]
    (part,) = user["content"]
    assert part["image_url"]["url"].startswith("data:image/jpeg;base64,")
    assert not any(word in system["content"] for word in ("BMW", "X5", "2021", "red "))
    assert "BMW" not in json.dumps(asked["response_format"])


async def test_one_contradiction_makes_the_view_again(judged: Atelier, chat: ChatServer) -> None:
    for warning, said in WRONG.items():
        bought = len(judged.server.ledger)
        chat.contents = [said, GOOD]
        _, views = await judged.draw(judged.openai, judged.studio, angles=["front"])
        assert views["front"].warnings == (), warning
        assert len(judged.server.ledger) - bought == 2, warning


async def test_the_second_contradiction_is_a_label(judged: Atelier, chat: ChatServer) -> None:
    for warning, chat.content in WRONG.items():
        bought = len(judged.server.ledger)
        album, views = await judged.draw(judged.openai, judged.studio, angles=["front"])
        assert isinstance(album, Album)
        assert album.provider == "openai"
        assert views["front"].warnings == (warning,)
        assert len(judged.server.ledger) - bought == 2, warning


async def test_where_the_other_one_fails_the_first_is_shown_with_its_label(
    judged: Atelier, chat: ChatServer
) -> None:
    chat.content = WRONG[OTHER_BADGE]
    judged.server.faults = lambda _entry, before: Fault(status=400) if before else None
    _, views = await judged.draw(judged.openai, judged.studio, angles=["front"])
    assert (views["front"].provider, views["front"].warnings) == ("openai", (OTHER_BADGE,))
    assert len(judged.server.ledger) == 2


FAULTS: dict[str, dict[str, Any]] = {
    "refused": {"refusal": "I cannot look at this."},
    "cut short": {"finish": "length"},
    "filtered": {"finish": "content_filter"},
    "no JSON": {"content": "a red car"},
    "values out of range": {"content": json.dumps({**FRONT, "cars": -5})},
    "a page": {"raw": "<html>busy</html>"},
    "no completion": {"raw": "{}"},
    "choices that are none": {"raw": json.dumps({"choices": 5, "usage": 7})},
    "nested too deep": {"raw": "[" * 100_000},
    "too many": {"status": 429},
    "broken": {"status": 500},
}


async def test_without_an_answer_the_picture_goes_out_unlabelled(atelier: Atelier) -> None:
    for name, fault in FAULTS.items():
        bought = len(atelier.server.ledger)
        chat = ChatServer(**{"content": WRONG[OTHER_BADGE], **fault})
        async with chat, open_judge(chat, seconds=10) as judge:
            atelier.judge = judge
            _, views = await atelier.draw(atelier.openai, atelier.studio, angles=["front"])
        assert (views["front"].warnings, views["front"].provider) == ((), "openai"), name
        assert len(atelier.server.ledger) - bought == len(chat.asked) == 1, name


async def test_it_is_not_waited_for_beyond_its_seconds(atelier: Atelier, chat: ChatServer) -> None:
    chat.content, chat.delay = WRONG[OTHER_BADGE], 60.0
    async with open_judge(chat, seconds=0.4) as judge:
        atelier.judge = judge
        async with asyncio.timeout(10):
            _, views = await atelier.draw(atelier.openai, atelier.studio, angles=["front"])
    assert views["front"].warnings == ()
    assert len(atelier.server.ledger) == 1


async def test_it_rests_after_a_few_calls_without_an_answer(judged: Atelier, chat: ChatServer) -> None:
    chat.status = 500
    for _ in range(5):
        await judged.draw(judged.openai, judged.studio, angles=["front"])
    assert len(chat.asked) == 3


async def test_the_studio_cabins_and_details_are_not_looked_at(judged: Atelier, chat: ChatServer) -> None:
    chat.content = WRONG[OTHER_BADGE]
    await judged.draw(judged.studio, angles=["front", "rear"])
    apart = [name for name, angle in CATALOGUE.items() if angle.framing is not Framing.CAR]
    await judged.draw(judged.openai, judged.studio, angles=apart[:3])
    assert len(judged.server.ledger) == 3
    assert not chat.asked


async def test_where_it_is_off_nobody_is_asked(atelier: Atelier, chat: ChatServer) -> None:
    chat.content = WRONG[OTHER_BADGE]
    _, views = await atelier.draw(atelier.openai, atelier.studio, angles=["front"])
    assert views["front"].warnings == ()
    assert not chat.asked


@pytest.mark.parametrize(
    ("angle", "seen", "clear"),
    [
        ("front", 0.0, False),
        ("front", 45.0, False),
        ("front", 315.0, False),
        ("front", 90.0, True),
        ("front", 180.0, True),
        ("side", 270.0, True),
        ("side", 45.0, False),
        ("front-three-quarter", 315.0, True),
        ("front-three-quarter", 90.0, False),
        ("rear-three-quarter", 135.0, False),
        ("rear-three-quarter-right", 135.0, True),
        ("overhead", 270.0, False),
        ("front", None, False),
    ],
)
def test_a_side_contradicts_from_beyond_sixty_degrees(angle: str, seen: float | None, clear: bool) -> None:
    said = contradiction(Sight(cars=1, azimuth=seen), CATALOGUE[AngleName(angle)], SPEC, Rung.FULL)
    assert said == (OTHER_SIDE if clear else None)


@pytest.mark.parametrize(
    ("asked", "maker", "rung", "angle", "clear"),
    [
        ("BMW", "Audi", Rung.FULL, "front", True),
        ("BMW", "BMW", Rung.FULL, "front", False),
        ("BMW", None, Rung.FULL, "front", False),
        (None, "Audi", Rung.FULL, "front", False),
        ("BMW", "Audi", Rung.UNBADGED, "front", False),
        ("BMW", "Audi", Rung.FULL, "side", False),
        ("Opel", "Vauxhall", Rung.FULL, "front", False),
        ("Great Wall", "Haval", Rung.FULL, "front", False),
    ],
)
def test_a_badge_contradicts_where_one_was_asked_for(
    asked: str | None, maker: str | None, rung: Rung, angle: str, clear: bool
) -> None:
    spec = CarSpec(brand=asked)
    said = contradiction(Sight(cars=1, maker=maker), CATALOGUE[AngleName(angle)], spec, rung)
    assert said == (OTHER_BADGE if clear else None)


async def test_makers_are_known_by_any_of_their_names(chat: ChatServer) -> None:
    found = []
    async with open_judge(chat, seconds=10) as judge:
        for name in ("VW", "Škoda", "Zorglub", None):
            chat.content = json.dumps({**FRONT, "maker": name})
            looked = await judge.see(picture_bytes("a"))
            assert looked.sight is not None
            found.append(looked.sight.maker)
    assert found == ["Volkswagen", "Skoda", None, None]


async def test_a_view_that_came_while_the_judge_was_looking_is_still_compared(
    judged: Atelier, chat: ChatServer
) -> None:
    chat.delay = 0.1
    same = picture_bytes("one")
    judged.server.faults = lambda _entry, _before: Fault(content=same)
    chat.content = json.dumps({**FRONT, "cars": None, "end": "unclear", "maker": None})
    _, views = await judged.draw(judged.openai, judged.studio, angles=["front", "rear"])
    assert sorted(len(view.warnings) for view in views.values()) == [0, 1]
    assert len(judged.server.ledger) == 3


async def test_the_setting_switches_it_on(tmp_path: Path, chat: ChatServer) -> None:
    assert Settings.model_fields["rakurs_vision_model"].default is None
    chat.content = WRONG[OTHER_BADGE]
    async with PictureServer(chat=chat) as server:
        settings = Settings(
            _env_file=None,
            openai_base_url=server.openai_url,
            openai_image_edits=False,
            rakurs_providers=("openai",),
            rakurs_search=False,
            rakurs_data_dir=tmp_path,
            rakurs_vision_model="looker",
            rakurs_vision_price=0.002,
        )
        async with open_house(settings, progress=Listener()) as house:
            session = a_session()
            album = an_album(session, AngleName("front"))
            await house.storage.sessions.accept(session, album, blank_views(album))
            await house.drawer.draw_set(session, album)
            (view,) = await house.storage.sessions.views(session.id)
            charges = await house.storage.ledger.charges(session.id)
    assert view.warnings == (OTHER_BADGE,)
    # a look has the price that was set, also where the server counts no tokens
    assert [(one.outcome, one.cost) for one in charges if one.provider == "vision"] == [
        (Outcome.LOOKED, 0.002)
    ] * 2
    assert [one["model"] for one in chat.asked] == ["looker", "looker"]
