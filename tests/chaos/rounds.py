"""How is the bot killed? At random moments and at chosen ones, round after round."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.report import UNSURE, Kill, Ledger
from tests.chaos.servers import MOMENTS, Pictures, Telegram
from tests.chaos.stored import read_stored
from tests.e2e.conftest import Bot, Town
from tests.e2e.nursery import Nursery
from tests.loopback.bot_api import message, pressed

WISHES = (
    "red BMW X5 2021",
    "blue Renault Clio 2019 hatchback front, side",
    "black Mercedes E-Class 2021 sedan front, side, rear",
    "silver Peugeot 308 2020 front",
)
BACKLOG = 8
"""No new requests while so many are unfinished."""


@dataclass(slots=True)
class Chaos:
    """One town whose bot does not live long."""

    api: Telegram
    pictures: Pictures
    town: Town
    rng: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    tell: Callable[[str], None] = lambda _line: None
    _chat: int = 1000
    _killed_at: float = 0.0

    async def round(self, number: int) -> None:
        """Start, ask, kill."""
        loop = asyncio.get_running_loop()
        plan = self.rng.choice((*MOMENTS, *["any moment"] * 6, "while starting"))
        before = read_stored(self.town.folder / "data")
        spawned = loop.time()
        if plan == "while starting":
            # as operators start it: from the nursery there is not much to die in
            bot = await self.town.spawn("-m", "bot")
            self._killed_at = 0.0
            await asyncio.sleep(self.rng.uniform(0.1, 1.5))
        else:
            bot = await self.town.start()
            ready = loop.time()
            self._killed_at = 0.0
            killed = self._arm(plan, bot)
            if len(before.unfinished) < BACKLOG:
                await self._ask(self.rng.randint(1, 3))
            await self._wait(killed, self.rng.uniform(0.05, 2.5) if plan == "any moment" else 3.0)
            self._note_resumed(before.unfinished, before.sessions or {}, spawned, ready)
        at = self._killed_at or loop.time()
        await bot.kill()
        self._disarm()
        stored = await asyncio.to_thread(read_stored, self.town.folder / "data")
        self.ledger.kills.append(Kill(at=at, why=plan, stored=stored))
        self.tell(f"round {number}: {plan}, {len(stored.unfinished)} unfinished")

    async def finish(self) -> None:
        """Let the last process bring everything to its end, with the buttons pressed where needed."""
        await self.town.start()
        await self.all_brought()
        await self.town.bots[-1].stop()
        self._seen()

    async def all_brought(self) -> None:
        """Wait for what is left, and press the buttons of doubtful albums."""
        await self.town.until(self._all_answered, seconds=60)
        for chat in sorted(set(self.ledger.asked) - set(self._seen().albums())):
            question = next(s for s in self.api.sent if s.chat == chat and s.text.startswith(UNSURE))
            button = json.loads(question.buttons)["inline_keyboard"][0][0]["callback_data"]
            self.ledger.presses[chat] += 1
            await self.api.push(pressed(button, user=int(chat), chat=int(chat)))
        await self.town.until(lambda: not set(self.ledger.asked) - set(self._seen().albums()), seconds=120)
        with contextlib.suppress(TimeoutError):
            # what is still there then stays, and is counted
            await self.api.until(lambda: not self._seen().orphans(), seconds=10)

    def _seen(self) -> Ledger:
        self.ledger.sent = self.api.sent
        self.ledger.deleted = frozenset(self.api.deleted)
        self.ledger.entries = self.pictures.ledger
        return self.ledger

    def _all_answered(self) -> bool:
        return not self._seen().lost()

    async def _ask(self, count: int) -> None:
        for _ in range(count):
            self._chat += 1
            wish = self.rng.choice(WISHES)
            self.ledger.asked.append(str(self._chat))
            await self.api.push({"message": message(wish, user=self._chat, chat=self._chat)})

    def _arm(self, plan: str, bot: Bot) -> asyncio.Event:
        """Kill from within the server, at that moment or some milliseconds later."""
        killed = asyncio.Event()
        nth, counted = self.rng.randint(1, 4), Counter[str]()
        delay = self.rng.choice((0.0, 0.0, self.rng.uniform(0, 0.06)))

        def strike() -> None:
            if bot.process.returncode is None:
                bot.process.kill()
                self._killed_at = asyncio.get_running_loop().time()
            killed.set()

        def reached(moment: str) -> None:
            counted[moment] += 1
            if moment == plan and counted[moment] == nth and not killed.is_set():
                if delay:
                    asyncio.get_running_loop().call_later(delay, strike)
                else:
                    strike()

        self.api.reached = self.pictures.reached = reached
        return killed

    def _disarm(self) -> None:
        self.api.reached = self.pictures.reached = lambda _moment: None

    async def _wait(self, killed: asyncio.Event, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await killed.wait()

    def _note_resumed(
        self, chats: frozenset[str], sessions: dict[str, str], spawned: float, ready: float
    ) -> None:
        """Seconds from ready to the first act for what a former process left; never below 0."""
        mine = {sessions[chat] for chat in chats if chat in sessions}
        acts = [sent.at for sent in self.api.sent if sent.at > spawned and sent.chat in chats]
        acts += [
            entry.started
            for entry in self.pictures.ledger
            if entry.started > spawned and any(session in entry.prompt for session in mine)
        ]
        if acts:
            self.ledger.resumed.append(max(0.0, min(acts) - ready))


async def run_chaos(
    folder: Path,
    *,
    rounds: int,
    seed: int,
    nursery: Nursery | None = None,
    tell: Callable[[str], None] = lambda _line: None,
) -> Ledger:
    """So many kills; what the ledgers then say. The same seed makes the same plans."""
    rng = random.Random(seed)
    async with Telegram(rng=rng) as api, Pictures(rng=rng) as pictures:
        town = Town(api=api, pictures=pictures, folder=folder, nursery=nursery)
        chaos = Chaos(api=api, pictures=pictures, town=town, rng=rng, tell=tell)
        try:
            for number in range(rounds):
                await chaos.round(number)
            await chaos.finish()
        finally:
            await town.stop()
        return chaos.ledger
