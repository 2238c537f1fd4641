"""Where do paid bytes wait while the disk refuses them? In memory: asking again would buy them twice."""

from __future__ import annotations

import structlog

from bot.pipeline.deliver import pause
from bot.pipeline.errors import StorageError
from bot.pipeline.generate.till import Paid
from bot.pipeline.model import View
from bot.pipeline.ports import Clock, SessionStore

_log = structlog.get_logger(__name__)


async def keep_arrival(store: SessionStore, clock: Clock, view: View, paid: Paid) -> None:
    """Store what a provider sent, however long that takes; whoever calls has the deadline.

    Raises StorageError when the car was deleted meanwhile.
    """
    attempt = 0
    while True:
        try:
            await store.save_arrival(view.session_id, view.angle, paid.picture, paid.charge)
        except StorageError:
            if not await _known(store, view):
                raise
            _log.exception("arrival.not_stored", session=view.session_id, angle=view.angle, attempt=attempt)
            await clock.sleep(pause(attempt))
            attempt += 1
        else:
            return


async def _known(store: SessionStore, view: View) -> bool:
    try:
        return await store.session(view.session_id) is not None
    except StorageError:
        return True
