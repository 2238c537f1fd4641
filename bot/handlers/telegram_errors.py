"""What does an error of Telegram mean for the message that was under way?"""

from __future__ import annotations

from enum import StrEnum

from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError


class Unwritten(Exception):
    """The cause of an error: the call cannot have reached the server."""


class Fate(StrEnum):
    """What became of a message."""

    NEVER_SENT = "never_sent"
    """The request was not written: it may be tried again."""
    UNKNOWN = "unknown"
    """It was written, and the answer was lost: sent or not?"""
    REFUSED = "refused"
    BLOCKED = "blocked"
    """The person is gone, or the bot was put out of the group."""
    MIGRATED = "migrated"
    LATER = "later"


def never_written(error: BaseException) -> bool:
    """True when no byte of the request can have reached Telegram."""
    return isinstance(error.__cause__, Unwritten)


def fate_of(error: TelegramError) -> Fate:
    """BadRequest and TimedOut are both NetworkErrors: only the class tells them apart."""
    match error:
        case RetryAfter():
            return Fate.LATER
        case Forbidden():
            return Fate.BLOCKED
        case ChatMigrated():
            return Fate.MIGRATED
        case BadRequest():
            return Fate.REFUSED
        case NetworkError():
            return Fate.NEVER_SENT if never_written(error) else Fate.UNKNOWN
        case _:
            return Fate.REFUSED
