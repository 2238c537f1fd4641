"""Nobody reaches another person's car: every command, every button and every link, as a stranger and in groups.

What there is to try is read from the code itself: a new command or button is tried the day it is written.
"""

from __future__ import annotations

import ast
import asyncio
import copy
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from telegram.ext import CommandHandler

import bot.handlers
from bot.handlers.admins import OnlyAdmins
from bot.handlers.menus import ADMIN_MENU, MENU
from bot.pipeline.model import Session
from tests.fakes.cars import FRONT, SIDE, a_picture, a_session, an_album, blank_views
from tests.loopback.bot_api import message, pressed
from tests.unit.handlers.conftest import ADMIN, House

OWNER = 7
SOURCES = sorted(Path(bot.handlers.__file__).parent.glob("*.py"))
GENERAL = {"u": "u:0", "l": "l:uk", "p": "p:0", "g": "g", "M": "M:{session}-AAAAAAAAAAAA"}
"""Buttons that name no car (or only with a link's token), and what they carry."""
PRIVATE = ("Octavia", "Škoda", "Чорний", "1234", "file-of-the-owner", "100200")


def verbs() -> frozenset[str]:
    """The first letter of every payload that the code makes or takes."""
    made = {
        found
        for source in SOURCES
        for found in re.findall(r'f?"([A-Za-z]{1,2}):\{', source.read_text(encoding="utf-8"))
    }
    buttons = ast.parse(Path(bot.handlers.__file__).with_name("buttons.py").read_text(encoding="utf-8"))
    taken: set[str] = set()
    for node in ast.walk(buttons):
        if isinstance(node, ast.MatchValue) and isinstance(node.value, ast.Constant):
            taken.add(str(node.value.value))
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == "verb":
            constants = [one for one in ast.walk(node) if isinstance(one, ast.Constant)]
            taken |= {str(one.value) for one in constants}
    return frozenset(made | taken)


def commands(house: House) -> frozenset[str]:
    """Every word that a handler hears as a command, and those that one handler tells apart."""
    heard = {
        name
        for group in house.app.handlers.values()
        for handler in group
        if isinstance(handler, CommandHandler)
        for name in handler.commands
    }
    start = ast.parse(Path(bot.handlers.__file__).with_name("start.py").read_text(encoding="utf-8"))
    told_apart = {
        str(constant.value)
        for node in ast.walk(start)
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == "name"
        for constant in ast.walk(node)
        if isinstance(constant, ast.Constant)
    }
    return frozenset(heard | told_apart | set(MENU) | set(ADMIN_MENU))


async def a_car_of_the_owner(house: House, number: int, chat: int) -> Session:
    """One delivered album whose every fact would be seen if it leaked."""
    store = house.store
    session = a_session(str(number), owner=str(OWNER), chat=str(chat), created=store.now - 60)
    album = an_album(session, FRONT, SIDE)
    await store.accept(session, album, blank_views(album))
    for angle in (FRONT, SIDE):
        await store.save_picture(session.id, angle, a_picture(f"{session.id} {angle}".encode()))
        await store.choose(session.id, angle, "fake")
        store._set(session.id, angle, file_id=f"file-of-the-owner-{angle}")
    store.messages[str(chat), "100200"] = session.id
    return session


@dataclass(slots=True)
class Belongings:
    """All that is stored of the owner's cars."""

    house: House

    def now(self) -> dict[str, Any]:
        store = self.house.store
        mine = {key for key, session in store.sessions.items() if session.owner == str(OWNER)}
        return copy.deepcopy(
            {
                "sessions": {key: store.sessions[key] for key in mine},
                "albums": {key: row for key, row in store.rows.items() if row.session_id in mine},
                "views": {key: store.view_rows[key] for key in mine},
                "pictures": {key for key in store.pictures if key[0] in mine},
                "tokens": {key: token for key, token in store.tokens.items() if key in mine},
                "language": store.languages.get(str(OWNER)),
            }
        )


async def settled(house: House, updates: Sequence[dict[str, Any]]) -> None:
    """Push them all, and wait until every handler is through."""
    numbers = {await house.api.push(update) for update in updates}
    async with asyncio.timeout(60):
        while not numbers <= house.store.handled:  # noqa: ASYNC110 - the store has no bell to wait for
            await asyncio.sleep(0.02)


def shown_to(house: House, chat: int) -> str:
    """Everything that was said and shown in that chat, in one text."""
    calls = [call for call in house.api.calls if call.fields.get("chat_id") == str(chat)]
    return "\n".join(" ".join((call.method, *call.fields.values())) for call in calls)


