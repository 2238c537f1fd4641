"""What people see of a turning car: progress, one animation, and clear words otherwise."""

from __future__ import annotations

import asyncio

from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.model import AlbumState, Session
from tests.fakes.spins import FILM
from tests.loopback.bot_api import message, pressed
from tests.unit.handlers.conftest import House
from tests.unit.handlers.test_chat import told


async def a_car(house: House) -> Session:
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "What next?")
    (session,) = house.store.sessions.values()
    return session


async def filmed(house: House) -> None:
    """Wait until no film is under way."""
    await house.queue.join()
    await asyncio.gather(*(task for _, task in house.spinner._tasks.values()))
    await asyncio.sleep(0)


async def test_a_spin_by_its_command_is_one_animation_that_says_whose_it_is(house: House) -> None:
    session = await a_car(house)
    await house.api.push({"message": message(f"/spin {session.id}", number=11)})
    await house.api.until(lambda: house.api.of("sendAnimation"))
    (sent,) = house.api.of("sendAnimation")
    assert FILM in sent.files.values()
    assert session.id in sent.fields["caption"]
    assert "The album is by fake" in sent.fields["caption"]


async def test_the_second_time_nothing_is_filmed(house: House) -> None:
    session = await a_car(house)
    await house.api.push({"message": message("/spin", number=11)})
    await house.api.until(lambda: house.api.of("sendAnimation"))
    await filmed(house)
    await house.api.push(pressed(f"o:{session.id}"))
    await house.api.until(lambda: len(house.api.of("sendAnimation")) == 2)
    again = house.api.of("sendAnimation")[1]
    assert again.fields["animation"] == house.spins.rows[session.id].file_id
    assert not again.files
    assert house.films.made == [session.id]


async def test_progress_is_shown_and_the_button_stops_it(house: House) -> None:
    house.films.gate = asyncio.Event()
    session = await a_car(house)
    await house.api.push({"message": message("/spin", number=11)})
    await told(house, "Turning <b>BMW X5")
    await house.api.until(
        lambda: any("●●●●●○" in call.fields["text"] for call in house.api.of("sendMessage"))
    )
    stop = next(call for call in house.api.of("sendMessage") if "Turning" in call.fields["text"])
    assert f"O:{session.id}" in stop.fields["reply_markup"]
    await house.api.push({"message": message("/spin", number=12)})
    await told(house, "One car turns at a time")
    await house.api.push(pressed(f"O:{session.id}"))
    await told(house, "Stopped.")
    await house.api.until(lambda: house.api.of("deleteMessage"))
    assert not house.api.of("sendAnimation")


async def test_cancel_stops_a_film_too(house: House) -> None:
    house.films.gate = asyncio.Event()
    await a_car(house)
    await house.api.push({"message": message("/spin", number=11)})
    await told(house, "Turning")
    await house.api.push({"message": message("/cancel", number=12)})
    await told(house, "Stopped.")


async def test_a_film_that_fails_offers_another_try(house: House) -> None:
    house.films.fails = [ProviderError(provider="studio", kind=FailureKind.CRASHED)]
    session = await a_car(house)
    await house.api.push({"message": message("/spin", number=11)})
    await told(house, "could not be filmed")
    assert f"o:{session.id}" in house.api.of("sendMessage")[-1].fields["reply_markup"]


async def test_an_answer_that_was_lost_is_not_sent_again_by_itself(house: House) -> None:
    house.api.faults["sendAnimation"] = ["cut"]
    session = await a_car(house)
    await house.api.push({"message": message("/spin", number=11)})
    await told(house, "did not confirm that your film")
    await filmed(house)
    assert len(house.api.of("sendAnimation")) == 1
    await house.api.push(pressed(f"o:{session.id}"))
    await house.api.until(lambda: len(house.api.of("sendAnimation")) == 2)
    assert house.films.made == [session.id]


async def test_a_film_waits_out_what_telegram_says_to_wait(house: House) -> None:
    house.api.faults["sendAnimation"] = [(429, {"parameters": {"retry_after": 1}})]
    session = await a_car(house)
    await house.api.push({"message": message("/spin", number=11)})
    await house.api.until(lambda: len(house.api.of("sendAnimation")) == 2)
    await filmed(house)
    assert house.spins.rows[session.id].state is AlbumState.DELIVERED
    assert "did not confirm" not in "".join(house.api.said())


async def test_a_film_follows_its_group_to_its_new_number(house: House) -> None:
    house.api.faults["sendAnimation"] = [(400, {"parameters": {"migrate_to_chat_id": -1007}})]
    session = await a_car(house)
    await house.api.push({"message": message("/spin", number=11)})
    await house.api.until(lambda: len(house.api.of("sendAnimation")) == 2)
    await filmed(house)
    assert house.api.of("sendAnimation")[1].fields["chat_id"] == "-1007"
    assert house.spins.rows[session.id].state is AlbumState.DELIVERED
