"""What did a person choose for good?"""

from __future__ import annotations

import sqlalchemy as sa

from storage.database import Database
from storage.schema import preferences

_REMEMBERED = 10_000

_LANGUAGE = sa.select(preferences.c.language).where(preferences.c.owner == sa.bindparam("of_owner"))


class Preferences:
    """Implements the handlers' Preferences. Raises StorageError.

    Every message asks for its person's language, so it is remembered where no other process writes.
    """

    def __init__(self, *, database: Database) -> None:
        self._database = database
        self._languages: dict[str, str | None] = {}

    async def language(self, owner: str) -> str | None:
        """The chosen IETF tag, if one was chosen."""
        if owner in self._languages:
            return self._languages[owner]
        rows = await self._database.rows(_LANGUAGE, of_owner=owner)
        language: str | None = rows[0].language if rows else None
        self._remember(owner, language)
        return language

    async def set_language(self, owner: str, language: str) -> None:
        """Store or replace."""
        row = {"owner": owner, "language": language}
        statement = self._database.insert(preferences).values(row)
        statement = statement.on_conflict_do_update(
            index_elements=[preferences.c.owner], set_={"language": language}
        )
        await self._database.execute(statement)
        self._remember(owner, language)

    def _remember(self, owner: str, language: str | None) -> None:
        if self._database.shared:
            return
        if len(self._languages) >= _REMEMBERED:
            self._languages.clear()
        self._languages[owner] = language
