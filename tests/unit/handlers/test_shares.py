"""A car is seen by others through its link alone, and only while its owner shares it."""

from __future__ import annotations

import json
import re

from bot.pipeline.model import Session
from tests.loopback.bot_api import message, pressed
from tests.unit.handlers.conftest import House
from tests.unit.handlers.test_chat import told
from tests.unit.handlers.test_spins import a_car

FRIEND = 8


async def a_link(house: House, session: Session) -> str:
    """What follows `?start=` in the link."""
    await house.api.push(pressed(f"e:{session.id}"))
    await told(house, "Whoever has this link")
    said = next(call for call in house.api.of("sendMessage") if "Whoever has" in call.fields["text"])
    found = re.search(r"https://t\.me/rakurs_bot\?start=([A-Za-z0-9_-]+)", said.fields["text"])
    assert found is not None
    buttons = json.loads(said.fields["reply_markup"])["inline_keyboard"]
    assert buttons[0][0]["url"].startswith("https://t.me/share/url?url=https%3A%2F%2Ft.me%2Frakurs_bot")
    return found[1]


async def open_it(house: House, payload: str, number: int = 20) -> None:
    await house.api.push({"message": message(f"/start {payload}", number=number, user=FRIEND, chat=FRIEND)})


async def test_a_friend_sees_the_album_without_an_upload_and_may_have_one_of_their_own(house: House) -> None:
    session = await a_car(house)
    payload = await a_link(house, session)
    assert len(payload) <= 64
    await open_it(house, payload)
    await told(house, "one of your own")
    shown = house.api.of("sendMediaGroup")[1]
    media = json.loads(shown.fields["media"])
    assert (shown.fields["chat_id"], shown.files) == (str(FRIEND), {})
    assert [one["media"] for one in media] == [view.file_id for view in house.store.view_rows[session.id]]
    assert media[0]["caption"] == "<b>BMW X5, 2021, red</b>\nShared with you"
    await house.api.push(pressed(f"M:{payload}", user=FRIEND, chat=FRIEND))
    await house.api.until(lambda: len(house.api.of("sendMediaGroup")) == 3)
    mine = next(one for one in house.store.sessions.values() if one.owner == str(FRIEND))
    assert (mine.spec, mine.id != session.id) == (session.spec, True)


async def test_the_id_alone_or_a_guess_or_a_link_taken_back_opens_nothing(house: House) -> None:
    session = await a_car(house)
    await open_it(house, f"{session.id}-AAAAAAAAAAAA", 20)
    await told(house, f"I know no car {session.id} of yours")
    payload = await a_link(house, session)
    for number, guess in enumerate((session.id, f"{session.id}-AAAAAAAAAAAA", payload[:-1]), 21):
        await open_it(house, guess, number)
    await house.api.push(pressed(f"M:{session.id}:AAAAAAAAAAAA", user=FRIEND, chat=FRIEND))
    await house.api.push(
        pressed(f"M:{payload[:-1]}{'y' if payload[-1] == 'x' else 'x'}", user=FRIEND, chat=FRIEND)
    )
    await house.api.until(lambda: sum("I know no car" in text for text in house.api.said()) == 5)
    await house.api.push(pressed(f"E:{session.id}"))
    await told(house, "does not work any more")
    await open_it(house, payload, 30)
    await house.api.push(pressed(f"M:{payload}", user=FRIEND, chat=FRIEND))
    await house.api.until(lambda: sum("I know no car" in text for text in house.api.said()) == 7)
    assert len(house.api.of("sendMediaGroup")) == 1
    assert len(house.store.sessions) == 1
    await house.api.push(pressed(f"E:{session.id}"))
    await told(house, "is not shared")


async def test_a_link_before_the_album_is_there_says_so(house: House) -> None:
    house.runner.hold = True
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "Drawing")
    (session,) = house.store.sessions.values()
    await open_it(house, await a_link(house, session))
    await told(house, "not ready yet")


async def test_any_other_start_is_a_greeting(house: House) -> None:
    await open_it(house, "new")
    await told(house, "Describe a car, and I draw")
