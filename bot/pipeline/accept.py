"""Under which id is a new car accepted? The first of its origin that no other origin has."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from bot.pipeline.errors import IdTaken
from bot.pipeline.model import Origin, SessionId, session_id_for

log = structlog.get_logger(__name__)
T = TypeVar("T")


async def under_free_id(origin: Origin, accept: Callable[[SessionId], Awaitable[T]]) -> T:
    """Call `accept` with one id after the other until it raises IdTaken no more.

    The ids come in a fixed order and every try is one transaction, so every process and every
    repetition of the same message ends at the same id.
    """
    for attempt in itertools.count():
        session_id = session_id_for(origin, attempt)
        try:
            return await accept(session_id)
        except IdTaken:
            log.info("session.id_taken", session=session_id, attempt=attempt)
    raise AssertionError
