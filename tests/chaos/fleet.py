"""Two real workers on one Postgres, behind a webhook or polling; one after the other dies for good, or hangs."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psycopg

from bot.handlers.web import SECRET_HEADER
from tests.chaos.report import TAIL, Kill, Ledger
from tests.chaos.rounds import BACKLOG, Chaos
from tests.chaos.servers import MOMENTS, Pictures, Telegram
from tests.chaos.stored import Stored
from tests.e2e.conftest import Bot, Town

SECRET = "loopback-webhook-secret"
PATH = "/telegram"
HANG, DRAWING = "hangs", "while it draws"
_ALL = (
    *(moment for moment in MOMENTS if not moment.startswith("update")),
    *["any moment"] * 4,
    *[DRAWING] * 4,
)


@dataclass(slots=True)
class HookedTelegram(Telegram):
    """Brings updates to a worker, again until one has taken it, and now and then to two at once.

    `doors` are the ports of the workers; whoever stands behind a closed one is not asked for long.
    Without doors the workers poll.
    """

    doors: list[int] = field(default_factory=list)
    _carried: set[asyncio.Task[None]] = field(default_factory=set)

    async def push(self, update: dict[str, Any]) -> int:
        if not self.doors:
            return await Telegram.push(self, update)
        async with self._arrived:
            number = self._next_update
            self._next_update += 1
        for _ in range(self.rng.choice((1, 1, 2))):
            task = asyncio.create_task(self._carry({"update_id": number, **update}))
            self._carried.add(task)
            task.add_done_callback(self._carried.discard)
        return number

    async def _carry(self, update: dict[str, Any]) -> None:
        headers, patience = {SECRET_HEADER: SECRET}, aiohttp.ClientTimeout(total=3)
        async with aiohttp.ClientSession(headers=headers, timeout=patience) as client:
            while True:
                port = self.rng.choice(self.doors)
                try:
                    async with client.post(f"http://127.0.0.1:{port}{PATH}", json=update) as answer:
                        if answer.status == 200:
                            return
                except (aiohttp.ClientError, TimeoutError):
                    pass
                await asyncio.sleep(0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One process, its door, and its number in the database."""

    bot: Bot
    port: int | None = None

    @property
    def number(self) -> int:
        joined = next(line for line in self.bot.log if "fleet.joined" in line)
        return int(joined.rpartition("worker=")[2])


