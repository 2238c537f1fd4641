"""Do the migrations make the schema that the code speaks of, whole or not at all?"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.pipeline.errors import StorageError
from bot.pipeline.model import AlbumState, SessionId, ViewState
from storage import open_storage
from storage.migrate import upgrade
from storage.schema import REVISION, metadata
from storage.steps import migration_config

FIRST_ROWS = """
INSERT INTO sessions (id, owner, chat, language, spec, created) VALUES
  ('CAR-0A1B2C3D', '7', '7', 'uk', '{"brand": "BMW", "model": "X5"}', 1.0);
INSERT INTO albums (session_id, number, angles, chat, state, provider, strength, created, finished, told)
  VALUES ('CAR-0A1B2C3D', 1, '["front"]', '7', 'delivered', 'fake', 'seeds', 1.0, 2.0, 1);
INSERT INTO views (session_id, angle, number, position, seed, state, provider, file_id)
  VALUES ('CAR-0A1B2C3D', 'front', 1, 0, 123456, 'drawn', 'fake', 'file-1');
INSERT INTO pictures (session_id, angle, provider, checked, file, size, media_type, width, height, model,
  seconds, cost, rung, warnings, created) VALUES ('CAR-0A1B2C3D', 'front', 'fake', 1, '', 5, 'image/jpeg',
  1536, 1024, 'm', 2.0, 0.1, 'full', '[]', 1.5);
INSERT INTO messages (chat, message, session_id, number) VALUES ('7', '100', 'CAR-0A1B2C3D', 1);
INSERT INTO updates (id, payload, received) VALUES (1, '{}', 1.0);
INSERT INTO preferences (owner, language) VALUES ('7', 'uk');
"""
"""As the first version wrote them."""


async def test_the_migrations_make_the_very_schema(url: str, tmp_path: Path) -> None:
    assert upgrade(url, to="0001") == (None, "0001")
    assert upgrade(url) == ("0001", REVISION)
    assert upgrade(url) == (REVISION, REVISION)
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []


async def test_the_schema_is_that_of_the_last_step() -> None:
    assert ScriptDirectory.from_config(migration_config()).get_current_head() == REVISION


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


async def test_what_the_first_version_stored_is_there_after_all_steps(url: str, tmp_path: Path) -> None:
    upgrade(url, to="0001")
    path = tmp_path / "data" / "rakurs.sqlite3"
    with sqlite3.connect(path) as other:
        other.executescript(FIRST_ROWS)
    other.close()
    async with open_storage(url, media_dir=tmp_path / "media") as storage:
        session = await storage.sessions.session(SessionId("CAR-0A1B2C3D"))
        assert session is not None
        assert (session.owner, session.spec.brand, session.origin) == ("7", "BMW", None)
        (album,) = await storage.sessions.albums(session.id)
        assert (album.state, album.provider) == (AlbumState.DELIVERED, "fake")
        (view,) = await storage.sessions.views(session.id)
        assert (view.state, view.file_id, view.width) == (ViewState.DRAWN, "file-1", 1536)
        assert await storage.archive.session_of_message("7", "100") == session.id
        assert await storage.preferences.language("7") == "uk"
        assert await storage.inbox.pending() == ("{}",)
        assert not await storage.inbox.put(1, "{}")
        await storage.archive.delete_session(session.id)
        assert await storage.sessions.views(session.id) == ()