def assert_nothing_leaked(house: House, chats: Sequence[int]) -> None:
    for chat in chats:
        shown = shown_to(house, chat)
        for word in PRIVATE:
            assert word not in shown, f"{word} in {shown}"
        for call in house.api.calls:
            if call.fields.get("chat_id") == str(chat):
                assert not call.files, call.method
    assert not any("Something went wrong" in text for text in house.api.said())


def test_what_there_is_to_try_was_found() -> None:
    assert {"m", "a", "K", "D", "x", "r", "s", "f"} <= verbs()
    assert set(GENERAL) <= verbs()
    assert all(len(verb) == 1 for verb in verbs()), verbs()


async def test_no_button_opens_or_changes_a_strangers_car(house: House) -> None:
    session = await a_car_of_the_owner(house, 1, OWNER)
    belongings = Belongings(house)
    before = belongings.now()
    tries = {2000 + number: verb for number, verb in enumerate(sorted(verbs()))}
    await settled(
        house,
        [
            pressed(
                GENERAL.get(verb, f"{verb}:{session.id}:1").format(session=session.id),
                user=stranger,
                chat=stranger,
                answered=message("a question", user=OWNER, chat=stranger),
            )
            for stranger, verb in tries.items()
        ],
    )
    assert_nothing_leaked(house, list(tries))
    assert belongings.now() == before
    for stranger, verb in tries.items():
        if verb not in GENERAL:
            assert f"I know no car {session.id} of yours." in shown_to(house, stranger), verb


async def test_in_a_group_only_the_owner_and_its_admins_press_a_cars_buttons(house: House) -> None:
    house.api.masters = {9}
    plain = sorted(verbs() - set(GENERAL))
    groups = {-5000 - number: verb for number, verb in enumerate(plain)}
    cars = {group: await a_car_of_the_owner(house, group, group) for group in groups}
    belongings = Belongings(house)
    before = belongings.now()
    elsewhere = await a_car_of_the_owner(house, 1, OWNER)
    await settled(
        house,
        [pressed(f"{verb}:{cars[group].id}:1", user=8, chat=group) for group, verb in groups.items()]
        # whoever owns one group owns nothing in another, and nothing in private chats
        + [pressed(f"{verb}:{cars[-5000].id}:1", user=9, chat=-6000) for verb in plain[:5]]
        + [pressed(f"{verb}:{elsewhere.id}:1", user=9, chat=-6001) for verb in plain[:5]],
    )
    assert_nothing_leaked(house, [*groups, -6000, -6001])
    del house.store.sessions[elsewhere.id], house.store.rows[f"{elsewhere.id}/1"]
    assert belongings.now() == before
    group = next(group for group, verb in groups.items() if verb == "D")
    await settled(house, [pressed(f"D:{cars[group].id}", user=9, chat=group)])
    assert cars[group].id not in house.store.sessions


async def test_no_command_and_no_link_opens_or_changes_a_strangers_car(house: House) -> None:
    session = await a_car_of_the_owner(house, 1, OWNER)
    await a_car_of_the_owner(house, 2, -7)
    house.store.tokens[session.id] = "the-right-token"
    belongings = Belongings(house)
    before = belongings.now()
    lines = [
        f"/{name}{rest}"
        for name in sorted(commands(house))
        for rest in ("", f" {session.id}", f" {session.id.lower()} front", f" {session.id}-AAAAAAAAAAAA")
    ]
    tries = {3000 + number: line for number, line in enumerate(lines)}
    updates = [
        {"message": message(line, number=number, user=number, chat=number)} for number, line in tries.items()
    ]
    # in the group where the car was drawn, as an answer to its album and by name
    groups = {-8000 - number: name for number, name in enumerate(sorted(commands(house)))}
    for group, name in groups.items():
        house.store.messages[str(group), "500"] = session.id
        said = message(f"/{name}", number=600, user=8, chat=group)
        said["reply_to_message"] = message("the album", number=500, user=424242, chat=group)
        updates.append({"message": said})
    await settled(house, updates)
    assert_nothing_leaked(house, [*tries, *groups])
    assert belongings.now() == before


