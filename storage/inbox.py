"""Which updates has Telegram handed over that no handler has finished?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from storage.database import Database
from storage.schema import updates


class Inbox:
    """Implements the handlers' Inbox. `clock` gives UTC seconds since 1970."""

    def __init__(self, *, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def put(self, update_id: int, payload: str) -> bool:
        """Store durably; False when it was there already, finished or not. Raises StorageError."""
        row = {"id": update_id, "payload": payload, "received": self._clock()}
        return await self._database.write(lambda link: self._database.add(link, updates, row))

    async def done(self, update_id: int) -> None:
        """A handler is through with it; what people wrote is not kept any longer."""
        statement = sa.update(updates).where(updates.c.id == update_id).values(done=self._clock(), payload="")
        await self._database.execute(statement)

    async def pending(self) -> Sequence[str]:
        """Payloads that no handler finished, oldest first."""
        query = sa.select(updates.c.payload).where(updates.c.done.is_(None)).order_by(updates.c.id)
        return tuple(row.payload for row in await self._database.rows(query))
