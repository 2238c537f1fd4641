"""What people see: descriptions become albums, everything else a clear sentence."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from bot.handlers.access import AccessLimits
from bot.handlers.menus import set_menus
from bot.handlers.outbox import Limits
from bot.handlers.texts import Texts
from bot.pipeline.model import AlbumState, Session
from tests.loopback.bot_api import message, pressed
from tests.unit.handlers.conftest import ADMIN, House

much = pytest.mark.parametrize("pace", [Limits(chat_burst=60.0)], ids=[""])
"""Says more at once than Telegram would take without a pause."""


async def told(house: House, part: str) -> None:
    await house.api.until(lambda: any(part in text for text in house.api.said()))


async def test_a_description_becomes_one_album_with_its_seeds(house: House) -> None:
    await house.api.push({"message": message("red BMW X5 <b>&")})
    await told(house, "What next?")
    (album,) = house.api.of("sendMediaGroup")
    media = json.loads(album.fields["media"])
    (session,) = house.store.sessions.values()
    assert len(media) == len(album.files) == 5
    caption = media[0]["caption"]
    assert session.id in caption
    assert "red BMW X5 &lt;b&gt;&amp;" not in house.store.sessions
    assert all(str(view.seed) in caption for view in house.store.view_rows[session.id])
    assert house.api.of("deleteMessage") or len(house.api.said()) == 1


async def test_the_same_message_twice_is_one_album(house: House) -> None:
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "What next?")
    await house.api.push({"message": message("red BMW X5")})
    await house.api.push({"message": message("/help", number=11)})
    await told(house, "Describe a car, and I draw")
    assert len(house.api.of("sendMediaGroup")) == 1


async def test_two_messages_whose_hashes_begin_alike_are_two_cars(house: House) -> None:
    # SHA-256 of bot, chat and these two numbers begins with the same 32 bits
    for number in (39972, 76186, 39972):
        await house.api.push({"message": message("red BMW X5", number=number)})
    await house.api.push({"message": message("/help", number=11)})
    await told(house, "Describe a car, and I draw")
    await house.api.until(lambda: len(house.api.of("sendMediaGroup")) == 2)
    assert len(house.store.sessions) == 2


async def test_one_angle_is_a_photo_and_not_a_group(house: House) -> None:
    await house.api.push({"message": message("red BMW front")})
    await told(house, "What next?")
    assert len(house.api.of("sendPhoto")) == 1
    assert not house.api.of("sendMediaGroup")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a cat", "I found no car in that"),
        ("x" * 4000, "at most 500 characters"),
        ("nude BM", "I only draw cars"),
        ("two cars", "Which one shall I draw?"),
        ("maybe", "Did you mean this car?"),
        ("/more CAR-00000000 front", "I know no car CAR-00000000 of yours"),
        ("/more", "You have no car yet"),
        ("/stats", "I do not know this command"),
        ("/nonsense", "I do not know this command"),
        ("/health", "I do not know this command"),
        ("/cancel", "Nothing is being drawn"),
        ("/cars", "You have no car yet"),
        ("/quota", "no daily limit"),
        ("/start CAR-1", "I know no car CAR-1 of yours"),
    ],
)
async def test_every_bad_input_gets_a_clear_sentence(house: House, text: str, sentence: str) -> None:
    await house.api.push({"message": message(text)})
    await told(house, sentence)
    assert not house.store.sessions


async def test_more_by_words_by_buttons_and_past_the_limit(house: House) -> None:
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "What next?")
    (session,) = house.store.sessions.values()
    await house.api.push({"message": message(f"/more {session.id} wheel, trunk", number=11)})
    await house.api.until(lambda: len(house.api.of("sendMediaGroup")) == 2)
    await house.api.push({"message": message("/more sideways", number=12)})
    await told(house, "I know no angle")
    await house.api.push({"message": message("/more top, overhead, interior, engine", number=13)})
    await told(house, "at most 10 views")
    await house.api.push({"message": message(f"/more {session.id} top", number=14, user=8, chat=8)})
    await told(house, f"I know no car {session.id} of yours")
    await house.api.push({"message": message("/more", number=15)})
    await told(
        house, f"<b>BMW X5, 2021, red</b>\nSession <code>{session.id}</code>\nWhich angle shall I add?"
    )
    offered = json.loads(house.api.of("sendMessage")[-1].fields["reply_markup"])
    datas = [button["callback_data"] for row in offered["inline_keyboard"] for button in row]
    assert f"a:{session.id}:top" in datas
    assert f"a:{session.id}:wheel" not in datas
    assert all(len(data.encode()) <= 64 for data in datas)
    await house.api.push(pressed(f"a:{session.id}:top"))
    await house.api.until(lambda: house.api.of("sendPhoto"))


async def test_a_choice_draws_the_chosen_reading_and_only_for_its_owner(house: House) -> None:
    asked = message("two cars", number=21)
    await house.api.push(pressed("u:1", user=8, answered=asked))
    await told(house, "describe the car once more")
    assert not house.store.sessions
    await house.api.push(pressed("u:1", answered=asked))
    await told(house, "What next?")
    (session,) = house.store.sessions.values()
    assert session.spec.model == "A4"
    caption = json.loads(house.api.of("sendMediaGroup")[0].fields["media"])[0]["caption"]
    assert "&lt;b&gt;Audi&amp;" in caption


@pytest.mark.parametrize(
    "verb", ["m", "a", "k", "y", "r", "s", "x", "f", "d", "D", "o", "O", "e", "E", "c", "v"]
)
async def test_strangers_and_forged_payloads_reach_nothing(house: House, verb: str) -> None:
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "What next?")
    (session,) = house.store.sessions.values()
    await house.api.push(pressed(f"{verb}:{session.id}:1", user=8, chat=8))
    await told(house, f"I know no car {session.id} of yours")
    assert session.id in house.store.sessions


async def test_an_unknown_delivery_is_not_repeated_until_the_button_is_pressed(house: House) -> None:
    house.api.faults["sendMediaGroup"] = ["cut"]
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "did not confirm")
    assert len(house.api.of("sendMediaGroup")) == 1
    (session,) = house.store.sessions.values()
    await house.api.push(pressed(f"s:{session.id}:1"))
    await told(house, "What next?")
    await house.api.push(pressed(f"s:{session.id}:1"))
    await told(house, "already on its way or has arrived")
    assert len(house.api.of("sendMediaGroup")) == 2


async def test_cancel_stops_what_is_being_drawn(house: House) -> None:
    house.runner.hold = True
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "Drawing")
    await house.api.push({"message": message("/cancel", number=11)})
    await told(house, "Stopped 1 album")
    assert house.api.of("deleteMessage")


async def test_deleting_a_car_stops_its_drawing_and_takes_the_status_away(house: House) -> None:
    house.runner.hold = True
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "Drawing")
    (session,) = house.store.sessions
    await house.api.push(pressed(f"D:{session}"))
    await told(house, f"{session} is deleted")
    assert house.api.of("deleteMessage")
    assert (f"{session}/1", AlbumState.CANCELLED) in house.store.moves
    assert not house.store.sessions


async def test_a_disk_that_cannot_even_be_read_is_spoken_of_once_and_nobody_has_to_ask_again(
    house: House,
) -> None:
    house.store.broken = True
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "Your message is not lost")
    await house.api.push({"message": message("/cars", number=11)})
    await asyncio.sleep(0.2)
    house.store.broken = False
    await told(house, "What next?")
    assert sum("cannot save" in text for text in house.api.said()) == 1
    await house.queue.join()
    assert await house.store.pending() == ()


async def test_other_colour_is_a_session_of_its_own(house: House) -> None:
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "What next?")
    (session,) = house.store.sessions.values()
    await house.api.push(pressed(f"K:{session.id}:blue"))
    await house.api.until(lambda: len(house.api.of("sendMediaGroup")) == 2)
    assert {row.spec.color for row in house.store.sessions.values()} == {"red", "blue"}


@much
async def test_cars_that_look_alike_are_listed_with_their_ids(house: House) -> None:
    for number in (11, 12, 13):
        await house.api.push({"message": message("red BMW X5", number=number)})
    await house.api.until(lambda: len(house.store.sessions) == 3)
    *alike, blue = house.store.sessions.values()
    house.store.sessions[blue.id] = replace(blue, spec=replace(blue.spec, color="blue"))
    await house.api.push({"message": message("/cars", number=20)})
    await told(house, "You have 3 cars:")
    (listed,) = (one for one in house.api.of("sendMessage") if "3 cars" in one.fields["text"])
    rows = json.loads(listed.fields["reply_markup"])["inline_keyboard"]
    labels = {button["callback_data"]: button["text"] for (button,) in rows}
    assert labels.pop(f"c:{blue.id}") == "BMW X5, 2021, blue"
    assert labels == {f"c:{one.id}": f"BMW X5, 2021, red · {one.id[4:]}" for one in alike}


async def test_groups_hear_only_what_is_said_to_the_bot(house: House) -> None:
    await house.api.push({"message": message("red BMW X5", chat=-5)})
    await house.api.push({"message": message("@rakurs_bot red BMW X5", number=11, chat=-5)})
    await house.api.until(lambda: house.api.of("sendMediaGroup"))
    assert len(house.store.sessions) == 1


async def test_admins_get_figures_with_a_picture_and_a_file(house: House) -> None:
    await house.api.push({"message": message("/stats", user=ADMIN, chat=ADMIN)})
    await house.api.until(lambda: house.api.of("sendPhoto"))
    (photo,) = house.api.of("sendPhoto")
    assert "pictures     41   41   41   41" in photo.fields["caption"]
    assert next(iter(photo.files.values())).startswith(b"\x89PNG")
    await house.api.push({"message": message("/stats csv", number=11, user=ADMIN, chat=ADMIN)})
    await house.api.until(lambda: house.api.of("sendDocument"))
    assert b"album_p50" in next(iter(house.api.of("sendDocument")[0].files.values()))


async def test_the_language_is_telegrams_until_another_is_chosen(house: House) -> None:
    await house.api.push({"message": message("/help", language="uk")})
    await told(house, "Опишіть авто")
    await house.api.push(pressed("l:de"))
    await house.api.until(lambda: house.store.languages.get("7") == "de")


async def test_updates_are_stored_before_and_marked_after(house: House) -> None:
    number = await house.api.push({"message": message("/help")})
    await told(house, "Describe a car, and I draw")
    await house.queue.join()
    assert number in house.store.inbox
    assert number in house.store.handled


class TestLimits:
    @pytest.fixture
    def limits(self) -> AccessLimits:
        return AccessLimits(allowed=frozenset({7}), albums_per_day=1)

    async def test_strangers_and_second_albums_are_refused_kindly(self, house: House) -> None:
        await house.api.push({"message": message("red BMW X5", user=8, chat=8)})
        await told(house, "invited people only")
        await house.api.push({"message": message("red BMW X5", number=11)})
        await told(house, "What next?")
        await house.api.push({"message": message("red BMW X5", number=12)})
        await told(house, "last album for today")
        assert len(house.store.sessions) == 1


async def test_what_a_killed_process_left_is_handled_after_the_start(house: House) -> None:
    house.store.inbox[77] = json.dumps({"update_id": 77, "message": message("red BMW X5")})
    assert await house.queue.restore(house.app.bot) == 1
    await told(house, "What next?")
    await house.queue.join()
    assert 77 in house.store.handled
    assert len(house.api.of("sendMediaGroup")) == 1


async def test_an_album_follows_a_group_that_moved(house: House) -> None:
    moved = {"description": "upgraded", "parameters": {"migrate_to_chat_id": -100500}}
    house.api.faults["sendMediaGroup"] = [(400, moved)]
    await house.api.push({"message": message("@rakurs_bot red BMW X5", chat=-5)})
    await house.api.until(lambda: len(house.api.of("sendMediaGroup")) == 2)
    assert [call.fields["chat_id"] for call in house.api.of("sendMediaGroup")] == ["-5", "-100500"]


@much
async def test_commands_on_the_newest_car(house: House) -> None:
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "What next?")
    await house.api.push({"message": message("/colour blue", number=11)})
    await house.api.until(lambda: len(house.api.of("sendMediaGroup")) == 2)
    await house.api.push({"message": message("/file", number=12)})
    await house.api.until(lambda: len(house.api.of("sendMediaGroup")) == 3)
    files = json.loads(house.api.of("sendMediaGroup")[-1].fields["media"])
    assert {row["type"] for row in files} == {"document"}
    await house.api.push({"message": message("/delete", number=13)})
    await told(house, "with all its pictures?")


async def test_retry_does_not_send_a_complete_album_again(house: House) -> None:
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "What next?")
    (session,) = house.store.sessions.values()
    await house.api.push(pressed(f"r:{session.id}:1"))
    await told(house, "already on its way or has arrived")
    assert len(house.api.of("sendMediaGroup")) == 1


async def test_a_person_who_blocked_the_bot_is_left_alone(house: House) -> None:
    house.api.faults["sendMediaGroup"] = [(403, {"description": "Forbidden: bot was blocked by the user"})]
    await house.api.push({"message": message("red BMW X5")})
    await house.api.until(lambda: house.api.of("sendMediaGroup"))
    await house.queue.join()
    assert [album.state for album in house.store.rows.values()] == [AlbumState.FAILED]
    assert len(house.api.of("sendMediaGroup")) == 1
    assert not any("What next?" in text for text in house.api.said())


async def test_telegrams_wish_to_wait_is_obeyed_and_the_album_arrives_once(house: House) -> None:
    wait = {"description": "Too Many Requests", "parameters": {"retry_after": 1}}
    house.api.faults["sendMediaGroup"] = [(429, wait)]
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "What next?")
    first, second = house.api.of("sendMediaGroup")
    assert list(first.files.values()) == list(second.files.values())
    assert len(second.files) == 5
    assert all(second.files.values())


async def test_a_sticker_gets_an_example(house: House) -> None:
    sticker = message("")
    del sticker["text"], sticker["entities"]
    sticker["dice"] = {"emoji": "🎲", "value": 3}
    await house.api.push({"message": sticker})
    await told(house, "Please describe a car")


async def test_admins_see_the_state_of_the_process(house: House) -> None:
    await house.api.push({"message": message("/health", user=ADMIN, chat=ADMIN)})
    await told(house, "Waiting: albums 4, updates 2, messages 3")


async def test_menus_are_localised_and_the_admins_menu_is_theirs_alone(house: House) -> None:
    await set_menus(bot=house.app.bot, texts=Texts(), admin_ids=frozenset({ADMIN}))
    calls = house.api.of("setMyCommands")
    everybody = [call for call in calls if "scope" not in call.fields]
    assert {call.fields.get("language_code", "") for call in everybody} == {"", "uk", "en", "de", "pl"}
    assert not any("stats" in call.fields["commands"] for call in everybody)
    admins = [call for call in calls if "scope" in call.fields]
    assert all(json.loads(call.fields["scope"])["chat_id"] == ADMIN for call in admins)
    assert all("stats" in call.fields["commands"] for call in admins)


async def test_a_car_of_the_list_shows_its_buttons_and_its_album_again(house: House) -> None:
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "What next?")
    (session,) = house.store.sessions.values()
    await house.api.push({"message": message("/cars", number=11)})
    await told(house, "You have 1 car")
    assert f"c:{session.id}" in house.api.of("sendMessage")[-1].fields["reply_markup"]
    await house.api.push(pressed(f"c:{session.id}"))
    await told(house, f"Session <code>{session.id}</code>")
    assert f"v:{session.id}" in house.api.of("sendMessage")[-1].fields["reply_markup"]
    await house.api.push(pressed(f"v:{session.id}"))
    await house.api.until(lambda: len(house.api.of("sendMediaGroup")) == 2)
    assert not house.api.of("sendMediaGroup")[1].files


async def test_what_was_sent_through_inline_mode_is_not_drawn_again(house: House) -> None:
    via = {"id": 424242, "is_bot": True, "first_name": "Rakurs", "username": "rakurs_bot"}
    await house.api.push({"message": message("red BMW X5") | {"via_bot": via}})
    await house.api.push({"message": message("/help", number=11)})
    await told(house, "Describe a car, and I draw")
    assert not house.store.sessions


async def test_a_group_that_became_a_supergroup_is_answered_where_it_is_now(house: House) -> None:
    wish = message("@rakurs_bot red BMW X5", chat=-5)
    await house.api.push({"message": wish})
    await told(house, "What next?")
    (session,) = house.store.sessions.values()
    note = message("", chat=-5, number=12)
    del note["text"], note["entities"]
    await house.api.push({"message": {**note, "migrate_to_chat_id": -1005}})
    await house.api.push({"message": message(f"/more {session.id} top", chat=-1005, number=3)})
    await house.api.until(lambda: house.api.of("sendPhoto"))
    assert house.api.of("sendPhoto")[0].fields["chat_id"] == "-1005"
    assert house.store.sessions[session.id].chat == "-1005"


async def test_words_for_a_group_that_moved_go_to_the_new_one(house: House) -> None:
    moved = {"description": "x", "parameters": {"migrate_to_chat_id": -1005}}
    house.api.faults["sendMessage"] = [(400, moved)]
    await house.api.push({"message": message("/help@rakurs_bot", chat=-5)})
    await house.api.until(lambda: len(house.api.of("sendMessage")) == 2)
    assert house.api.of("sendMessage")[1].fields["chat_id"] == "-1005"


async def in_doubt(house: House) -> tuple[Session, dict[str, Any]]:
    """An album whose answer was lost, and the picture with its caption as Telegram shows it."""
    house.api.faults["sendMediaGroup"] = ["cut"]
    await house.api.push({"message": message("red BMW X5")})
    await told(house, "Telegram did not confirm")
    (session,) = house.store.sessions.values()
    caption = json.loads(house.api.of("sendMediaGroup")[0].fields["media"])[0]["caption"]
    picture = message("", number=600, user=424242)
    del picture["text"], picture["entities"]
    photo = [{"file_id": "f", "file_unique_id": "f", "width": 3, "height": 2}]
    return session, {**picture, "photo": photo, "caption": caption}


async def test_an_album_that_is_answered_has_arrived_and_is_not_sent_again(house: House) -> None:
    session, picture = await in_doubt(house)
    answer = {**message("/help", number=13), "reply_to_message": picture}
    await house.api.push({"message": answer})
    await told(house, "Describe a car, and I draw")
    assert house.store.rows[f"{session.id}/1"].state is AlbumState.DELIVERED
    assert not house.store.untold
    assert house.store.messages[("7", "600")] == session.id
    await house.api.push(pressed(f"s:{session.id}:1"))
    await told(house, "already on its way or has arrived")
    assert len(house.api.of("sendMediaGroup")) == 1


async def test_an_album_that_is_forwarded_has_arrived(house: House) -> None:
    session, picture = await in_doubt(house)
    bot = {"id": 424242, "is_bot": True, "first_name": "Rakurs"}
    origin = {"type": "user", "date": 1, "sender_user": bot}
    forwarded = {**message("", number=14), **picture, "message_id": 14, "forward_origin": origin}
    forwarded["from"] = message("", user=7)["from"]
    await house.api.push({"message": forwarded})
    await house.api.push({"message": message("/help", number=15)})
    await told(house, "Describe a car, and I draw")
    assert house.store.rows[f"{session.id}/1"].state is AlbumState.DELIVERED
    assert ("7", "600") not in house.store.messages


async def test_somebody_elses_picture_with_the_same_words_proves_nothing(house: House) -> None:
    session, picture = await in_doubt(house)
    picture["from"] = message("", user=8)["from"]
    await house.api.push({"message": {**message("/help", number=13), "reply_to_message": picture}})
    await told(house, "Describe a car, and I draw")
    assert house.store.rows[f"{session.id}/1"].state is AlbumState.UNKNOWN
