"""Is what a provider sent used after a kill, and thrown away when it is no picture?"""

from __future__ import annotations

import asyncio
import gc
import io
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest
from PIL import Image

from bot.pipeline.breaker import Breaker
from bot.pipeline.errors import FailureKind, InspectionError, StorageError
from bot.pipeline.generate.arrivals import Arrivals
from bot.pipeline.generate.attempt import Attempts, Line
from bot.pipeline.generate.eyes import Eyes, Look, Seen
from bot.pipeline.generate.gate import Gate
from bot.pipeline.generate.order import Sheet
from bot.pipeline.generate.poses import Poses
from bot.pipeline.generate.retry import RetryRules
from bot.pipeline.model import Angle, Picture, PictureRequest, Rung, Strength, View
from bot.pipeline.ports import Capabilities
from tests.fakes.cars import FRONT, PROMPT, a_picture, a_session, an_album, blank_views
from tests.fakes.store import MemoryStore


def noise(size: tuple[int, int] = (640, 480)) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


class NoWaits:
    def now(self) -> float:
        return 0.0

    def ticks(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@dataclass(slots=True)
class Sends:
    """A provider that sends these bytes, one after the other."""

    answers: list[bytes]
    name: str = "fake"
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(strength=Strength.SEEDS, concurrency=4, seconds=1)
    )
    asked: int = 0

    def draws(self, angle: Angle) -> bool:
        return True

    async def draw(self, request: PictureRequest) -> Picture:
        self.asked += 1
        return a_picture(self.answers.pop(0))

    async def close(self) -> None: ...


@dataclass(slots=True)
class House:
    store: MemoryStore
    view: View
    sheet: Sheet
    reused: Counter[str] = field(default_factory=Counter)
    arrivals: Arrivals | None = None
    paused: int = 0
    eyes: Eyes = field(default_factory=Eyes)
    stuck: asyncio.Event = field(default_factory=asyncio.Event)

    async def draw(self, provider: Sends, clock: NoWaits | None = None) -> Picture:
        clock = clock or NoWaits()
        self.arrivals = self.arrivals or Arrivals(store=self.store, clock=clock)
        line = Line(
            provider=provider,
            gate=Gate(limit=4, clock=clock),
            breaker=Breaker(clock=clock.ticks),
            paused=self._pause,
        )
        attempts = Attempts(
            store=self.store,
            rules=RetryRules(),
            clock=clock,
            arrivals=self.arrivals,
            reused=self.reused,
            eyes=self.eyes,
        )
        held = FRONT in await self.store.held(self.view.session_id, provider.name)
        return await attempts.draw(
            self.view, self.sheet, line, Seen(spec=self.sheet.session.spec), Rung.FULL, held=held
        )

    def _pause(self) -> None:
        self.paused += 1
        self.stuck.set()


@pytest.fixture
async def house() -> House:
    store, session = MemoryStore(), a_session()
    album = an_album(session)
    views = blank_views(album)
    await store.accept(session, album, views)
    poses = Poses(guides=None, spec=session.spec, patience=0)
    sheet = Sheet(session=session, prompts={FRONT: PROMPT}, references=(), hero=None, poses=poses)
    return House(store=store, view=views[0], sheet=sheet)


async def test_what_arrived_before_a_kill_is_not_asked_for_again(house: House) -> None:
    await house.store.save_arrival(house.view.session_id, FRONT, a_picture(noise()))
    provider = Sends(answers=[])
    picture = await house.draw(provider)
    assert provider.asked == 0
    assert picture.media_type == "image/jpeg"
    assert await house.store.picture(house.view.session_id, FRONT, "fake") == picture
    assert not house.store.arrivals
    assert house.reused == {"arrived": 1}
    assert await house.draw(provider) == picture
    assert (house.reused, provider.asked) == ({"arrived": 1, "stored": 1}, 0)


async def test_what_is_no_picture_is_asked_for_once_more(house: House) -> None:
    await house.store.save_arrival(house.view.session_id, FRONT, a_picture(b"<html>"))
    provider = Sends(answers=[noise()])
    await house.draw(provider)
    assert provider.asked == 1
    assert not house.store.arrivals


