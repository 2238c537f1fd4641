"""What people see while an album is made: a sheet that fills, seconds left, and nothing once it is there."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from PIL import Image

from bot.handlers.outbox import Outbox
from bot.handlers.status_words import DRAWN, GIVEN_UP, Way, status_words
from bot.handlers.texts import Texts
from bot.handlers.voice import make_bot, make_voice
from bot.pipeline.angles import CATALOGUE, DEFAULT_ALBUM
from bot.pipeline.errors import FailureKind
from bot.pipeline.live_sheet import LiveSheet
from bot.pipeline.model import Album, AngleName
from bot.pipeline.ports import Event, Step
from bot.sandbox.calls import Called
from tests.fakes.cars import a_session, an_album
from tests.fakes.clock import RealClock
from tests.loopback.bot_api import TOKEN, BotApi, message
from tests.unit.handlers.conftest import House
from tests.unit.handlers.house import PICTURE, RED, a_jpeg


def sheet_of(call: Called) -> Image.Image:
    (content,) = call.files.values()
    return Image.open(io.BytesIO(content))


def reddish(sheet: Image.Image, box: tuple[int, int]) -> bool:
    pixel = sheet.convert("RGB").getpixel(box)
    assert isinstance(pixel, tuple)
    return pixel[0] > 150 and pixel[1] < 80


async def begun(house: House, text: str = "red BMW X5") -> Album:
    """An album whose provider is slow."""
    house.runner.hold = True
    await house.api.push({"message": message(text)})
    await house.api.until(lambda: any("Drawing" in said for said in house.api.said()))
    await house.queue.join()
    (album,) = house.store.rows.values()
    return album


def tell(house: House, step: Step, album: Album, angle: AngleName | None = None) -> None:
    failure = FailureKind.SERVER if step is Step.MISSING else None
    picture = PICTURE if step is Step.DRAWN else None
    house.runner.progress.happened(
        Event(step=step, album=album, angle=angle, picture=picture, failure=failure)
    )


async def test_the_status_becomes_a_sheet_with_the_first_picture_and_fills(house: House) -> None:
    album = await begun(house)
    tell(house, Step.DRAWN, album, album.angles[0])
    await house.api.until(lambda: house.api.of("editMessageMedia"))
    first = house.api.of("editMessageMedia")[0]
    caption = json.loads(first.fields["media"])["caption"]
    assert "1 of 5 views" in caption
    assert "Front" not in caption
    assert f"x:{album.session_id}:1" in first.fields["reply_markup"]
    assert reddish(sheet_of(first), (540, 300))
    assert not reddish(sheet_of(first), (200, 800))
    tell(house, Step.DRAWN, album, album.angles[1])
    tell(house, Step.MISSING, album, album.angles[2])
    await house.api.until(lambda: len(house.api.of("editMessageMedia")) == 2)
    second = house.api.of("editMessageMedia")[1]
    assert "2 of 5 views" in json.loads(second.fields["media"])["caption"]
    assert reddish(sheet_of(second), (200, 800))
    await house.runner.cancel(album.session_id, 1)
    await house.api.push({"message": message("/cancel", number=12)})


async def test_signs_of_life_go_on_while_it_is_drawn(house: House) -> None:
    album = await begun(house)
    beat = asyncio.create_task(house.status.run_for_ever())
    try:
        tell(house, Step.STARTED, album)
        await house.api.until(lambda: len(house.api.of("sendChatAction")) >= 2)
    finally:
        beat.cancel()
    assert {call.fields["action"] for call in house.api.of("sendChatAction")} == {"typing"}


@pytest.mark.parametrize("count", range(1, 11))
def test_a_sheet_has_a_tile_for_every_view(count: int) -> None:
    angles = list(CATALOGUE)[:count]
    sheet = LiveSheet([(angle, angle) for angle in angles])
    for angle in angles:
        sheet.add(angle, PICTURE.content)
    with Image.open(io.BytesIO(sheet.jpeg())) as shown:
        assert shown.width == 1080
        assert shown.width + shown.height < 10_000
        grey = [reddish(shown, (x, y)) for x in range(4, 1080, 53) for y in range(4, shown.height, 53)]
    assert sum(grey) / len(grey) > 0.93


def test_what_is_no_picture_stays_awaited() -> None:
    sheet = LiveSheet([(DEFAULT_ALBUM[0], "Спереду")])
    before = sheet.jpeg()
    sheet.add(DEFAULT_ALBUM[0], b"<html>")
    sheet.add(DEFAULT_ALBUM[0], a_jpeg("red")[:200])
    assert sheet.jpeg() == before
    sheet.give_up(DEFAULT_ALBUM[0])
    assert sheet.jpeg() != before


@pytest.mark.parametrize(
    ("expected", "passed", "said"),
    [
        (200.0, 10.0, "About 4 minutes left"),
        (20.0, 8.0, "About 15 seconds left"),
        (20.0, 18.0, "Almost there"),
        (20.0, 25.0, "Almost there"),
        (20.0, 31.0, "a little longer than usual"),
    ],
)
def test_the_time_left_is_honest(expected: float, passed: float, said: str) -> None:
    way = Way(spec=RED, angles=DEFAULT_ALBUM, marks={}, sheet=False, expected=expected, passed=passed)
    assert said in status_words(way, Texts().words("en"))


def test_views_are_listed_until_there_is_a_sheet() -> None:
    marks = {DEFAULT_ALBUM[0]: DRAWN, DEFAULT_ALBUM[1]: GIVEN_UP}

    def make(*, sheet: bool) -> str:
        way = Way(spec=RED, angles=DEFAULT_ALBUM, marks=marks, sheet=sheet, place=3)
        return status_words(way, Texts().words("en"))

    assert make(sheet=False).count("⏳") == 3
    assert "✅ Front three-quarter" in make(sheet=False)
    assert "1 of 5 views" in make(sheet=True)
    assert "number 3 in the queue" in make(sheet=True)


async def test_what_is_drawn_elsewhere_is_shown_there_in_the_same_message(house: House) -> None:
    album = await begun(house)
    session = house.store.sessions[album.session_id]
    stored = house.store.rows[album.id]
    assert stored.status_message is not None
    house.status.left(album.session_id, 1)
    tell(house, Step.DRAWN, album, album.angles[0])
    # the process that draws it knows the message from its row
    house.status.took(session, stored)
    tell(house, Step.DRAWN, album, album.angles[1])
    await house.api.until(lambda: house.api.of("editMessageMedia"))
    (edit,) = house.api.of("editMessageMedia")
    assert edit.fields["message_id"] == stored.status_message
    assert "1 of 5 views" in json.loads(edit.fields["media"])["caption"]
    await house.runner.cancel(album.session_id, 1)


@dataclass(slots=True)
class MovingLine:
    """A queue that somebody stands in, and what is known of its pace."""

    at: int = 5

    @property
    def waiting(self) -> int:
        return self.at

    def place(self, owner: str) -> int:
        return self.at

    def coming(self, owner: str) -> int:
        return self.at

    def hand(self, provider: str | None = None) -> None:
        return None

    def expected_seconds(self, angles: Sequence[AngleName], provider: str | None = None) -> float:
        return 20.0

    def seconds_behind(self, ahead: int, angles: Sequence[AngleName], *, leaving: int = 0) -> float:
        return 20.0 + 60.0 * ahead

    def arrived(self) -> None: ...

    def rested(self) -> None: ...


async def test_the_place_in_the_queue_is_told_and_follows_it(api: BotApi) -> None:
    clock, line = RealClock(), MovingLine()
    async with Outbox(clock=clock) as outbox, make_bot(token=TOKEN, base_url=api.url) as bot:
        voice = make_voice(bot=bot, outbox=outbox, clock=clock, measured=line)
        voice.status.stand_in(line)
        session = a_session()
        album = an_album(session)
        voice.status.begin(session, album, Texts().words("en"))
        await voice.status.show(album.id)
        (said,) = api.said()
        assert "You are number 5 in the queue." in said
        assert "About 6 minutes left" in said
        beat = asyncio.create_task(voice.status.run_for_ever())
        line.at = 2
        await api.until(lambda: api.of("editMessageText"))
        beat.cancel()
    edited = api.of("editMessageText")[-1].fields["text"]
    assert "You are number 2 in the queue." in edited
    assert "About 3 minutes left" in edited


async def test_only_so_many_albums_hold_their_pictures_for_a_sheet(house: House) -> None:
    albums = []
    for number in range(20):
        session = a_session(str(number), chat=str(100 + number))
        album = an_album(session)
        albums.append(album)
        house.status.begin(session, album, Texts().words("en"))
        await house.status.show(album.id)
        tell(house, Step.DRAWN, album, album.angles[0])
    await house.api.until(lambda: len(house.api.of("editMessageMedia")) == 16)
    await house.status.settle(albums[0])
    # the place is free for an album that begins, not for one whose first picture was not kept
    tell(house, Step.DRAWN, albums[19], albums[19].angles[1])
    later = a_session("late", chat="200")
    late = an_album(later)
    house.status.begin(later, late, Texts().words("en"))
    await house.status.show(late.id)
    tell(house, Step.DRAWN, late, late.angles[0])
    await house.api.until(lambda: len(house.api.of("editMessageMedia")) == 17)
    last = house.api.of("editMessageMedia")[-1]
    assert "1 of 2 views" in json.loads(last.fields["media"])["caption"]


async def test_whoever_waits_is_told_that_nothing_can_be_stored_and_sees_it_go_on(house: House) -> None:
    album = await begun(house)
    tell(house, Step.STARTED, album)
    house.status.paused(album.session_id, album.number)

    def last() -> str:
        return "".join(call.fields["text"] for call in house.api.of("editMessageText")[-1:])

    await house.api.until(lambda: "so I have paused" in last())
    signs = len(house.api.of("sendChatAction"))
    tell(house, Step.PAUSED, album)
    tell(house, Step.MISSING, album, album.angles[0])
    await house.api.until(lambda: "paused" not in last())
    assert len(house.api.of("sendChatAction")) <= signs + 1
    house.status.paused(album.session_id, 99)


async def test_an_album_that_is_taken_up_twice_at_once_has_one_message_and_that_goes(api: BotApi) -> None:
    clock = RealClock()
    async with Outbox(clock=clock) as outbox, make_bot(token=TOKEN, base_url=api.url) as bot:
        voice = make_voice(bot=bot, outbox=outbox, clock=clock)
        session = a_session()
        album = an_album(session)
        for _ in range(2):
            voice.status.begin(session, album, Texts().words("en"))
        shown = await asyncio.gather(voice.status.show(album.id), voice.status.show(album.id))
        assert sorted(message is None for message in shown) == [False, True]
        assert len(api.of("sendMessage")) == 1
        await voice.status.settle(album)
        assert len(api.of("deleteMessage")) == 1
