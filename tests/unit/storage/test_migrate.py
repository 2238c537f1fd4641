"""Do the migrations make the schema that the code speaks of, whole or not at all?"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.pipeline.errors import StorageError
from storage import open_storage
from storage.migrate import newest_revision, upgrade
from storage.schema import metadata


async def test_the_migrations_make_the_very_schema(url: str, tmp_path: Path) -> None:
    assert upgrade(url) == (None, newest_revision())
    assert upgrade(url) == (newest_revision(), newest_revision())
    engine = sa.create_engine(url.replace("+aiosqlite", ""))
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []


async def test_a_file_of_a_newer_version_is_refused_and_left_alone(url: str, tmp_path: Path) -> None:
    upgrade(url)
    path = tmp_path / "data" / "rakurs.sqlite3"
    with sqlite3.connect(path) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.close()
    with pytest.raises(StorageError):
        async with open_storage(url, media_dir=tmp_path / "media"):
            pytest.fail("it was opened")


async def test_a_step_that_fails_leaves_nothing_behind(url: str, tmp_path: Path) -> None:
    path = tmp_path / "data" / "rakurs.sqlite3"
    path.parent.mkdir()
    with sqlite3.connect(path) as other:
        # stands in the way of the last table but one
        other.execute("CREATE TABLE views (a)")
    with pytest.raises(StorageError):
        upgrade(url)
    names = {name for (name,) in other.execute("SELECT name FROM sqlite_master")}
    other.close()
    assert names == {"views"}


async def test_the_pragmas_hold(url: str, tmp_path: Path) -> None:
    async with open_storage(url, media_dir=tmp_path / "media") as storage:
        rows = [
            (await storage.database.rows(sa.text(f"PRAGMA {name}")))[0][0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert rows == ["wal", 2, 1]
