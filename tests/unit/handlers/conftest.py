"""The chat as a whole: real application, real HTTP to a loopback Bot API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from bot.handlers.access import AccessLimits
from bot.handlers.build import ALLOWED_UPDATES, App, Services, build_application
from bot.handlers.outbox import Limits, Outbox
from bot.handlers.ports import Understanding
from bot.handlers.status import Status
from bot.handlers.updates import DurableQueue
from bot.handlers.voice import make_bot, make_voice
from bot.pipeline.model import Picture
from bot.pipeline.money import Budgets
from bot.pipeline.ports import Provider
from bot.pipeline.purse import Purse
from bot.pipeline.spinner import Spinner
from tests.fakes.clock import RealClock
from tests.fakes.spins import FilmsAtOnce, MemorySpins
from tests.fakes.store import MemoryStore
from tests.loopback.bot_api import TOKEN, BotApi
from tests.unit.handlers.house import PICTURE, Counted, DrawsAtOnce, Glanced, WordsOfTests

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
def pace() -> Limits | None:
    """Telegram's own, unless a test says much and is not about them."""
    return None


@asynccontextmanager
async def open_house(
    api: BotApi,
    *,
    limits: AccessLimits,
    budgets: Budgets,
    providers: tuple[Provider, ...] = (),
    token: str = TOKEN,
    pace: Limits | None = None,
    understanding: Understanding | None = None,
    picture: Picture = PICTURE,
) -> AsyncIterator[House]:
    """The application, polling; `pace` are other limits than Telegram's."""
    store, clock = MemoryStore(), RealClock()
    async with Outbox(clock=clock, limits=pace) as outbox:
        voice = make_voice(bot=make_bot(token=token, base_url=api.url), outbox=outbox, clock=clock)
        runner = DrawsAtOnce(store=store, courier=voice.courier, progress=voice.status, picture=picture)
        films, spins = FilmsAtOnce(), MemorySpins()
        spinner = Spinner(store=spins, cars=store, films=films, courier=voice.spins, sleep=clock.sleep)
        voice.spins.mark_in(spins)
        queue = DurableQueue(inbox=store, clock=clock)
        voice.bot.keep_in(queue)
        app = build_application(
            voice=voice,
            update_queue=queue,
            services=Services(
                understanding=understanding or WordsOfTests(),
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


@pytest.fixture
async def house(
    api: BotApi,
    limits: AccessLimits,
    budgets: Budgets,
    providers: tuple[Provider, ...],
    pace: Limits | None,
) -> AsyncIterator[House]:
    async with open_house(api, limits=limits, budgets=budgets, providers=providers, pace=pace) as opened:
        yield opened
