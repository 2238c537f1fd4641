"""What becomes of a reservation whose asker is cancelled before he hears of it? It is given back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import structlog

from bot.pipeline.errors import StorageError

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
