"""How are the processes of a measurement started, watched and ended?"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from tests.e2e.conftest import Bot, environment

ECHO, OURS = "1:echo-of-the-bench-AAAAAAAAAAAAAAAAAAAA", "2:ours-of-the-bench-AAAAAAAAAAAAAAAAAAAA"
"""Tokens of the two bots."""
_QUIET = 0.3  # seconds in which what follows an answer is done


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a number of updates took: wall seconds to the last answer, CPU seconds of the bot."""

    seconds: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Telegram:
    """The loopback server's address, and a client for its own paths."""

    url: str
    client: httpx.AsyncClient

    async def round(self, token: str, updates: list[dict[str, object]], process: psutil.Process) -> Round:
        """Hand that bot updates, and wait until it has answered all of them."""
        before = cpu(process)
        answer = await self.client.post(f"{self.url}/round/{token}", json=updates)
        seconds = answer.raise_for_status().json()["seconds"]
        await asyncio.sleep(_QUIET)
        return Round(seconds=seconds, cpu=cpu(process) - before)


def cpu(process: psutil.Process) -> float:
    """Seconds of all its threads, in user and system mode."""
    times = process.cpu_times()
    return float(times.user + times.system)


@asynccontextmanager
async def open_telegram() -> AsyncIterator[Telegram]:
    """The server in a process of its own."""
    async with (
        _process("-m", "tests.bench.telegram") as (_, server),
        httpx.AsyncClient(timeout=150) as client,
    ):
        await server.until("http://")
        yield Telegram(server.log[-1].strip(), client)


@asynccontextmanager
async def echo_bot(telegram: Telegram) -> AsyncIterator[psutil.Process]:
    """The bare bot; polling when this is entered."""
    async with _process("-m", "tests.bench.echo", telegram.url, ECHO) as (process, _):
        yield psutil.Process(process.pid)


@asynccontextmanager
async def our_bot(
    telegram: Telegram, folder: Path, **more: str
) -> AsyncIterator[tuple[psutil.Process, float]]:
    """The real bot, ready when this is entered, and the seconds that took."""
    env = {
        "TELEGRAM_BOT_TOKEN": OURS,
        "TELEGRAM_BASE_URL": telegram.url,
        # a provider that is never asked; with it the studio does not start
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "OPENAI_IMAGE_MODEL": "seeded-model",
        **more,
    }
    started = time.perf_counter()
    async with _process("-m", "tests.bench.ours", folder=folder, **env) as (process, bot):
        await bot.until("bot.ready")
        yield psutil.Process(process.pid), time.perf_counter() - started


@asynccontextmanager
async def _process(
    *words: str, folder: Path | None = None, **env: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Bot]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        env=environment(folder or Path(), **env),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    bot = Bot(process)
    bot.listen()
    try:
        yield process, bot
    finally:
        await bot.stop()