async def test_nothing_that_is_no_picture_stays(house: House) -> None:
    provider = Sends(answers=[b"<html>", b"<html>"])
    with pytest.raises(InspectionError) as raised:
        await house.draw(provider)
    assert raised.value.kind is FailureKind.BAD_ANSWER
    assert provider.asked == 2
    assert not house.store.arrivals
    assert not house.store.pictures


class Mends(NoWaits):
    """The disk takes bytes again after three waits, or the car is deleted meanwhile."""

    def __init__(self, house: House, *, deleted: bool = False) -> None:
        self.house, self.deleted = house, deleted
        self.naps: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        if len(self.naps) == 3:
            self.house.store.broken = False
            if self.deleted:
                await self.house.store.delete_session(self.house.view.session_id)


class BreaksTheDisk(Sends):
    store: MemoryStore

    async def draw(self, request: PictureRequest) -> Picture:
        self.store.broken = True
        return await Sends.draw(self, request)


@pytest.mark.parametrize("deleted", [False, True])
async def test_paid_bytes_wait_for_a_disk_that_refuses_them(house: House, deleted: bool) -> None:
    provider, clock = BreaksTheDisk(answers=[noise()]), Mends(house, deleted=deleted)
    provider.store = house.store
    if deleted:
        with pytest.raises(StorageError):
            await house.draw(provider, clock)
    else:
        assert (await house.draw(provider, clock)).media_type == "image/jpeg"
    assert provider.asked == 1
    assert clock.naps == [1.0, 2.0, 4.0]
    assert house.paused == 3


class Deletes(Sends):
    """The car is deleted while it is drawn."""

    house: House

    async def draw(self, request: PictureRequest) -> Picture:
        await self.house.store.delete_session(self.house.view.session_id)
        return await Sends.draw(self, request)


class SeesAtOnce(Eyes):
    """What is wrong with a picture, before the disk has it."""

    def decode(self, view: View, arrived: Picture, asked: Capabilities) -> asyncio.Future[Look]:
        seen: asyncio.Future[Look] = asyncio.get_running_loop().create_future()
        seen.set_exception(InspectionError(FailureKind.BAD_ANSWER))
        return seen


@pytest.mark.parametrize("eyes", [Eyes, SeesAtOnce])
async def test_of_a_deleted_car_nobody_asks_what_its_bytes_are(house: House, eyes: type[Eyes]) -> None:
    unheard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unheard.append(context))
    provider, house.eyes = Deletes(answers=[b"<html>"]), eyes()
    provider.house = house
    with pytest.raises(StorageError) as raised:
        await house.draw(provider)
    del raised
    gc.collect()
    assert unheard == []


async def test_what_takes_the_place_of_a_doubted_picture_waits_for_the_disk_as_well(house: House) -> None:
    # the first one is of another shape; the disk refuses what was asked for once more, for three waits
    await house.store.save_arrival(house.view.session_id, FRONT, a_picture(noise((480, 640))))
    provider, clock = BreaksTheDisk(answers=[noise()]), Mends(house)
    provider.store = house.store
    picture = await house.draw(provider, clock)
    assert (picture.width, picture.warnings) == (640, a_picture().warnings)
    assert await house.store.picture(house.view.session_id, FRONT, "fake") == picture
    assert (provider.asked, house.paused) == (1, 3)


async def test_paid_bytes_outlive_the_deadline_of_their_set(house: House) -> None:
    provider, clock = BreaksTheDisk(answers=[noise()]), NoWaits()
    provider.store = house.store
    drawing = asyncio.ensure_future(house.draw(provider, clock))
    await house.stuck.wait()
    drawing.cancel()
    await asyncio.gather(drawing, return_exceptions=True)
    house.store.broken = False
    assert (await house.draw(provider, clock)).media_type == "image/jpeg"
    assert provider.asked == 1
    assert house.reused == {"arrived": 1}
    assert house.arrivals is not None
    assert house.arrivals.waiting(house.view, "fake") is None
