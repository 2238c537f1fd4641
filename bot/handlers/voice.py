"""What speaks to Telegram, and how is it made?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from telegram.ext import BaseRateLimiter

from bot.handlers.courier import TelegramCourier
from bot.handlers.outbox import Outbox
from bot.handlers.ports import Measured
from bot.handlers.speaker import Speaker
from bot.handlers.status import Status
from bot.handlers.texts import Texts
from bot.handlers.turning import TelegramSpins
from bot.handlers.updates import PollingBot
from bot.handlers.wire import AiohttpRequest, Patience
from bot.pipeline.ports import Clock

CALLS_AT_ONCE = 48
"""Calls of the Bot API, without the polling."""


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
