"""Two real workers that poll, on one Postgres that is restarted under them again and again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.fleet import FleetChaos, HookedTelegram
from tests.chaos.report import Kill, Ledger
from tests.chaos.rounds import BACKLOG
from tests.chaos.servers import Pictures
from tests.e2e.conftest import Town
from tests.e2e.nursery import Nursery
from tests.fakes.postgres import Postgres, create_database

MODES = ("fast", "immediate")
DIES = "whoever polls"


@dataclass(slots=True)
class Restarts(FleetChaos):
    """A town whose database does not live long; both bots do."""

    server: Postgres | None = None

    async def round(self, number: int, *, last: bool = False) -> None:
        """Ask, restart the server while albums are drawn, and wait for the next act of either bot."""
        assert self.server is not None
        loop, mode = asyncio.get_running_loop(), MODES[number % len(MODES)]
        await self._ask(self.rng.randint(2, 4))
        await self._busy()
        await asyncio.sleep(self.rng.uniform(0, 0.6))
        before = await self._rows()
        kill = Kill(at=loop.time(), why=mode, stored=before)
        await asyncio.to_thread(self.server.restart, mode)
        back = loop.time()
        self.ledger.kills.append(kill)
        if before.unfinished:
            await self.town.until(lambda: self._acted(back), seconds=30)
            self.ledger.gone_on.append(loop.time() - back)
        self.tell(f"round {number}: {mode}, {len(before.unfinished)} unfinished")

    async def the_asking_one_dies(self) -> None:
        """For good; what people write from then on is asked for by the other."""
        loop = asyncio.get_running_loop()
        asking = next(worker for worker in self.workers if worker.bot.said("polling.begun"))
        (heir,) = (worker for worker in self.workers if worker is not asking)
        while not (held := await self._held_by(asking.number)):
            if len((await self._rows()).unfinished) < BACKLOG:
                await self._ask(2)
            await asyncio.sleep(0.05)
        at = loop.time()
        await self._end(DIES, asking)
        self.ledger.kills.append(Kill(at=at, why=DIES, stored=await self._rows()))
        await self._ask(2)
        await heir.bot.until("polling.begun")
        self.tell(f"another polls after {loop.time() - at:.1f} s")
        await self._mourn(at, held)

    def _acted(self, since: float) -> bool:
        return any(sent.at > since for sent in self.api.sent) or any(
            entry.started > since for entry in self.pictures.ledger
        )


async def run_restarts(
    folder: Path,
    server: Postgres,
    *,
    rounds: int,
    seed: int,
    nursery: Nursery | None = None,
    tell: Callable[[str], None] = lambda _line: None,
) -> Ledger:
    """So many restarts, then one death of the worker that polls; what the ledgers then say."""
    rng, url = random.Random(seed), create_database(server.address, "restarts")
    async with HookedTelegram(rng=rng) as api, Pictures(rng=rng) as pictures:
        town = Town(api=api, pictures=pictures, folder=folder, nursery=nursery)
        chaos = Restarts(
            api=api, pictures=pictures, town=town, rng=rng, tell=tell, url=url, polling=True, server=server
        )
        try:
            await chaos.open()
            for number in range(rounds):
                await chaos.round(number)
            await chaos.the_asking_one_dies()
            await chaos.finish()
            assert not any(bot.said("fleet.declared_dead") for bot in town.bots)
        finally:
            await town.kill()
        chaos.ledger.conflicts = api.conflicts
        return chaos.ledger
