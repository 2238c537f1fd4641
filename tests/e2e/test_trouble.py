"""What does a person get from the real bot while its disk is full, locked or damaged, or its clock jumps?"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from storage import maintenance
from tests.e2e import other_clock
from tests.e2e.conftest import Bot, Town
from tests.e2e.test_bot import ask
from tests.e2e.trouble import Disk, NoMoreWrites, damage, locked, restore, set_wrong, small_disk
from tests.loopback.pictures import Entry, Fault

pytestmark = pytest.mark.timeout(180)
PAUSED = "so I have paused"
NOT_BEGUN = "so I have not begun yet"
ONE_AT_A_TIME = {"OPENAI_IMAGE_CONCURRENCY": "1", "OPENAI_IMAGE_PRICE": "0.05", "RAKURS_HEDGE": "off"}


@pytest.fixture(params=["small disk", pytest.param("no more writes", marks=pytest.mark.slow)])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """Before the town: it is taken away after the bot has ended."""
    if request.param == "no more writes":
        yield NoMoreWrites()
        return
    with small_disk(tmp_path / "data", megabytes=88) as small:
        yield small


@pytest.fixture
async def troubled(disk: Disk, town: Town) -> tuple[Disk, Town]:
    return disk, town


def database(town: Town) -> Path:
    return town.folder / "data" / "rakurs.sqlite3"


def told(town: Town, words: str, *, chat: int = 7) -> Callable[[], bool]:
    """Whether that person has read these words, in a message or under a picture."""
    return lambda: any(
        words in " ".join(call.fields.values())
        for call in town.api.calls
        if call.fields.get("chat_id") == str(chat)
    )


def at_the_second_call(town: Town, act: Callable[[], object]) -> asyncio.Event:
    """While the second picture is being made, once."""
    done = asyncio.Event()

    def fault(_entry: Entry, _before: int) -> Fault:
        if len(town.pictures.ledger) == 2 and not done.is_set():
            act()
            done.set()
        return Fault(delay=0.2)

    town.pictures.faults = fault
    return done


async def happened(event: asyncio.Event) -> None:
    async with asyncio.timeout(60):
        await event.wait()


def is_sound(town: Town) -> bool:
    url = f"sqlite:///{database(town)}"
    return maintenance.check(url, media_dir=town.folder / "data" / "media").sound


def each_was_bought_once(town: Town, *, pictures: int) -> bool:
    seeds = Counter((entry.prompt, entry.seed) for entry in town.pictures.ledger)
    return len(seeds) == pictures and set(seeds.values()) == {1}


def books(town: Town) -> Counter[str]:
    with closing(sqlite3.connect(database(town))) as rows:
        return Counter(outcome for (outcome,) in rows.execute("SELECT outcome FROM charges"))


async def test_a_full_disk_stops_buying_and_the_bot_goes_on_when_there_is_room(
    troubled: tuple[Disk, Town],
) -> None:
    disk, town = troubled
    bot = await town.start(**ONE_AT_A_TIME)
    full = at_the_second_call(town, lambda: disk.fill(bot))
    await ask(town, "red BMW X5 2021 front, side, rear")
    await happened(full)
    await ask(town, "green Skoda Octavia 2015 from the front", number=11, user=8)
    await town.until(told(town, PAUSED))
    await town.until(told(town, NOT_BEGUN, chat=8))
    assert len(town.pictures.ledger) == 2, "bought though it could not be stored"
    assert not town.albums()
    disk.make_room(bot)
    await town.until(lambda: town.albums() + len(town.api.of("sendPhoto")) == 2)
    assert len(town.api.of("sendMediaGroup")[0].files) == 3
    assert each_was_bought_once(town, pictures=4)
    assert await bot.stop() == 0
    assert books(town) == {"delivered": 4}
    assert is_sound(town)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.8, 13])
async def test_another_program_that_holds_the_database_is_waited_for(town: Town, seconds: float) -> None:
    bot = await town.start(**ONE_AT_A_TIME)
    with ExitStack() as lock:
        held = at_the_second_call(town, lambda: lock.enter_context(locked(database(town))))
        await ask(town, "red BMW X5 2021 front, side, rear")
        await happened(held)
        await ask(town, "green Skoda Octavia 2015 from the front", number=11, user=8)
        await asyncio.sleep(seconds)
        if seconds > 10:  # as long as the bot waits without a word
            await town.until(told(town, PAUSED))
            await town.until(told(town, NOT_BEGUN, chat=8))
        assert len(town.pictures.ledger) == 2, "bought though it could not be written down"
        assert not town.albums()
    await town.until(lambda: town.albums() + len(town.api.of("sendPhoto")) == 2)
    assert each_was_bought_once(town, pictures=4)
    assert await bot.stop() == 0
    assert books(town) == {"delivered": 4}
    assert is_sound(town)


async def test_a_damaged_database_buys_nothing_is_left_as_it_is_and_a_backup_takes_its_place(
    town: Town, tmp_path: Path
) -> None:
    bot = await town.start(**ONE_AT_A_TIME)
    await ask(town, "red BMW X5 2021 front, side")
    await town.until(told(town, "What next?"))
    url, media = f"sqlite:///{database(town)}", town.folder / "data" / "media"
    maintenance.backup(url, media_dir=media, target=tmp_path / "backup")
    damage(database(town))
    await ask(town, "green Skoda Octavia 2015 from the front", number=11, user=8)
    await town.until(told(town, NOT_BEGUN, chat=8))
    assert bot.said("database.damaged")
    assert len(town.pictures.ledger) == 2
    await bot.kill()
    damaged = database(town).read_bytes()
    refused: Bot = await town.spawn(**ONE_AT_A_TIME)
    assert await refused.process.wait() == 1
    await refused.until("The database file is damaged")
    assert refused.said("rakurs db check")
    assert database(town).read_bytes() == damaged
    restore(tmp_path / "backup", town.folder / "data")
    await town.start(**ONE_AT_A_TIME)
    # what waited at Telegram is drawn, and the car of the backup is known
    await town.until(lambda: town.api.of("sendPhoto"))
    await ask(town, "/cars", number=12)
    await town.until(told(town, "X5"))
    assert each_was_bought_once(town, pictures=3)


@pytest.mark.slow
async def test_a_clock_that_jumps_neither_holds_an_album_up_nor_buys_twice(
    town: Town, tmp_path: Path
) -> None:
    wrong_by = tmp_path / "seconds"
    set_wrong(wrong_by, seconds=0)
    jumps = iter((5 * 3600, -30 * 3600, 3 * 86_400, -1800))

    def jump(_entry: Entry, _before: int) -> Fault:
        set_wrong(wrong_by, seconds=next(jumps, 0))
        return Fault(delay=0.1)

    town.pictures.faults = jump
    bot = await town.start(other_clock.__file__, str(wrong_by), **ONE_AT_A_TIME)
    await ask(town, "red BMW X5 2021 front, side, rear")
    await ask(town, "green Skoda Octavia 2015 from the front and the side", number=11, user=8)
    await town.until(lambda: town.albums() == 2)
    await town.until(told(town, "What next?"))
    await town.until(told(town, "What next?", chat=8))
    assert each_was_bought_once(town, pictures=5)
    assert await bot.stop() == 0
    assert books(town) == {"delivered": 5}
