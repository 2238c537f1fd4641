"""How does the bot run? Opened in one order, closed in the other, until a signal comes."""

from __future__ import annotations

import asyncio
import gc
import signal
import sqlite3
from contextlib import AsyncExitStack

import structlog
from telegram import Bot

from bot.app import House, SystemClock, open_house
from bot.config import Settings, plain, take_timedeltas
from bot.handlers.access import AccessLimits
from bot.handlers.build import Services, build_application
from bot.handlers.menus import set_menus
from bot.handlers.outbox import Limits, Outbox
from bot.handlers.updates import DurableQueue
from bot.handlers.voice import make_bot, make_voice
from bot.pipeline.errors import BadSettings, StorageError
from bot.pipeline.fleet import FleetRunner, Share
from bot.pipeline.pace import Pace
from bot.pipeline.ports import Courier
from bot.pipeline.runner import EmbeddedRunner, albums_at_once
from bot.pipeline.runs import Showing
from bot.pipeline.spinner import Spinner
from bot.reach import beside, listen, open_app, open_port
from bot.watch.inside import Process
from bot.watch.watch import Watch, open_watch
from storage.alone import alone
from storage.claims import Claims
from storage.members import Members
from storage.trouble import may_corrupt

_log = structlog.get_logger(__name__)
INHERIT = 1.0
"""Seconds between two looks for other workers, and for updates and films of the dead."""


async def serve(settings: Settings, *, limits: Limits | None = None) -> None:
    """Answer people until SIGINT or SIGTERM, within Telegram's limits unless others are given.

    Raises BadSettings and StorageError.
    """
    token = plain(settings.telegram_bot_token)
    if token is None:
        raise BadSettings(problems=(("TELEGRAM_BOT_TOKEN", "is not set"),))
    take_timedeltas()
    clock = SystemClock()
    pace, started = Pace(ticks=clock.ticks), clock.ticks()
    async with AsyncExitStack() as stack:
        watch = await stack.enter_async_context(
            open_watch(clock=clock, endpoint=settings.otel_exporter_otlp_endpoint)
        )
        await stack.enter_async_context(alone(settings.database))
        outbox = await stack.enter_async_context(Outbox(clock=clock, limits=limits))
        voice = make_voice(
            bot=make_bot(token=token, base_url=settings.telegram_base_url, calls=watch.calls()),
            outbox=outbox,
            clock=clock,
            measured=pace,
        )
        pace.tell(voice.status)
        house = await stack.enter_async_context(
            open_house(settings, progress=watch.progress(pace), around=watch.around())
        )
        _keep()
        if not house.storage.database.shared and may_corrupt():
            _log.warning("sqlite.may_damage_its_file", version=sqlite3.sqlite_version, mended_in="3.51.3")
        for provider in house.providers:
            pace.expect(provider.name, provider.capabilities)
        runner = _runner(house, watch.courier(voice.courier), voice.status)
        voice.status.stand_in(runner)
        spins = house.storage.spins
        spinner = Spinner(store=spins, cars=house.storage.sessions, films=house.studio, courier=voice.spins)
        voice.spins.mark_in(spins)
        queue = DurableQueue(inbox=house.storage.inbox, clock=clock)
        stack.push_async_callback(queue.close)
        voice.bot.keep_in(queue)
        process = Process(
            house=house,
            outbox=outbox,
            queue=queue,
            waiting=lambda: runner.waiting,
            lag=watch.lag,
            started=started,
        )
        process.show_in(watch.meters)
        services = _services(house, runner, spinner, pace, watch, process)
        app = build_application(voice=voice, update_queue=queue, services=services)
        await open_app(stack, app)
        stack.push_async_callback(runner.close)
        stack.push_async_callback(spinner.close)
        ready = asyncio.Event()
        await open_port(stack, settings, app, queue, watch, ready)
        await runner.start()
        await spinner.start()
        beside(stack, house.jobs.run_for_ever(), name="jobs")
        beside(stack, voice.status.run_for_ever(), name="status")
        await queue.restore(voice.bot)
        members = house.storage.members if house.storage.database.shared else None
        if members is not None:
            beside(stack, _among_others(members, outbox, queue, voice.bot, spinner), name="other workers")
        await listen(stack, settings, app, members, clock)
        await set_menus(bot=voice.bot, texts=voice.texts, admin_ids=settings.admin_ids)
        ready.set()
        _log.info("bot.ready", providers=[provider.name for provider in house.providers])
        await _until_signal()
        _log.info("bot.stopping")
        ready.clear()


def _keep() -> None:
    """What was loaded until now is never looked through for garbage: that would hold up the loop."""
    gc.freeze()
    gc.enable()


def _runner(house: House, courier: Courier, status: Showing) -> EmbeddedRunner | FleetRunner:
    """One process on a file, or one of several on a database's server."""
    storage = house.storage
    asked = house.settings.rakurs_albums_at_once
    at_once = asked or albums_at_once(house.providers[0].capabilities.concurrency)
    if not storage.database.shared:
        return EmbeddedRunner(
            store=storage.sessions,
            drawer=house.drawer,
            courier=courier,
            at_once=at_once,
            ready=storage.media.ensure_room,
            showing=status,
        )
    return FleetRunner(
        store=storage.sessions,
        drawer=house.drawer,
        courier=courier,
        claims=Claims(database=storage.database, worker=lambda: storage.members.worker),
        members=storage.members,
        clock=house.clock,
        ready=storage.media.ensure_room,
        share=Share(at_once=at_once),
        showing=status,
    )


def _services(
    house: House,
    runner: EmbeddedRunner | FleetRunner,
    spinner: Spinner,
    pace: Pace,
    watch: Watch,
    process: Process,
) -> Services:
    storage, settings = house.storage, house.settings
    return Services(
        understanding=watch.understanding(house.understanding),
        second=house.second,
        store=storage.sessions,
        archive=storage.archive,
        preferences=storage.preferences,
        inbox=storage.inbox,
        runner=watch.runner(runner),
        turntable=spinner,
        shares=storage.shares,
        stats=storage.stats,
        glance=process,
        tracer=watch.tracer,
        purse=house.purse,
        clock=house.clock,
        admin_ids=settings.admin_ids,
        limits=AccessLimits(
            allowed=settings.rakurs_allowed_ids,
            albums_per_day=settings.rakurs_albums_per_day,
            queue=settings.rakurs_queue_albums,
            longest_wait=60 * settings.rakurs_queue_minutes,
            each=settings.rakurs_albums_each,
        ),
        line=runner,
        measured=pace,
    )


async def _among_others(
    members: Members, outbox: Outbox, queue: DurableQueue, bot: Bot, spinner: Spinner
) -> None:
    """Leave the others their part of Telegram's limit, and take up, until cancelled, what they leave
    when they die; with albums the runner does so.
    """
    while True:
        try:
            outbox.among(await members.count())
            await queue.restore(bot)
            await spinner.start()
        except StorageError:
            _log.exception("fleet.nothing_inherited")
        await asyncio.sleep(INHERIT)


async def _until_signal() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:
            # Windows knows no handlers of the loop: there Ctrl-C ends asyncio.run itself
            break
    await stopped.wait()
