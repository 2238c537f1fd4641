"""How do the handlers become one application of python-telegram-bot?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import structlog
from telegram import Bot, BotCommand, BotCommandScopeChat, Update
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    BaseRateLimiter,
    CallbackQueryHandler,
    CommandHandler,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot.handlers.access import Access, AccessLimits
from bot.handlers.admins import OnlyAdmins
from bot.handlers.buttons import Pressed
from bot.handlers.cars import VERBS, OnCar
from bot.handlers.courier import TelegramCourier
from bot.handlers.describe import Describe
from bot.handlers.edited import Edited
from bot.handlers.errors import ErrorDesk
from bot.handlers.evidence import Evidence
from bot.handlers.excuse import Excuse
from bot.handlers.health import Health
from bot.handlers.inline import Inline
from bot.handlers.more import More
from bot.handlers.moved import Moved
from bot.handlers.orders import Orders
from bot.handlers.outbox import Outbox
from bot.handlers.photos import Photos
from bot.handlers.ports import (
    Archive,
    Glance,
    Inbox,
    Line,
    Measured,
    Preferences,
    Purse,
    SecondReader,
    Shares,
    StatsSource,
    Turntable,
    Understanding,
)
from bot.handlers.shares import Sharing
from bot.handlers.speaker import Speaker
from bot.handlers.spins import Spinning
from bot.handlers.start import Small
from bot.handlers.stats import Stats
from bot.handlers.status import Status
from bot.handlers.texts import LANGUAGES, N_, Texts
from bot.handlers.turning import TelegramSpins
from bot.handlers.updates import DurableQueue, MarkingProcessor, PollingBot
from bot.handlers.visits import Desk
from bot.handlers.wire import AiohttpRequest, Patience
from bot.pipeline.ports import Clock, Runner, SessionStore
from bot.pipeline.tracing import Tracer, Untraced

log = structlog.get_logger(__name__)
App = Application[Any, Any, Any, Any, Any, Any]
UPDATES_AT_ONCE = 24
LIGHT_AT_ONCE = 16
"""Commands and buttons beside them."""
CALLS_AT_ONCE = 48
"""Calls of the Bot API, without the polling."""
ALLOWED_UPDATES = [Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.INLINE_QUERY]
MENU = {
    "new": N_("Draw a car"),
    "more": N_("More angles of a car"),
    "cars": N_("My cars"),
    "colour": N_("Another colour"),
    "spin": N_("See it turn"),
    "share": N_("A link for a friend"),
    "file": N_("Files in full size"),
    "delete": N_("Delete a car"),
    "cancel": N_("Stop drawing"),
    "quota": N_("Albums left today"),
    "credits": N_("Photos that helped"),
    "language": N_("Language"),
    "help": N_("What I can do"),
}
ADMIN_MENU = {"stats": N_("Figures"), "health": N_("State of the process")}


def make_bot(
    *, token: str, base_url: str | None = None, calls: BaseRateLimiter[Any] | None = None
) -> PollingBot:
    """A bot with time enough for albums; `base_url` is a Bot API server of one's own.

    Every call but the polling passes through `calls`.
    """
    root = base_url or "https://api.telegram.org"
    return PollingBot(
        token=token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        rate_limiter=calls,
        request=AiohttpRequest(most=CALLS_AT_ONCE, patience=Patience()),
        get_updates_request=AiohttpRequest(most=2, patience=Patience(read=20)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What speaks to Telegram; the runner's courier and progress are parts of it."""

    bot: PollingBot
    outbox: Outbox
    speaker: Speaker
    status: Status
    courier: TelegramCourier
    spins: TelegramSpins
    texts: Texts


