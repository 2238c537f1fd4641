"""How does a crowd come, and what is watched meanwhile? One message each, /help now and then, memory."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from dataclasses import dataclass, field

import httpx
import psutil

from tests.e2e.conftest import Bot, Town
from tests.load.servers import CrowdPictures, CrowdTelegram, Sent
from tests.loopback.bot_api import message

FIRST_CHAT = 10_000
ASKS_HELP = 5_000
STORED = "rakurs_update_store_seconds_most"
WISHES = (
    "red BMW X5 2021",
    "blue Renault Clio 2019 hatchback",
    "black Mercedes E-Class 2021 sedan",
    "silver Peugeot 308 2020",
    "white Toyota Camry 2018",
)
ANGLES = ("front", "side", "rear", "front three-quarter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """So many people within so many seconds, each with an album of the same number of views."""

    people: int = 1000
    within: float = 60.0
    views: int = 4
    help_every: float = 1.0
    longest: float = 900.0


@dataclass(slots=True, kw_only=True)
class Seen:
    """Everything that was seen from outside. Times in seconds of the loop's clock, sizes in bytes."""

    plan: Plan
    began: float = 0.0
    asked: dict[str, float] = field(default_factory=dict)
    helped: list[tuple[float, float]] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)
    lag: list[tuple[float, float]] = field(default_factory=list)
    stored: float = 0.0
    cpu: float = 0.0
    log: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Crowd:
    """One bot among many people."""

    api: CrowdTelegram
    pictures: CrowdPictures
    town: Town
    port: int
    seen: Seen
    _helped: dict[str, asyncio.Future[float]] = field(default_factory=dict)
    _albums: int = 0
    _done: asyncio.Event = field(default_factory=asyncio.Event)

    async def come(self) -> None:
        """Everybody writes; wait until everybody has an album, or too long."""
        bot = self.town.bots[-1]
        self.api.heard = self._hear
        loop = asyncio.get_running_loop()
        self.seen.began = loop.time()
        async with asyncio.TaskGroup() as tasks:
            watching = [tasks.create_task(self._watch(bot)), tasks.create_task(self._ask_help())]
            await self._write()
            try:
                async with asyncio.timeout(self.seen.plan.longest):
                    await self._done.wait()
                    await asyncio.sleep(1)
            except TimeoutError:
                pass
            for task in watching:
                task.cancel()
        lines = await metrics_of(self.port)
        self.seen.lag = lag_in(lines)
        self.seen.stored = next(float(line.split()[1]) for line in lines if line.startswith(STORED))
        times = psutil.Process(bot.process.pid).cpu_times()
        self.seen.cpu = times.user + times.system

    async def _write(self) -> None:
        plan, rng, loop = self.seen.plan, random.Random(6), asyncio.get_running_loop()
        for number, moment in enumerate(sorted(rng.uniform(0, plan.within) for _ in range(plan.people))):
            await asyncio.sleep(max(0.0, self.seen.began + moment - loop.time()))
            chat = FIRST_CHAT + number
            words = f"{rng.choice(WISHES)} {', '.join(ANGLES[: plan.views])}"
            self.seen.asked[str(chat)] = loop.time()
            await self.api.push({"message": message(words, user=chat, chat=chat)})

    async def _ask_help(self) -> None:
        """From somebody else every time, as long as the crowd is there; the clock ticks until the answer."""
        loop, number = asyncio.get_running_loop(), ASKS_HELP
        while True:
            number += 1
            chat, start = str(number), loop.time()
            self._helped[chat] = loop.create_future()
            await self.api.push({"message": message("/help", user=number, chat=number)})
            try:
                answered = await asyncio.wait_for(self._helped[chat], 60)
                self.seen.helped.append((start, answered - start))
            except TimeoutError:
                self.seen.helped.append((start, 60.0))
            await asyncio.sleep(max(0.0, start + self.seen.plan.help_every - loop.time()))

    async def _watch(self, bot: Bot) -> None:
        process, loop = psutil.Process(bot.process.pid), asyncio.get_running_loop()
        while True:
            family = [process, *process.children(recursive=True)]
            size = 0
            for one in family:
                try:
                    size += one.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            self.seen.memory.append((loop.time(), size))
            await asyncio.sleep(0.5)

    def _hear(self, sent: Sent) -> None:
        waiting = self._helped.get(sent.chat)
        if waiting is not None and not waiting.done():
            waiting.set_result(sent.at)
        if sent.method in {"sendMediaGroup", "sendPhoto"}:
            self._albums += 1
            if self._albums >= self.seen.plan.people:
                self._done.set()


async def metrics_of(port: int) -> list[str]:
    """What the bot tells of itself, line by line."""
    async with httpx.AsyncClient() as client:
        return (await client.get(f"http://127.0.0.1:{port}/metrics")).text.splitlines()


def lag_in(lines: Iterable[str]) -> list[tuple[float, float]]:
    """The histogram of the event loop's lag: (upper bound in seconds, how many at most that late)."""
    found = []
    for line in lines:
        if line.startswith("rakurs_loop_lag_seconds_bucket"):
            bound = line.split('le="')[1].split('"')[0]
            found.append((float(bound), float(line.rsplit(" ", 1)[1])))
    return found
