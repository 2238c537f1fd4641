"""What becomes of a reservation whose asker is cancelled before he hears of it? It is given back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

import structlog

from bot.pipeline.errors import StorageError
from bot.pipeline.money import Call, ChargeId, Ledger, Limits

_log = structlog.get_logger(__name__)
T = TypeVar("T")


async def unless_left(call: Coroutine[Any, Any, T], undo: Callable[[T], Awaitable[object]]) -> T:
    """The result of a call that goes on when its caller is cancelled; what it made is undone then."""
    task = asyncio.get_running_loop().create_task(call)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        (made,) = await asyncio.gather(task, return_exceptions=True)
        if not isinstance(made, BaseException):
            try:
                await undo(made)
            except StorageError:
                # settled with the rest when the album is taken up again
                _log.exception("reservation.not_given_back")
        raise


async def held(
    ledger: Ledger, calls: Sequence[Call], limits: Limits, *, asked: bool = False
) -> list[ChargeId]:
    """See Ledger's hold; given back where the caller is cancelled meanwhile."""
    return await unless_left(ledger.hold(calls, limits, asked=asked), ledger.release)