def make_voice(
    *,
    bot: PollingBot,
    outbox: Outbox,
    clock: Clock,
    measured: Measured | None = None,
    texts: Texts | None = None,
) -> Voice:
    """The outbox is opened and closed by the caller; `texts` are those of whoever has read them already."""
    texts = texts or Texts()
    speaker = Speaker(bot=bot, outbox=outbox)
    status = Status(bot=bot, outbox=outbox, speaker=speaker, texts=texts, clock=clock, measured=measured)
    courier = TelegramCourier(bot=bot, outbox=outbox, speaker=speaker, status=status, texts=texts)
    spins = TelegramSpins(bot=bot, outbox=outbox, speaker=speaker, texts=texts, clock=clock)
    return Voice(
        bot=bot, outbox=outbox, speaker=speaker, status=status, courier=courier, spins=spins, texts=texts
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the handlers need of the rest of the house."""

    understanding: Understanding
    store: SessionStore
    archive: Archive
    preferences: Preferences
    inbox: Inbox
    runner: Runner
    turntable: Turntable
    shares: Shares
    stats: StatsSource
    glance: Glance
    purse: Purse
    clock: Clock
    admin_ids: frozenset[int]
    limits: AccessLimits
    second: SecondReader | None = None
    tracer: Tracer = field(default_factory=Untraced)
    line: Line | None = None
    measured: Measured | None = None


def build_application(*, voice: Voice, update_queue: DurableQueue, services: Services) -> App:
    """All handlers on one application; nothing is started yet."""
    bot_id = voice.bot.token.partition(":")[0]
    desk = Desk(texts=voice.texts, preferences=services.preferences, admin_ids=services.admin_ids)
    access = Access(
        limits=services.limits,
        archive=services.archive,
        clock=services.clock,
        line=services.line,
        measured=services.measured,
    )
    orders = Orders(
        bot_id=bot_id,
        store=services.store,
        runner=services.runner,
        status=voice.status,
        purse=services.purse,
        clock=services.clock,
        tracer=services.tracer,
    )
    describe = Describe(
        desk=desk,
        speaker=voice.speaker,
        access=access,
        orders=orders,
        understanding=services.understanding,
        archive=services.archive,
        clock=services.clock,
        bot_id=bot_id,
        photos=Photos(bot=voice.bot, clock=services.clock),
        second=services.second,
    )
    edited = Edited(desk=desk, speaker=voice.speaker, orders=orders, describe=describe, clock=services.clock)
    more = More(desk=desk, speaker=voice.speaker, access=access, orders=orders, archive=services.archive)
    spinning = Spinning(
        speaker=voice.speaker,
        access=access,
        turntable=services.turntable,
        clock=services.clock,
    )
    sharing = Sharing(
        speaker=voice.speaker,
        access=access,
        orders=orders,
        archive=services.archive,
        shares=services.shares,
        bot_name=lambda: voice.bot.username,
    )
    small = Small(
        desk=desk,
        speaker=voice.speaker,
        access=access,
        orders=orders,
        archive=services.archive,
        more=more,
        spinning=spinning,
        sharing=sharing,
    )
    pressed = Pressed(
        desk=desk,
        speaker=voice.speaker,
        access=access,
        orders=orders,
        outbox=voice.outbox,
        archive=services.archive,
        preferences=services.preferences,
        understanding=services.understanding,
        describe=describe,
        edited=edited,
        more=more,
        small=small,
        spinning=spinning,
        sharing=sharing,
        texts=voice.texts,
        clock=services.clock,
    )
    stats = Stats(speaker=voice.speaker, source=services.stats, glance=services.glance, clock=services.clock)
    health = Health(speaker=voice.speaker, glance=services.glance, clock=services.clock)
    application: App = (
        ApplicationBuilder()
        .bot(voice.bot)
        .update_queue(update_queue)
        .concurrent_updates(
            MarkingProcessor(
                queue=update_queue,
                inbox=services.inbox,
                at_once=UPDATES_AT_ONCE,
                light_at_once=LIGHT_AT_ONCE,
                tracer=services.tracer,
            )
        )
        .build()
    )
    application.add_handler(MessageHandler(filters.UpdateType.EDITED_MESSAGE, edited))
    evidence = Evidence(bot_id=bot_id, store=services.store)
    application.add_handler(MessageHandler(filters.REPLY | filters.FORWARDED, evidence), group=-1)
    application.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE, Moved(archive=services.archive)))
    application.add_handler(CommandHandler("more", more))
    for name, answer in (("stats", stats), ("health", health)):
        only = OnlyAdmins(desk=desk, small=small, answer=answer)
        application.add_handler(CommandHandler(name, only))
    on_car = OnCar(desk=desk, speaker=voice.speaker, more=more, pressed=pressed)
    application.add_handler(CommandHandler(list(VERBS), on_car))
    application.add_handler(MessageHandler(filters.COMMAND, small))
    spoken = filters.TEXT | filters.CAPTION | (filters.ChatType.PRIVATE & ~filters.StatusUpdate.ALL)
    application.add_handler(MessageHandler(spoken, describe))
    application.add_handler(CallbackQueryHandler(pressed))
    application.add_handler(InlineQueryHandler(Inline(desk=desk, archive=services.archive)))
    excuse = Excuse(desk=desk, speaker=voice.speaker, clock=services.clock)
    update_queue.excuse = excuse
    application.add_error_handler(
        ErrorDesk(desk=desk, speaker=voice.speaker, queue=update_queue, excuse=excuse)
    )
    return application


async def set_menus(*, bot: Bot, texts: Texts, admin_ids: frozenset[int]) -> None:
    """Localised command menus; admins see theirs in their own chats. Failures are logged."""
    try:
        for language in LANGUAGES:
            words = texts.words(language)
            commands = [BotCommand(name, words.t(about)) for name, about in MENU.items()]
            await bot.set_my_commands(commands, language_code=language)
            if language == "en":
                await bot.set_my_commands(commands)
            admins = [*commands, *(BotCommand(name, words.t(about)) for name, about in ADMIN_MENU.items())]
            for admin in admin_ids:
                scope = BotCommandScopeChat(admin)
                await bot.set_my_commands(admins, scope=scope, language_code=language)
    except TelegramError as error:
        log.warning("menus.not_set", kind=type(error).__name__)
