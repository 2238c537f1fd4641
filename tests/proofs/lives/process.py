"""One process of the bot: everything that a kill takes away, wired as the bot's own start does it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from telegram import Update

from bot.handlers.access import AccessLimits
from bot.handlers.build import App, Services, build_application
from bot.handlers.outbox import Outbox
from bot.handlers.texts import Texts
from bot.handlers.updates import DurableQueue, PollingBot
from bot.handlers.voice import Voice, make_voice
from bot.pipeline.angles import parse_angles
from bot.pipeline.errors import StorageError, UnknownAngle
from bot.pipeline.generate import Cashier, SetDrawer
from bot.pipeline.model import AngleName, CarSpec, Reading, ReadingKind, Research, Strength
from bot.pipeline.money import Budgets
from bot.pipeline.ports import Capabilities
from bot.pipeline.purse import Purse
from bot.pipeline.runner import EmbeddedRunner
from bot.pipeline.spinner import Spinner
from tests.fakes.ledger import MemoryLedger
from tests.loopback.bot_api import TOKEN
from tests.proofs.lives.edges import Edges, Outside, VirtualClock
from tests.proofs.lives.ledger import Faults, Ledger
from tests.proofs.lives.outside import Chats, Filmer, Maker, Seer, Wire
from tests.unit.handlers.house import RED, Counted, Glanced

TEXTS = Texts()
LINE = (
    (
        "one",
        Capabilities(
            strength=Strength.REFERENCES,
            concurrency=3,
            seconds=1,
            takes_references=2,
            takes_guide=True,
            price=0.04,
        ),
    ),
    ("two", Capabilities(strength=Strength.SEEDS, concurrency=2, seconds=1)),
    ("studio", Capabilities(strength=Strength.GEOMETRY, concurrency=2, seconds=1, repeatable=True)),
)


class PlainWords:
    """Every description is a red car of the maker that is its first word; its other words are angles."""

    def understand(self, description: str, *, previous: CarSpec | None = None) -> Reading:
        if previous is not None:
            return Reading(kind=ReadingKind.CAR, specs=(replace(previous, color=description),))
        maker, _, rest = description.partition(" ")
        try:
            angles = parse_angles(rest)
        except UnknownAngle:
            return Reading(kind=ReadingKind.NO_CAR)
        return Reading(kind=ReadingKind.CAR, specs=(replace(RED, brand=maker),), angles=angles)


class NoResearch:
    async def research(self, spec: CarSpec, angles: Sequence[AngleName]) -> Research:
        return Research()


@dataclass(slots=True)
class World:
    """What outlives every process. `parts` are the ports of the storage by name."""

    parts: dict[str, Any]
    faults: Faults = field(default_factory=Faults)
    ledger: Ledger = field(default_factory=Ledger)
    chats: Chats = field(default_factory=Chats)
    now: float = 0.0


class Process:
    """Runs in the loop that calls `start`, until `kill`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.edges = Edges(now=world.now)
        self.ready = False
        self._arrived = asyncio.Event()
        clock = VirtualClock(self.edges)
        self._outbox = Outbox(clock=clock)
        self._voice = self._make_voice(clock)
        drawer = SetDrawer(
            store=self._outside("sessions"),
            providers=tuple(self._maker(name, takes) for name, takes in LINE),
            researcher=NoResearch(),
            progress=self._voice.status,
            guides=self._maker(*LINE[2]),
            clock=clock,
            cashier=Cashier(ledger=self._outside("ledger"), budgets=Budgets()),
            judge=Seer(edges=self.edges, faults=world.faults),
        )
        self.runner = EmbeddedRunner(
            store=self._outside("sessions"), drawer=drawer, courier=self._voice.courier, sleep=clock.sleep
        )
        spins = self._outside("spins")
        self._voice.spins.mark_in(spins)
        self._spinner = Spinner(
            store=spins,
            cars=self._outside("sessions"),
            films=Filmer(edges=self.edges, faults=world.faults),
            courier=self._voice.spins,
            sleep=clock.sleep,
        )
        self._queue = DurableQueue(inbox=self._outside("inbox"), clock=clock)
        self._app = self._build(clock)

    def _outside(self, name: str) -> Any:
        def answered(called: str, args: tuple[Any, ...], named: dict[str, Any], answer: Any) -> None:
            ledger = self._world.ledger
            happened = ledger.film_happened if name == "spins" else ledger.stored_happened
            happened(called, args, named, answer)
            self._world.faults.store_answered(called)

        return Outside(self._world.parts[name], self.edges, self._world.faults.store_called, answered)

    def _maker(self, name: str, takes: Capabilities) -> Maker:
        world = self._world
        return Maker(
            name=name, capabilities=takes, edges=self.edges, faults=world.faults, ledger=world.ledger
        )

    def _make_voice(self, clock: VirtualClock) -> Voice:
        world = self._world

        def wire() -> Wire:
            return Wire(edges=self.edges, faults=world.faults, ledger=world.ledger, chats=world.chats)

        bot = PollingBot(token=TOKEN, request=wire(), get_updates_request=wire())
        return make_voice(bot=bot, outbox=self._outbox, clock=clock, texts=TEXTS)

    def _build(self, clock: VirtualClock) -> App:
        return build_application(
            voice=self._voice,
            update_queue=self._queue,
            services=Services(
                understanding=PlainWords(),
                store=self._outside("sessions"),
                archive=self._outside("archive"),
                preferences=self._outside("preferences"),
                inbox=self._outside("inbox"),
                runner=self.runner,
                turntable=self._spinner,
                shares=self._outside("shares"),
                stats=Counted(),
                glance=Glanced(),
                purse=Purse(ledger=MemoryLedger(), budgets=Budgets(), providers=(), clock=clock),
                clock=clock,
                admin_ids=frozenset(),
                limits=AccessLimits(requests_per_minute=10**6, queue=10**6, longest_wait=1e9, each=10**6),
            ),
        )

    def start(self) -> None:
        asyncio.get_running_loop().create_task(self._live(), name="process")

    async def _live(self) -> None:
        """As bot/serve.py opens it; a disk that fails meanwhile ends the process."""
        try:
            await self._app.initialize()
            await self._app.start()
            await self.runner.start()
            await self._spinner.start()
            await self._queue.restore(self._voice.bot)
        except StorageError:
            self.edges.alive = False
            return
        self.ready = True
        await self._poll()

    async def _poll(self) -> None:
        """Telegram keeps an update until the queue has taken it."""
        waiting = self._world.chats.waiting
        while True:
            if waiting:
                await self._queue.put(Update.de_json(waiting[0], self._voice.bot))
                waiting.pop(0)
            else:
                self._arrived.clear()
                await self._arrived.wait()

    def nudge(self) -> None:
        """There is a new update."""
        self._arrived.set()

    async def kill(self) -> None:
        """What was held never happens; nothing of this process touches the world any more."""
        self.edges.alive = False
        self._world.now = self.edges.now
        for _ in range(50):
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            if not tasks:
                return
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        raise AssertionError("a task does not end")

    async def rest(self) -> None:
        """Let everything run until nothing is left to do, as time passes."""
        self.edges.free = True
        for held in list(self.edges.held):
            if not held.done():
                held.set_result(None)
        for _ in range(3000):
            await self.edges.settle()
            if not self.edges.sleepers:
                return
            first = min(until for until, _ in self.edges.sleepers)
            self.edges.now = max(self.edges.now, first)
            for until, future in list(self.edges.sleepers):
                if until <= self.edges.now and not future.done():
                    future.set_result(None)
        raise AssertionError("it never comes to rest")