@dataclass(slots=True)
class FleetChaos(Chaos):
    """A town with two bots, of which one does not live long."""

    url: str = ""
    polling: bool = False
    workers: list[Worker] = field(default_factory=list)

    async def open(self) -> None:
        await asyncio.gather(self._hire(), self._hire())

    async def round(self, number: int, *, last: bool = False) -> None:
        """Ask, kill one of the two, and see how the other goes on. The first dies while it draws."""
        plan = HANG if number % 10 == 9 else self.rng.choice(_ALL) if number else DRAWING
        victim = self.rng.choice(self.workers)
        killed = self._arm(plan, victim.bot)
        if len((await self._rows()).unfinished) < BACKLOG:
            await self._ask(self.rng.randint(1, 4))
        if plan in {DRAWING, HANG}:
            victim = await self._busy() or victim
        else:
            await self._wait(killed, self.rng.uniform(0.3, 2.5) if plan == "any moment" else 4.0)
        at = self._killed_at or asyncio.get_running_loop().time()
        await self._end(plan, victim)
        self._disarm()
        self._killed_at = 0.0
        self.ledger.kills.append(Kill(at=at, why=plan, stored=await self._rows()))
        mourning = self._mourn(at, await self._held_by(victim.number))
        # half of the dead are replaced at once, as a supervisor would; the others are missed for a while
        if self.rng.random() < 0.5 and not last:
            _, held = await asyncio.gather(self._hire(), mourning)
        else:
            held = await mourning
            if not last:
                await self._hire()
        if plan == HANG:
            victim.bot.process.send_signal(signal.SIGCONT)
            await asyncio.sleep(3)
            await victim.bot.kill()
        self.tell(f"round {number}: {plan}, {held} of the dead finished")

    async def finish(self) -> None:
        await self.all_brought()
        await asyncio.gather(*(worker.bot.stop() for worker in self.workers))
        self._seen()

    async def _hire(self) -> None:
        if self.polling:
            self.workers.append(Worker(bot=await self.town.start(DATABASE_URL=self.url)))
            return
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        bot = await self.town.start(
            DATABASE_URL=self.url,
            RAKURS_HTTP_PORT=str(port),
            RAKURS_WEBHOOK_URL=f"http://127.0.0.1:{port}{PATH}",
            RAKURS_WEBHOOK_SECRET=SECRET,
        )
        self.workers.append(Worker(bot=bot, port=port))
        self._doors()

    async def _busy(self) -> Worker | None:
        """A worker that holds an album, as soon as there is one."""
        for _ in range(40):
            for worker in self.workers:
                if await self._held_by(worker.number):
                    await asyncio.sleep(self.rng.uniform(0, 0.5))
                    return worker
            await asyncio.sleep(0.05)
        return None

    async def _end(self, plan: str, victim: Worker) -> None:
        self.workers.remove(victim)
        self._doors()
        if plan == HANG:
            victim.bot.process.send_signal(signal.SIGSTOP)
        else:
            await victim.bot.kill()

    def _doors(self) -> None:
        assert isinstance(self.api, HookedTelegram)
        self.api.doors = [worker.port for worker in self.workers if worker.port is not None]

    async def _mourn(self, at: float, chats: frozenset[str]) -> int:
        """Wait until all is over that the dead one held; note how long that took."""
        loop = asyncio.get_running_loop()
        sessions = {key for chat, key in ((await self._rows()).sessions or {}).items() if chat in chats}
        while (await self._rows()).unfinished & chats:
            assert loop.time() - at < 120, "what the dead one held is not finished"
            await asyncio.sleep(0.1)
        acts = [sent.at for sent in self.api.sent if sent.at > at + TAIL and sent.chat in chats]
        acts += [
            entry.started
            for entry in self.pictures.ledger
            if entry.started > at + TAIL and any(session in entry.prompt for session in sessions)
        ]
        if chats:
            self.ledger.finished.append(loop.time() - at)
        if acts:
            self.ledger.taken_over.append(min(acts) - at)
        return len(chats)

    async def _rows(self) -> Stored:
        async with await psycopg.AsyncConnection.connect(_plain(self.url)) as link:
            pictures = await link.execute(
                "SELECT session_id, seed FROM pictures JOIN views USING (session_id, angle)"
            )
            views = await pictures.fetchall()
            albums = await (await link.execute("SELECT chat, state FROM albums")).fetchall()
            sessions = await (await link.execute("SELECT chat, id FROM sessions")).fetchall()
        return Stored(
            views=frozenset(f"{session} {seed}" for session, seed in views),
            sessions=dict(sessions),
            unfinished=frozenset(chat for chat, state in albums if state in {"open", "delivering"}),
            unknown=frozenset(chat for chat, state in albums if state == "unknown"),
        )

    async def _held_by(self, number: int) -> frozenset[str]:
        """Chats whose unfinished albums that worker held, as the rows say."""
        query = "SELECT chat FROM albums WHERE worker = %s AND state IN ('open', 'delivering')"
        async with await psycopg.AsyncConnection.connect(_plain(self.url)) as link:
            rows = await (await link.execute(query, (number,))).fetchall()
        return frozenset(chat for (chat,) in rows)


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


async def run_fleet(
    folder: Path,
    url: str,
    *,
    rounds: int,
    seed: int,
    polling: bool = False,
    tell: Callable[[str], None] = lambda _line: None,
) -> Ledger:
    """So many deaths among two workers; what the ledgers then say."""
    rng = random.Random(seed)
    async with HookedTelegram(rng=rng) as api, Pictures(rng=rng) as pictures:
        town = Town(api=api, pictures=pictures, folder=folder)
        chaos = FleetChaos(
            api=api, pictures=pictures, town=town, rng=rng, tell=tell, url=url, polling=polling
        )
        try:
            await chaos.open()
            for number in range(rounds):
                await chaos.round(number, last=number == rounds - 1)
            await chaos.finish()
        finally:
            await town.kill()
        chaos.ledger.conflicts = api.conflicts
        return chaos.ledger
