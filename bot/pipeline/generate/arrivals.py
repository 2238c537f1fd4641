"""Where do paid bytes wait while the disk refuses them? In memory: asking again would buy them twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

import structlog

from bot.pipeline.errors import StorageError
from bot.pipeline.generate.till import Paid
from bot.pipeline.marks import pause
from bot.pipeline.model import AngleName, Picture, SessionId, View
from bot.pipeline.money import ChargeId
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
        key = (view.session_id, view.angle, paid.picture.provider)
        save = partial(self.store.save_arrival, view.session_id, view.angle, paid.picture, paid.charge)

        def refused() -> None:
            if len(self._unsaved) < _MOST:
                self._unsaved[key] = paid
            paused()

        try:
            await self._until_stored(view, save, refused)
        except StorageError:
            self._unsaved.pop(key, None)
            raise
        self._unsaved.pop(key, None)

    async def keep_better(
        self, view: View, picture: Picture, charge: ChargeId | None, paused: Callable[[], None]
    ) -> None:
        """Put a picture in place of a doubted one, however long that takes; as `keep`, but the doubted one
        is what whoever is cancelled finds."""
        save = partial(self.store.save_better, view.session_id, view.angle, picture, charge)
        await self._until_stored(view, save, paused)

    async def _until_stored(
        self, view: View, save: Callable[[], Awaitable[None]], refused: Callable[[], None]
    ) -> None:
        attempt = 0
        while True:
            try:
                await save()
            except StorageError:
                if not await self._known(view):
                    raise
                _log.exception(
                    "arrival.not_stored", session=view.session_id, angle=view.angle, attempt=attempt
                )
                refused()
                await self.clock.sleep(pause(attempt))
                attempt += 1
            else:
                return

    async def _known(self, view: View) -> bool:
        try:
            return await self.store.session(view.session_id) is not None
        except StorageError:
            return True
