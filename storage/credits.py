"""Whose photos were handed to a provider for a car?"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from bot.pipeline.model import Credit, SessionId
from storage.database import Database
from storage.schema import credited as table


class Credits:
    """The part of SessionStore about authors and licences of references."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def save_credits(self, session_id: SessionId, credits: Sequence[Credit]) -> None:  # noqa: A002 - the port's word
        """See SessionStore."""
        rows = [
            {"session_id": session_id, "url": one.url, "author": one.author, "licence": one.licence}
            for one in credits
        ]
        if not rows:
            return

        def work(connection: sa.Connection) -> None:
            connection.execute(self._database.insert_new(table), rows)

        await self._database.write(work)

    async def credits(self, session_id: SessionId) -> tuple[Credit, ...]:
        """See SessionStore."""
        rows = await self._database.rows(
            sa.select(table).where(table.c.session_id == session_id).order_by(table.c.url)
        )
        return tuple(Credit(url=row.url, author=row.author, licence=row.licence) for row in rows)
