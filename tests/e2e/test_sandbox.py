"""Does the whole bot live in the sandbox, from a description to an album, without breaking a rule?"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.cli.sandbox import settings_for
from bot.pipeline.angles import DEFAULT_ALBUM
from bot.sandbox.cast import ADMIN_ID, FORUM_ID, GROUP_ID
from bot.sandbox.server import Sandbox
from bot.serve import serve
from tests.e2e.conftest import environment
from tests.loopback.pictures import PictureServer

pytestmark = pytest.mark.timeout(120)
OLENA, TOM = 1001, 1002


@dataclass(slots=True)
class Play:
    """The sandbox with the bot in it."""

    sandbox: Sandbox
    pictures: PictureServer

    async def say(self, text: str, *, person: int = OLENA, chat: int | None = None) -> None:
        await self.sandbox.visitors.say(person=person, chat=chat or person, text=text)

    def shown(self, chat: int = OLENA) -> list[dict[str, Any]]:
        """What the page shows of the bot's words."""
        messages = self.sandbox.world.messages.get(chat, {}).values()
        return [said.page() for said in messages if said.message["from"]["is_bot"]]

    def albums(self, chat: int = OLENA) -> list[list[dict[str, Any]]]:
        """The pictures of every album there, in order."""
        names = dict.fromkeys(one["album"] for one in self.shown(chat) if one["album"])
        return [[one for one in self.shown(chat) if one["album"] == name] for name in names]

    def last(self, words: str, chat: int = OLENA) -> dict[str, Any] | None:
        """The newest message of the bot that holds these words."""
        return next((one for one in reversed(self.shown(chat)) if words in one["html"]), None)

    async def press(self, label: str, *, person: int = OLENA, chat: int | None = None) -> None:
        """The newest button with that label."""
        where = chat or person
        for message in reversed(self.shown(where)):
            for row in message["buttons"]:
                for button in row:
                    if button["text"] == label:
                        await self.sandbox.visitors.press(
                            person=person, chat=where, number=message["id"], data=button["callback_data"]
                        )
                        return
        raise AssertionError(f"no button {label}: {[one['buttons'] for one in self.shown(where)]}")


@asynccontextmanager
async def play_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Play]:
    async with PictureServer() as pictures, Sandbox() as sandbox:
        for name, value in environment(
            folder,
            OPENAI_API_KEY="k",
            OPENAI_BASE_URL=pictures.openai_url,
            OPENAI_IMAGE_MODEL="seeded-model",
        ).items():
            monkeypatch.setenv(name, value)
        settings = settings_for(sandbox.url, folder=folder, online=True)
        bot = asyncio.create_task(serve(settings))
        try:
            await sandbox.until(lambda: len(sandbox.of("setMyCommands")) >= 4, seconds=60)
            yield Play(sandbox, pictures)
        finally:
            bot.cancel()
            await asyncio.gather(bot, return_exceptions=True)


@pytest.fixture
async def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Play]:
    async with play_in(tmp_path, monkeypatch) as opened:
        yield opened
        assert opened.sandbox.ledger.violations()["violations"] == []


async def test_a_description_becomes_an_album_with_buttons_that_work(play: Play) -> None:
    await play.say("red BMW X5 2021", person=TOM)
    await play.sandbox.until(lambda: play.last("What next?", TOM), seconds=60)
    [album] = play.albums(TOM)
    assert len(album) == len(DEFAULT_ALBUM)
    methods = [call.method for call in play.sandbox.calls]
    assert "sendChatAction" not in methods[methods.index("sendMediaGroup") :]
    assert [entry.refused for entry in play.sandbox.ledger.entries if entry.refused] == []
    assert "BMW X5" in album[0]["html"]
    assert "CAR-" in album[0]["html"]
    assert all(one["media"]["width"] > 500 for one in album)
    await play.press("More angles", person=TOM)
    await play.sandbox.until(lambda: play.last("Which angle", TOM))
    await play.press("Wheel", person=TOM)
    await play.sandbox.until(lambda: len(play.sandbox.of("sendPhoto")) == 1, seconds=60)
    await play.press("Full-size files", person=TOM)
    await play.sandbox.until(lambda: len(play.sandbox.of("sendMediaGroup")) == 2, seconds=60)
    assert {one["media"]["kind"] for one in play.albums(TOM)[1]} == {"document"}
    await play.press("Delete", person=TOM)
    await play.sandbox.until(lambda: play.last("with all its pictures?", TOM), seconds=30)
    await play.press("Yes, delete", person=TOM)
    await play.sandbox.until(lambda: play.last("is deleted", TOM), seconds=30)


