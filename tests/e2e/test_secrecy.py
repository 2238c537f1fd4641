"""Nothing private leaves the real bot through its log: a whole run at DEBUG, read from end to end."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.handlers.web import SECRET_HEADER
from bot.sandbox.cast import people
from bot.sandbox.server import TOKEN
from tests.e2e.conftest import Bot, Town
from tests.loopback.bot_api import message
from tests.loopback.collector import Collector
from tests.loopback.pictures import REFUSED, SERVER, Entry, Fault

pytestmark = pytest.mark.timeout(180)
OPENAI_KEY = "an-openai-key-of-no-known-shape"
POLLINATIONS_KEY = "pollinations/key+with signs"
WEBHOOK_SECRET = "webhook-secret-of-the-tests"
PASSWORD = "not-in-use-but-set"
PERSON = people()[0].id
TOLD = "червоний BMW X5 2021 спереду, номер АА7391ВС, для Квітослави"
PRIVATE = (
    TOKEN,
    TOKEN.partition(":")[2],
    OPENAI_KEY,
    POLLINATIONS_KEY,
    "pollinations%2Fkey",
    WEBHOOK_SECRET,
    "Квітослав",
    "червоний BMW",
    "7391",
    "Same vehicle",
    "Same%20vehicle",
    "/file/bot",
    "forged",
)


def free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


class Postman:
    """Brings updates to the webhook as Telegram does."""

    def __init__(self, client: aiohttp.ClientSession) -> None:
        self._client = client
        self._number = 0

    async def bring(self, text: str, *, secret: str = WEBHOOK_SECRET) -> int:
        """The status of the answer."""
        self._number += 1
        update = {
            "update_id": self._number,
            "message": message(text, number=self._number, user=PERSON, chat=PERSON, language="uk"),
        }
        async with self._client.post("/hook", json=update, headers={SECRET_HEADER: secret}) as answer:
            return answer.status


async def live_through_everything(town: Town, bot: Bot, post: Postman, data: Path) -> None:
    assert await post.bring(TOLD) == 200
    await town.until(lambda: len(town.api.of("sendPhoto")) == 1)
    assert {entry.api for entry in town.pictures.ledger} == {"generations"}
    assert await post.bring("forged", secret="guessed-by-a-stranger") == 403

    def one_is_down(entry: Entry, _before: int) -> Fault | None:
        return REFUSED if entry.api == "generations" else None

    town.pictures.faults = one_is_down
    assert await post.bring(TOLD) == 200
    await town.until(lambda: len(town.api.of("sendPhoto")) == 2)
    assert town.pictures.ledger[-1].api == "pollinations"

    def both_stumble(entry: Entry, before: int) -> Fault | None:
        return REFUSED if entry.api == "generations" else SERVER if before < 4 else None

    town.pictures.faults = both_stumble
    assert await post.bring(TOLD) == 200
    await town.until(lambda: len(town.api.of("sendPhoto")) == 3)
    assert [entry.status for entry in town.pictures.ledger][-2:] == [500, 200]
    await bot.until("album.delivered", times=3)
    with contextlib.closing(sqlite3.connect(data, timeout=30)) as rows:
        rows.execute("ALTER TABLE albums RENAME TO lost")
        assert await post.bring(TOLD) == 200
        await bot.until("no such table")
        rows.execute("ALTER TABLE lost RENAME TO albums")
    # else it would try again and again, and end no sooner
    await bot.until("album.delivered", times=4)


async def test_a_whole_run_at_debug_tells_no_secret_and_nobodys_words(town: Town) -> None:
    async with Collector() as collector:
        bot = await run(town, collector)
    told_to_the_collector(collector)
    told_to_the_log(town, bot)


async def run(town: Town, collector: Collector) -> Bot:
    port = free_port()
    key_file = town.folder / "openai key"
    key_file.write_text(f"{OPENAI_KEY}\n", encoding="utf-8")
    folder = town.folder / "secrets"
    folder.mkdir()
    (folder / "pollinations_api_key").write_text(POLLINATIONS_KEY, encoding="utf-8")
    bot = await town.start(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        RAKURS_LOG="json",
        RAKURS_LOG_LEVEL="DEBUG",
        RAKURS_PROVIDERS="openai,pollinations",
        OPENAI_API_KEY="",
        OPENAI_API_KEY_FILE=str(key_file),
        POLLINATIONS_BASE_URL=town.pictures.pollinations_url,
        POLLINATIONS_IMAGE_MODEL="flux",
        RAKURS_SECRETS_DIR=str(folder),
        RAKURS_WEBHOOK_URL="https://rakurs.example/hook",
        RAKURS_WEBHOOK_SECRET=WEBHOOK_SECRET,
        RAKURS_HTTP_PORT=str(port),
    )
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        await live_through_everything(town, bot, Postman(client), town.folder / "data" / "rakurs.sqlite3")
        async with client.get("/metrics") as answer:
            told_to_prometheus(await answer.text())
    await bot.stop()
    return bot


def told_to_prometheus(text: str) -> None:
    families = {family.name: family for family in text_string_to_metric_families(text)}
    albums = {
        s.labels["outcome"]: s.value for s in families["rakurs_albums"].samples if "outcome" in s.labels
    }
    assert albums.get("complete") == 4, albums
    outcomes = {tuple(sorted(s.labels.values())) for s in families["rakurs_pictures"].samples}
    assert outcomes >= {("drawn", "openai"), ("openai", "refused"), ("pollinations", "server")}
    for name in (
        "rakurs_build_info",
        "rakurs_loop_lag_seconds",
        "rakurs_breaker_open_seconds",
        "rakurs_telegram_calls",
    ):
        assert families[name].samples, name
    for word in (*PRIVATE, f'"{PERSON}"'):
        assert word not in text, word


def told_to_the_collector(collector: Collector) -> None:
    names = {span.name for span in collector.spans}
    assert names >= {"update", "understand", "accept", "research", "compose", "view", "deliver"}
    (first,) = [span for span in collector.of("accept") if span.facts["rakurs.views"] == "1"][:1]
    mine = {span.name for span in collector.spans if span.trace == first.trace}
    assert mine == {"update", "understand", "accept", "research", "compose", "view", "deliver"}
    for word in (*PRIVATE, "prompt", str(PERSON)):
        assert word.encode() not in collector.raw, word


def told_to_the_log(town: Town, bot: Bot) -> None:
    asked = {entry.api: entry.auth for entry in town.pictures.ledger}
    assert asked == {"generations": f"Bearer {OPENAI_KEY}", "pollinations": f"Bearer {POLLINATIONS_KEY}"}
    log = "".join(bot.log)
    assert all("event" in json.loads(line) for line in bot.log)
    for words in (
        "[AsyncGen] Parallel generation failed",
        "Traceback",
        "webhook.wrong_secret",
        "provider.gave_up",
    ):
        assert words in log, words
    for word in PRIVATE:
        assert word not in log, next(line for line in bot.log if word in line)
