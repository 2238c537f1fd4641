"""A photo that comes with a description is fetched, made clean, stored, and told of honestly."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image

from tests.loopback.bot_api import message
from tests.unit.handlers.conftest import House
from tests.unit.handlers.house import a_jpeg
from tests.unit.handlers.test_chat import told


def photo(
    caption: str = "",
    *,
    number: int = 10,
    file: str = "mine",
    chat: int = 7,
    group: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A photo as Telegram describes it, in two sizes."""
    one = message(caption, number=number, chat=chat)
    one["caption"] = one.pop("text")
    size = {"file_unique_id": "u", "width": 640, "height": 480, "file_size": 5000}
    one["photo"] = [
        {**size, "file_id": "small", "width": 90, "height": 67},
        {**size, "file_id": file, **more},
    ]
    return one | ({"media_group_id": group} if group else {})


@pytest.fixture
def photographed(house: House) -> House:
    house.api.stored |= {"mine": a_jpeg("green", (640, 480)), "small": a_jpeg("green", (90, 67))}
    return house


def kept(house: House) -> bytes:
    (content,) = house.store.photos.values()
    return content


async def test_it_is_fetched_made_clean_and_stored_with_the_car(photographed: House) -> None:
    await photographed.api.push({"message": photo("red BMW X5")})
    await told(photographed, "What next?")
    (session,) = photographed.store.sessions.values()
    assert session.photo is not None
    with Image.open(io.BytesIO(kept(photographed))) as picture:
        assert (picture.format, picture.size) == ("JPEG", (640, 480))
    caption = json.loads(photographed.api.of("sendMediaGroup")[0].fields["media"])[0]["caption"]
    assert "fake cannot look at photos: yours was not used" in caption
    assert photographed.api.url not in json.dumps([call.fields for call in photographed.api.calls])


async def test_another_colour_keeps_the_photo(photographed: House) -> None:
    await photographed.api.push({"message": photo("red BMW X5")})
    await told(photographed, "What next?")
    await photographed.api.push({"message": message("/colour blue", number=11)})
    await photographed.api.until(lambda: len(photographed.api.of("sendMediaGroup")) == 2)
    assert len(photographed.store.photos) == 2
    assert len(photographed.api.of("getFile")) == 1


async def test_without_words_it_is_asked_for_and_the_next_description_has_it(photographed: House) -> None:
    await photographed.api.push({"message": photo()})
    await told(photographed, "Which car is it?")
    await photographed.api.push({"message": message("a cat", number=11)})
    await told(photographed, "I found no car")
    await photographed.api.push({"message": message("red BMW X5", number=12)})
    await told(photographed, "What next?")
    assert kept(photographed)
    await photographed.api.push({"message": message("white BMW X5", number=13)})
    await photographed.api.until(lambda: len(photographed.api.of("sendMediaGroup")) == 2)
    assert len(photographed.store.photos) == 1


async def test_an_answer_to_ones_own_photo_has_it_and_to_somebody_elses_has_not(photographed: House) -> None:
    mine = message("red BMW X5", number=11) | {"reply_to_message": photo(number=5)}
    await photographed.api.push({"message": mine})
    await told(photographed, "What next?")
    assert kept(photographed)
    theirs = photo(number=6) | {"from": {"id": 8, "is_bot": False, "first_name": "Bob"}}
    await photographed.api.push({"message": message("white BMW", number=12) | {"reply_to_message": theirs}})
    await photographed.api.until(lambda: len(photographed.api.of("sendMediaGroup")) == 2)
    assert len(photographed.store.photos) == 1


async def test_an_album_of_photos_is_one_wish(photographed: House) -> None:
    for number in range(3):
        words = "red BMW X5" if number == 0 else ""
        file = "mine" if number == 0 else "other"
        one = photo(words, number=20 + number, file=file, group="g1")
        await photographed.api.push({"message": one})
    await told(photographed, "What next?")
    await photographed.queue.join()
    assert not any("Which car" in text for text in photographed.api.said())
    for number in range(3):
        await photographed.api.push({"message": photo(number=30 + number, group="g2")})
    await told(photographed, "Which car is it?")
    await photographed.queue.join()
    assert sum("Which car is it?" in text for text in photographed.api.said()) == 1


@pytest.mark.parametrize(
    ("content", "more", "said"),
    [
        (b"<html>not a picture</html>", {}, "I cannot open this photo"),
        (a_jpeg("red", (120, 120)), {}, "I cannot open this photo"),
        (b"x" * 10_000_001, {}, "too large for me: at most 10 MB"),
    ],
)
async def test_what_cannot_be_used_is_said_so_and_nothing_is_drawn(
    house: House, content: bytes, more: dict[str, Any], said: str
) -> None:
    house.api.stored["mine"] = content
    await house.api.push({"message": photo("red BMW X5", **more)})
    await told(house, said)
    assert not house.store.sessions


async def test_a_photo_too_large_by_its_own_account_is_not_fetched_whole(photographed: House) -> None:
    await photographed.api.push({"message": photo("red BMW X5", width=9000, height=9000)})
    await told(photographed, "I cannot open this photo")  # the small size is left, and too small
    assert [call.fields["file_id"] for call in photographed.api.of("getFile")] == ["small"]


async def test_in_a_group_only_with_the_bots_name(photographed: House) -> None:
    await photographed.api.push({"message": photo("red BMW X5", chat=-5)})
    await photographed.api.push({"message": photo("@rakurs_bot red BMW X5", number=11, chat=-5)})
    await photographed.api.until(lambda: photographed.api.of("sendMediaGroup"))
    assert len(photographed.store.sessions) == 1
