"""The real bot as a process of its own, between a loopback Bot API and loopback picture servers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import commands
from bot.sandbox.server import TOKEN, Sandbox
from tests.e2e.nursery import Child, Nursery
from tests.loopback.bot_api import BotApi
from tests.loopback.pictures import PictureServer

ADMIN = 99
Types = Callable[..., Result]
ROOT = Path(__file__).resolve().parents[2]
# the last is set by `make coverage` alone: lines of the processes count as well
_KEPT = ("PATH", "HOME", "LANG", "SYSTEMROOT", "COVERAGE_PROCESS_CONFIG")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The variables of a process that knows nothing of this machine's settings."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "RAKURS_DATA_DIR": str(folder / "data"),
        "RAKURS_SEARCH": "off",
        **more,
    }


@dataclass(slots=True)
class Bot:
    """One process of the bot. `log` is all that it wrote so far, on both streams."""

    process: asyncio.subprocess.Process | Child
    log: list[str] = field(default_factory=list)
    _heard: asyncio.Condition = field(default_factory=asyncio.Condition)
    _reader: asyncio.Task[None] | None = None

    def listen(self) -> None:
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            async with self._heard:
                self.log.append(line.decode(errors="replace"))
                self._heard.notify_all()

    async def until(self, words: str, *, times: int = 1, seconds: float = 60) -> None:
        """Wait until so many lines of the log hold these words."""
        try:
            async with asyncio.timeout(seconds), self._heard:
                await self._heard.wait_for(lambda: sum(words in line for line in self.log) >= times)
        except TimeoutError:
            raise AssertionError(f"never logged: {words}\n" + "".join(self.log[-40:])) from None

    def said(self, words: str) -> bool:
        return any(words in line for line in self.log)

    async def kill(self) -> None:
        """SIGKILL, as a machine would die."""
        self.process.kill()
        await self._gone()

    async def stop(self) -> int:
        """SIGTERM, as an operator stops it; the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await self._gone()

    async def _gone(self) -> int:
        async with asyncio.timeout(60):
            code = await self.process.wait()
            if self._reader is not None:
                await self._reader
        return code


@dataclass(slots=True)
class Town:
    """Telegram and a picture maker on loopback, and bots that live between them.

    Where there is no `nursery`, and for other programs, Python starts anew for each.
    """

    api: Sandbox | BotApi
    pictures: PictureServer
    folder: Path
    nursery: Nursery | None = None
    bots: list[Bot] = field(default_factory=list)

    async def start(self, *program: str, **more: str) -> Bot:
        """Start the bot and wait until it is ready."""
        bot = await self.spawn(*program, **more)
        await bot.until("bot.ready")
        return bot

    async def spawn(self, *program: str, **more: str) -> Bot:
        """Start the bot; `program` is another way for Python to load it than `-m bot`."""
        env = environment(
            self.folder,
            TELEGRAM_BOT_TOKEN=TOKEN,
            TELEGRAM_BASE_URL=self.api.url,
            ADMIN_IDS=str(ADMIN),
            **{
                "OPENAI_API_KEY": "k",
                "OPENAI_BASE_URL": self.pictures.openai_url,
                "OPENAI_IMAGE_MODEL": "seeded-model",
                **more,
            },
        )
        process: asyncio.subprocess.Process | Child
        if self.nursery and not program:
            process = await self.nursery.start("run", cwd=self.folder, env=env)
        else:
            process = await _started(*(program or ("-m", "bot")), "run", cwd=self.folder, env=env)
        bot = Bot(process)
        bot.listen()
        self.bots.append(bot)
        return bot

    async def stop(self) -> None:
        """Ask every bot to end, and wait for it."""
        for bot in self.bots:
            await bot.stop()

    async def kill(self) -> None:
        """End every bot that lives."""
        for bot in self.bots:
            if bot.process.returncode is None:
                await bot.kill()

    def albums(self) -> int:
        return len(self.api.of("sendMediaGroup"))

    async def until(self, true: Callable[[], object], *, seconds: float = 60) -> None:
        try:
            await self.api.until(true, seconds=seconds)
        except TimeoutError:
            calls = [(call.method, call.fields.get("text", "")[:80]) for call in self.api.calls]
            log = "".join(self.bots[-1].log[-30:])
            raise AssertionError(f"never came true; calls: {calls}\n{log}") from None


async def _started(
    *program: str,
    cwd: Path,
    env: Mapping[str, str],
    stdin: int | None = None,
    stderr: int = asyncio.subprocess.STDOUT,
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, *program, cwd=cwd, env=env, stdin=stdin, stdout=asyncio.subprocess.PIPE, stderr=stderr
    )


@asynccontextmanager
async def open_town(folder: Path, nursery: Nursery | None) -> AsyncIterator[Town]:
    async with Sandbox() as api, PictureServer() as pictures:
        town = Town(api=api, pictures=pictures, folder=folder, nursery=nursery)
        try:
            yield town
        finally:
            await town.stop()
        assert api.ledger.violations()["violations"] == []


@pytest.fixture
async def town(tmp_path: Path, nursery: Nursery | None) -> AsyncIterator[Town]:
    async with open_town(tmp_path, nursery) as opened:
        yield opened


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process wrote, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Rakurs(Protocol):
    """Runs `rakurs …`, with those variables, in a process of its own."""

    async def __call__(self, *words: str, stdin: str = "", **env: str) -> Ended: ...


@pytest.fixture
def rakurs(tmp_path: Path, nursery: Nursery | None) -> Rakurs:
    """In an empty folder."""

    async def run(*words: str, stdin: str = "", **env: str) -> Ended:
        mine = environment(tmp_path, **env)
        if nursery is None:
            pipe = asyncio.subprocess.PIPE
            process = await _started("-m", "bot", *words, cwd=tmp_path, env=mine, stdin=pipe, stderr=pipe)
            out, err = await process.communicate(stdin.encode())
            return Ended(await process.wait(), out.decode(), err.decode())
        child = await nursery.start(*words, cwd=tmp_path, env=mine, stdin=stdin.encode(), apart=True)
        out, err = await child.communicate()
        return Ended(await child.wait(), out.decode(), err.decode())

    return run


@pytest.fixture
def types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Types:
    """Runs `rakurs …` in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)
    settings = environment(tmp_path)

    def invoke(*words: str, stdin: str = "", **more: str) -> Result:
        return CliRunner().invoke(commands(), words, input=stdin, env={**settings, **more})

    return invoke
