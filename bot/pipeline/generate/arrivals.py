"""Where do paid bytes wait while the disk refuses them? In memory: asking again would buy them twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.pipeline.deliver import pause
from bot.pipeline.errors import StorageError
from bot.pipeline.generate.till import Paid
from bot.pipeline.model import AngleName, SessionId, View
from bot.pipeline.ports import Clock, SessionStore

_log = structlog.get_logger(__name__)
_Key = tuple[SessionId, AngleName, str]
_MOST = 64
"""Pictures in memory: no more calls than that are under way when a disk begins to refuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """What providers sent, on its way to the disk."""

    store: SessionStore
    clock: Clock
    _unsaved: dict[_Key, Paid] = field(default_factory=dict)

    def waiting(self, view: View, provider: str) -> Paid | None:
        """Bytes of that view that the disk does not have yet."""
        return self._unsaved.get((view.session_id, view.angle, provider))

    async def keep(self, view: View, paid: Paid, paused: Callable[[], None]) -> None:
        """Store what a provider sent, however long that takes; `paused` is told of every refusal.

        Whoever is cancelled meanwhile finds it among what is `waiting`. Raises StorageError when the
        car was deleted.
        """
        key, attempt = (view.session_id, view.angle, paid.picture.provider), 0
        while True:
            try:
                await self.store.save_arrival(view.session_id, view.angle, paid.picture, paid.charge)
            except StorageError:
                if not await self._known(view):
                    self._unsaved.pop(key, None)
                    raise
                if attempt == 0 and len(self._unsaved) < _MOST:
                    self._unsaved[key] = paid
                _log.exception(
                    "arrival.not_stored", session=view.session_id, angle=view.angle, attempt=attempt
                )
                paused()
                await self.clock.sleep(pause(attempt))
                attempt += 1
            else:
                self._unsaved.pop(key, None)
                return

    async def _known(self, view: View) -> bool:
        try:
            return await self.store.session(view.session_id) is not None
        except StorageError:
            return True