async def test_ukrainian_words_get_ukrainian_answers_and_admins_their_figures(play: Play) -> None:
    await play.say("червоний BMW X5 2021")
    await play.sandbox.until(play.albums, seconds=60)
    assert "червоний" in play.albums()[0][0]["html"]
    await play.say("/stats")
    await play.say("/stats", person=ADMIN_ID)
    await play.sandbox.until(lambda: any(one["media"] for one in play.shown(ADMIN_ID)), seconds=60)
    assert len(play.sandbox.of("sendPhoto")) == 1
    menus = play.sandbox.world.menus
    assert menus["default", "uk"] != menus["default", "en"]
    assert {one["command"] for one in play.sandbox.world.menu(ADMIN_ID, ADMIN_ID, "en")} >= {
        "stats",
        "health",
    }


async def test_in_the_group_only_what_is_meant_for_the_bot_is_answered(play: Play) -> None:
    await play.say("white Renault Clio 2019", person=TOM, chat=GROUP_ID)
    await play.say("@rakurs_bot black Audi A6 2019 from the front and the side", person=TOM, chat=GROUP_ID)
    await play.sandbox.until(lambda: play.albums(GROUP_ID), seconds=60)
    [album] = play.albums(GROUP_ID)
    assert len(album) == 2
    assert "Audi A6" in album[0]["html"]
    assert all("Audi A6" in entry.prompt for entry in play.pictures.ledger)


async def test_in_a_topic_everything_stays_there_and_the_owner_may_press(play: Play) -> None:
    visitors = play.sandbox.visitors
    said: dict[str, Any] = {"person": TOM, "chat": FORUM_ID, "topic": 11}
    await visitors.say(**said, text="@rakurs_bot white Renault Clio 2019, front and side")
    await play.sandbox.until(lambda: play.last("What next?", FORUM_ID), seconds=60)
    await play.press("Share", person=ADMIN_ID, chat=FORUM_ID)
    await play.sandbox.until(lambda: play.last("I know no car", FORUM_ID), seconds=30)
    assert play.last("Whoever has this link", FORUM_ID) is None
    await play.press("Share", chat=FORUM_ID)
    await play.sandbox.until(lambda: play.last("t.me/rakurs_bot?start=CAR-", FORUM_ID), seconds=30)
    assert {one["topic"] for one in play.shown(FORUM_ID)} == {11}
    query = await visitors.ask(person=TOM, chat=TOM, words="clio")
    await play.sandbox.until(lambda: play.sandbox.world.inline[query], seconds=30)
    assert len((play.sandbox.world.inline[query] or {})["results"]) == 2


async def test_the_command_starts_says_where_and_stops(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "sandbox", "--port", "0",
        cwd=tmp_path,
        env=environment(tmp_path, TELEGRAM_BOT_TOKEN="1:must-not-be-used", TELEGRAM_BASE_URL="http://127.0.0.1:9"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    async with asyncio.timeout(90):
        first = (await process.stderr.readline()).decode()
        while b"bot.ready" not in (line := await process.stderr.readline()):
            assert line, "it ended"
        url = next(word for word in first.split() if word.startswith("http://127.0.0.1:"))
        async with aiohttp.ClientSession() as http, http.get(f"{url}/violations") as answer:
            found = json.loads(await answer.text())
        assert (found["count"], found["calls"] > 3) == (0, True)
        process.send_signal(signal.SIGINT)
        await process.stderr.read()
        assert await process.wait() == 0
    assert not (tmp_path / "data").exists()
