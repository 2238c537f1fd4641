"""An edited description offers the edited car; nothing is drawn twice without a press."""

from __future__ import annotations

import json
from typing import Any

from bot.pipeline.model import AlbumState
from tests.loopback.bot_api import message, pressed
from tests.unit.handlers.conftest import House
from tests.unit.handlers.test_chat import told

NOW = 1_800_000_000
"""What the clock of the tests says."""


def edit(text: str, *, number: int = 10, age: int = 60, **more: Any) -> dict[str, Any]:
    """The message of that number, with other words."""
    return {"edited_message": {**message(text, number=number, **more), "date": NOW - age, "edit_date": NOW}}


async def test_an_edit_while_the_album_is_open_offers_the_edited_car_instead(house: House) -> None:
    house.runner.hold = True
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "Drawing")
    await house.api.push(edit("blue BMW X5"))
    await told(house, "Shall I draw the edited car instead?")
    assert len(house.store.sessions) == 1
    offer = house.api.of("sendMessage")[-1]
    assert '"g:"' in offer.fields["reply_markup"]
    assert json.loads(offer.fields["reply_parameters"])["message_id"] == 10
    for _ in range(2):
        await house.api.push(pressed("g:", answered=message("blue BMW X5")))
    await house.api.until(lambda: len(house.store.sessions) == 2)
    await house.queue.join()
    assert len(house.store.sessions) == 2
    assert [album.state for album in house.store.rows.values()] == [AlbumState.CANCELLED, AlbumState.OPEN]


async def test_after_the_album_it_is_drawn_too(house: House) -> None:
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "What next?")
    await house.api.push(edit("blue BMW X5"))
    await told(house, "Shall I draw the edited car too?")
    await house.api.push(pressed("g:", answered=message("blue BMW X5")))
    await house.api.until(lambda: len(house.api.of("sendMediaGroup")) == 2)


async def test_what_changes_no_car_or_comes_late_is_left_alone(house: House) -> None:
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "What next?")
    for update in (
        edit("red BMW X5"),
        edit("a cat"),
        edit("blue BMW X5", age=1000),
        edit("/more", number=10),
    ):
        await house.api.push(update)
    await house.api.push({"message": message("/quota", number=11)})
    await told(house, "no daily limit")
    await house.queue.join()
    assert len(house.store.sessions) == 1
    assert len(house.api.said()) <= 3


async def test_an_edit_that_makes_a_car_readable_draws_it_once(house: House) -> None:
    await house.api.push({"message": message("red bwm")})
    await told(house, "I found no car")
    for _ in range(2):
        await house.api.push(edit("red BMW X5"))
    await told(house, "What next?")
    await house.queue.join()
    assert len(house.api.of("sendMediaGroup")) == 1


async def test_a_stranger_cannot_press_it(house: House) -> None:
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "What next?")
    await house.api.push(pressed("g:", user=8, answered=message("blue BMW X5")))
    await told(house, "Please describe the car once more")
    assert len(house.store.sessions) == 1


async def test_a_channel_and_admins_behind_their_group(house: House) -> None:
    """Hidden admins are one user in all groups at Telegram: their cars belong to the group."""
    hidden = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    for number, (chat, sender) in enumerate([(-5, -5), (-5, -99), (-6, -6)], 20):
        said = message("@rakurs_bot red BMW X5", number=number, chat=chat)
        said |= {"from": hidden, "sender_chat": {"id": sender, "type": "supergroup", "title": "g"}}
        await house.api.push({"message": said})
    await house.api.until(lambda: len(house.api.of("sendMediaGroup")) == 2)
    await house.queue.join()
    assert {session.owner for session in house.store.sessions.values()} == {"-5", "-6"}
