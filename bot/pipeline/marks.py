"""How is an upload marked before and after, and what happened out there written, whatever the disk says?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
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


@dataclass(slots=True, kw_only=True)
class Marks:
    """Implements Sending for one album or film. `move` is the compare-and-set of its state, `what` its id."""

    move: Callable[[AlbumState, AlbumState], Awaitable[bool]]
    what: str
    sleep: Sleep
    begun: bool = field(default=False, init=False)
    _may_stand: bool = field(default=False, init=False)
    """Also while nobody said whether the mark was made."""

    async def begin(self) -> bool:
        """OPEN becomes DELIVERING, once."""
        if not self.begun:
            self._may_stand = True
            self.begun = self._may_stand = await self.move(AlbumState.OPEN, AlbumState.DELIVERING)
        return self.begun

    async def withdraw(self) -> None:
        """DELIVERING becomes OPEN again, also where the mark may stand though nobody said that it does.

        Only this task moves the album while it sees to it, so the mark is its own, and nothing was sent.
        """
        if self._may_stand:
            await surely(self._back, what=self.what, sleep=self.sleep)
            self.begun = self._may_stand = False

    async def _back(self) -> bool:
        return await self.move(AlbumState.DELIVERING, AlbumState.OPEN)
