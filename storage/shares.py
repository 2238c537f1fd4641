"""Which cars may be seen by whoever has the link?"""

from __future__ import annotations

import hmac

import sqlalchemy as sa

from bot.pipeline.model import SessionId
from storage.database import Database
from storage.schema import shares as table


class Shares:
    """Implements the handlers' Shares. Raises StorageError."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def share(self, session_id: SessionId, token: str) -> str:
        """See Shares."""

        def work(connection: sa.Connection) -> str:
            self._database.add(connection, table, {"session_id": session_id, "token": token})
            return str(connection.scalar(sa.select(table.c.token).where(_of(session_id))))

        return await self._database.write(work)

    async def shared(self, session_id: SessionId, token: str) -> bool:
        """See Shares."""
        rows = await self._database.rows(sa.select(table.c.token).where(_of(session_id)))
        return bool(rows) and hmac.compare_digest(str(rows[0].token).encode(), token.encode())

    async def unshare(self, session_id: SessionId) -> bool:
        """See Shares."""
        return await self._database.execute(sa.delete(table).where(_of(session_id))) > 0


def _of(session_id: SessionId) -> sa.ColumnElement[bool]:
    return table.c.session_id == session_id
