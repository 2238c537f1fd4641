"""How do the handlers become one application of python-telegram-bot?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from telegram import Update
from telegram.ext import (
    Application,
    ApplicationBuilder,
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
from bot.handlers.deeds import Deeds
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
from bot.handlers.spins import Spinning
from bot.handlers.start import Small
from bot.handlers.stats import Stats
from bot.handlers.updates import DurableQueue, MarkingProcessor
from bot.handlers.visits import Desk
from bot.handlers.voice import Voice
from bot.pipeline.ports import Clock, Runner, SessionStore
from bot.pipeline.tracing import Tracer, Untraced

App = Application[Any, Any, Any, Any, Any, Any]
UPDATES_AT_ONCE = 24
LIGHT_AT_ONCE = 16
"""Commands and buttons beside them."""
ALLOWED_UPDATES = [Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.INLINE_QUERY]


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
    deeds = Deeds(
        speaker=voice.speaker,
        access=access,
        orders=orders,
        archive=services.archive,
        understanding=services.understanding,
        more=more,
        small=small,
        spinning=spinning,
        sharing=sharing,
    )
    pressed = Pressed(
        desk=desk,
        speaker=voice.speaker,
        orders=orders,
        deeds=deeds,
        preferences=services.preferences,
        describe=describe,
        edited=edited,
        small=small,
        sharing=sharing,
        texts=voice.texts,
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
    on_car = OnCar(desk=desk, speaker=voice.speaker, more=more, deeds=deeds)
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