async def test_inline_mode_shows_ones_own_cars_alone(house: House) -> None:
    session = await a_car_of_the_owner(house, 1, OWNER)
    asked = {"id": "5", "query": session.id, "offset": ""}
    for user in (8, OWNER):
        person = {"id": user, "is_bot": False, "first_name": "x"}
        await settled(house, [{"inline_query": {**asked, "from": person}}])
    strangers, owners = [json.loads(call.fields["results"]) for call in house.api.of("answerInlineQuery")]
    assert strangers == []
    assert owners


def forged(session: Session, dice: random.Random) -> Iterator[str]:
    """Payloads that no button of ours carries."""
    junk = (
        "9" * 55,
        "-1",
        "٣",
        "²",
        "1e9",
        "🚗" * 12,
        "../../etc/passwd",
        "%00",
        "\x00",
        "' OR 1=1 --",
        "<b>",
        "{0}",
    )
    names = [session.id, session.id.lower(), "CAR-00000000", "CAR-", "", "null", *junk]
    for verb in (*sorted(verbs()), "Z", "", "mm", ":", "🚗"):
        for _ in range(6):
            parts = [verb, dice.choice(names), dice.choice(junk), dice.choice(junk)]
            yield ":".join(parts[: dice.randint(1, 4)]).encode()[:64].decode(errors="ignore")


async def test_forged_payloads_break_nothing_and_open_nothing(house: House) -> None:
    session = await a_car_of_the_owner(house, 1, OWNER)
    belongings = Belongings(house)
    before = belongings.now()
    payloads = list(forged(session, random.Random(8)))
    assert len(payloads) > 120
    await settled(
        house,
        [pressed(data, user=4000 + number, chat=4000 + number) for number, data in enumerate(payloads)],
    )
    assert_nothing_leaked(house, range(4000, 4000 + len(payloads)))
    assert belongings.now() == before


async def test_every_payload_that_is_offered_fits_and_is_one_of_those_tried(house: House) -> None:
    session = await a_car_of_the_owner(house, 1, OWNER)
    offers = [f"{verb}:{session.id}:1" for verb in ("m", "k", "y", "d", "e", "o")]
    spoken = ["/cars", "/language", "two cars", "maybe", "red BMW X5"]
    await settled(
        house,
        [
            # each in a chat of its own: one alone would be paced
            *(pressed(data, chat=7000 + number) for number, data in enumerate(offers)),
            *({"message": message(text, chat=7100 + number)} for number, text in enumerate(spoken)),
        ],
    )
    datas = [
        button["callback_data"]
        for call in house.api.calls
        for row in json.loads(call.fields.get("reply_markup", "{}")).get("inline_keyboard", [])
        for button in row
        if "callback_data" in button
    ]
    assert len(datas) > 40
    assert all(len(data.encode()) <= 64 for data in datas)
    assert {data.partition(":")[0] for data in datas} <= verbs()


class TestOperators:
    """Their commands do not exist for others."""

    def test_every_operators_command_stands_behind_the_one_check(self, house: House) -> None:
        callbacks = {
            name: handler.callback
            for group in house.app.handlers.values()
            for handler in group
            if isinstance(handler, CommandHandler)
            for name in handler.commands
        }
        assert all(isinstance(callbacks[name], OnlyAdmins) for name in ADMIN_MENU)
        behind = {name for name, callback in callbacks.items() if isinstance(callback, OnlyAdmins)}
        assert behind == set(ADMIN_MENU)

    def test_who_is_an_operator_is_asked_in_two_places_only(self) -> None:
        asking = {
            source.name
            for source in SOURCES
            for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute) and node.attr == "admin" and isinstance(node.ctx, ast.Load)
        }
        assert asking == {"admins.py", "access.py"}

    @pytest.mark.parametrize(
        "line", [f"/{name}{rest}" for name in ADMIN_MENU for rest in ("", " csv", "@rakurs_bot")]
    )
    async def test_they_sound_like_any_unknown_command(self, house: House, line: str) -> None:
        await settled(
            house,
            [
                {"message": message("/nonsense", number=1, user=8, chat=8)},
                {"message": message(line, number=2, user=8, chat=8)},
                {"message": message(line, number=3, user=8, chat=-9)},
                {"message": message(line, number=4, user=ADMIN, chat=-9)},
                {"edited_message": {**message(line, number=5, user=8, chat=8), "edit_date": 2}},
            ],
        )
        first, *others = [call.fields["text"] for call in house.api.of("sendMessage")]
        assert set(others) <= {first}
        assert len(others) >= 1
        assert shown_to(house, -9) == ""
        assert not house.api.of("sendPhoto")
        assert not house.api.of("sendDocument")
