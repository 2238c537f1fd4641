"""What do admins see of the process itself? /health; for everybody else it does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from telegram import Update
from telegram.ext import CallbackContext

from bot.handlers.outbox import Outbox
from bot.handlers.speaker import Speaker
from bot.handlers.start import Small
from bot.handlers.updates import DurableQueue
from bot.handlers.visits import Desk
from bot.pipeline.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`started` is when the process began, UTC seconds."""

    desk: Desk
    speaker: Speaker
    small: Small
    outbox: Outbox
    queue: DurableQueue
    clock: Clock
    started: float

    async def __call__(self, update: Update, _context: CallbackContext) -> None:  # type: ignore[type-arg] # the library's own default parameters
        visit = await self.desk.visit(update)
        if visit is None:
            return
        if not visit.admin:
            if not visit.group:
                await self.small.unknown(visit)
            return
        text = visit.words.t(
            "Rakurs {version}, up {minutes} min\nWaiting: {updates} updates, {messages} messages",
            version=_version(),
            minutes=round((self.clock.now() - self.started) / 60),
            # besides this one
            updates=self.queue.under_way - 1,
            messages=self.outbox.depth(),
        )
        await self.speaker.say(visit.chat, text, thread=visit.thread)


def _version() -> str:
    try:
        return version("rakurs")
    except PackageNotFoundError:
        return "?"
