"""What did searches answer before?"""

from __future__ import annotations

import sqlalchemy as sa

from bot.pipeline.ports import CachedSearch
from storage.database import Database
from storage.schema import searches


class Searches:
    """Implements the pipeline's SearchCache."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def find(self, key: str) -> CachedSearch | None:
        """See SearchCache."""
        query = sa.select(searches.c.value, searches.c.expires).where(searches.c.key == key)
        for row in await self._database.rows(query):
            return CachedSearch(value=row.value, expires=row.expires)
        return None

    async def keep(self, key: str, answer: CachedSearch) -> None:
        """See SearchCache."""
        values = {"value": answer.value, "expires": answer.expires}
        statement = self._database.insert(searches).values(key=key, **values)
        statement = statement.on_conflict_do_update(index_elements=[searches.c.key], set_=values)
        await self._database.execute(statement)
