"""The chat as a whole: real application, real HTTP to a loopback Bot API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.handlers.access import AccessLimits
from bot.handlers.build import ALLOWED_UPDATES, App, Services, build_application, make_bot, make_voice
from bot.handlers.outbox import Outbox
from bot.handlers.status import Status
from bot.handlers.updates import DurableQueue
from bot.pipeline.money import Budgets
from bot.pipeline.ports import Provider
from bot.pipeline.purse import Purse
from bot.pipeline.spinner import Spinner
from tests.fakes.clock import RealClock
from tests.fakes.spins import FilmsAtOnce, MemorySpins
from tests.fakes.store import MemoryStore
from tests.loopback.bot_api import TOKEN, BotApi
from tests.unit.handlers.house import Counted, DrawsAtOnce, Glanced, WordsOfTests

ADMIN = 99


@dataclass(slots=True)
class House:
    api: BotApi
    store: MemoryStore
    runner: DrawsAtOnce
    app: App
    queue: DurableQueue
    films: FilmsAtOnce
    spins: MemorySpins
    spinner: Spinner
    status: Status


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as server:
        yield server


@pytest.fixture
def limits() -> AccessLimits:
    return AccessLimits()


@pytest.fixture
def budgets() -> Budgets:
    return Budgets()


@pytest.fixture
def providers() -> tuple[Provider, ...]:
    return ()


@pytest.fixture
async def house(
    api: BotApi, limits: AccessLimits, budgets: Budgets, providers: tuple[Provider, ...]
) -> AsyncIterator[House]:
    store, clock = MemoryStore(), RealClock()
    async with Outbox(clock=clock) as outbox:
        voice = make_voice(bot=make_bot(token=TOKEN, base_url=api.url), outbox=outbox, clock=clock)
        runner = DrawsAtOnce(store=store, courier=voice.courier, progress=voice.status)
        films, spins = FilmsAtOnce(), MemorySpins()
        spinner = Spinner(store=spins, cars=store, films=films, courier=voice.spins, sleep=clock.sleep)
        voice.spins.mark_in(spins)
        queue = DurableQueue(inbox=store, clock=clock)
        voice.bot.keep_in(queue)
        app = build_application(
            voice=voice,
            update_queue=queue,
            services=Services(
                understanding=WordsOfTests(),
                store=store,
                archive=store,
                preferences=store,
                inbox=store,
                runner=runner,
                turntable=spinner,
                shares=store,
                stats=Counted(),
                glance=Glanced(),
                purse=Purse(ledger=store.ledger, budgets=budgets, providers=providers, clock=clock),
                clock=clock,
                admin_ids=frozenset({ADMIN}),
                limits=limits,
            ),
        )
        async with app:
            await app.start()
            assert app.updater is not None
            await app.updater.start_polling(allowed_updates=ALLOWED_UPDATES, timeout=1)
            yield House(
                api=api,
                store=store,
                runner=runner,
                app=app,
                queue=queue,
                films=films,
                spins=spins,
                spinner=spinner,
                status=voice.status,
            )
            await app.updater.stop()
            await app.stop()
        await spinner.close()
