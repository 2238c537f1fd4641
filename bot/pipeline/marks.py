"""How is an upload marked before and after, and what happened out there written, whatever the disk says?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from bot.pipeline.errors import StorageError
from bot.pipeline.model import AlbumState

log = structlog.get_logger(__name__)
T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]


def pause(attempt: int) -> float:
    """Seconds to wait after that many failures of the disk: 1, 2, 4 … and at most a minute."""
    return float(min(60, 2**attempt))


async def surely(write: Callable[[], Awaitable[T]], *, what: str, sleep: Sleep) -> T:
    """Write what happened out there, however long the disk refuses. `what` is its id in the log."""
    attempt = 0
    while True:
        try:
            return await write()
        except StorageError:
            log.exception("delivery.not_stored", what=what, attempt=attempt)
            await sleep(pause(attempt))
            attempt += 1


class Marks:
    """Implements Sending for one album or film. `move` is the compare-and-set of its state, `what` its id."""

    def __init__(
        self, *, move: Callable[[AlbumState, AlbumState], Awaitable[bool]], what: str, sleep: Sleep
    ) -> None:
        self._move = move
        self._what = what
        self._sleep = sleep
        self._unanswered = False
        self.begun = False

    async def begin(self) -> bool:
        """OPEN becomes DELIVERING, once."""
        if not self.begun:
            self._unanswered = True
            self.begun = await self._move(AlbumState.OPEN, AlbumState.DELIVERING)
            self._unanswered = False
        return self.begun

    async def withdraw(self) -> None:
        """DELIVERING becomes OPEN again, also where the mark may stand though nobody said that it does.

        Only this task moves the album while it sees to it, so the mark is its own, and nothing was sent.
        """
        if self.begun or self._unanswered:
            await surely(self._back, what=self._what, sleep=self._sleep)
            self.begun = self._unanswered = False

    async def _back(self) -> bool:
        return await self._move(AlbumState.DELIVERING, AlbumState.OPEN)
