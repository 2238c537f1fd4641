"""What did a person choose for good?"""

from __future__ import annotations

import sqlalchemy as sa

from storage.database import Database
from storage.schema import preferences


class Preferences:
    """Implements the handlers' Preferences. Raises StorageError."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def language(self, owner: str) -> str | None:
        """The chosen IETF tag, if one was chosen."""
        query = sa.select(preferences.c.language).where(preferences.c.owner == owner)
        rows = await self._database.rows(query)
        return rows[0].language if rows else None

    async def set_language(self, owner: str, language: str) -> None:
        """Store or replace."""
        row = {"owner": owner, "language": language}
        statement = self._database.insert(preferences).values(row)
        statement = statement.on_conflict_do_update(
            index_elements=[preferences.c.owner], set_={"language": language}
        )
        await self._database.execute(statement)
