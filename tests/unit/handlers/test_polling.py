"""Does one worker ask for updates, and only while it surely leads?"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from telegram.error import NetworkError

from bot.handlers.polling import DOUBT, Polling
from bot.pipeline.errors import StorageError


@dataclass(slots=True)
class Worker:
    """A library that polls and rows that say who leads; `passed` in seconds."""

    leads: bool | Exception = False
    lost: bool = False
    unreachable: bool = False
    passed: float = 0.0
    calls: list[str] = field(default_factory=list)

    async def start(self) -> None:
        if self.unreachable:
            raise NetworkError("no way")
        self.calls.append("start")

    async def stop(self) -> None:
        self.calls.append("stop")

    async def whether(self) -> bool:
        if isinstance(self.leads, Exception):
            raise self.leads
        return self.leads

    async def resign(self) -> None:
        if self.lost:
            raise StorageError("away")
        self.calls.append("resign")

    def now(self) -> float:
        return self.passed

    def ticks(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds
        if self.passed >= 3:
            raise asyncio.CancelledError

    def polling(self) -> Polling:
        return Polling(start=self.start, stop=self.stop, leads=self.whether, resign=self.resign, clock=self)


async def test_whoever_leads_asks_and_stops_when_another_leads() -> None:
    worker = Worker()
    polling = worker.polling()
    for leads in (False, True, True, False, False, True):
        worker.leads = leads
        await polling.look()
    assert worker.calls == ["start", "stop", "start"]
    await polling.close()
    assert worker.calls[3:] == ["stop", "resign"]


async def test_whoever_ends_leads_no_more_though_it_did_not_ask_or_the_rows_are_away() -> None:
    worker = Worker()
    await worker.polling().close()
    assert worker.calls == ["resign"]
    asking = Worker(leads=True, lost=True)
    polling = asking.polling()
    await polling.look()
    await polling.close()
    assert asking.calls == ["start", "stop"]


async def test_a_database_that_is_away_for_a_moment_stops_nobody_and_one_that_stays_away_does() -> None:
    worker = Worker(leads=True)
    polling = worker.polling()
    await polling.look()
    worker.leads = StorageError("away")
    worker.passed += DOUBT - 1
    await polling.look()
    assert worker.calls == ["start"]
    worker.passed += 2
    await polling.look()
    assert worker.calls == ["start", "stop"]
    await polling.look()
    worker.leads = True
    await polling.look()
    assert worker.calls == ["start", "stop", "start"]


async def test_where_telegram_cannot_be_reached_it_is_tried_again() -> None:
    worker = Worker(leads=True, unreachable=True)
    polling = worker.polling()
    await polling.look()
    assert not polling.asks
    worker.unreachable = False
    await asyncio.gather(polling.run_for_ever(), return_exceptions=True)
    assert worker.calls == ["start"]


class Never(Worker):
    async def whether(self) -> bool:
        raise TimeoutError


async def test_nobody_begins_who_does_not_know_whether_they_lead() -> None:
    worker = Never()
    await worker.polling().look()
    assert worker.calls == []
