"""How does a database get the schema of this version? All missing steps in one transaction."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy.exc import SQLAlchemyError

from bot.pipeline.errors import StorageError
from storage.sqlite_file import BUSY_SECONDS, file_of, tune_sqlite
from storage.trouble import ailment

_LOCK = 7_305_202_611
"""Two processes that open one Postgres database at once migrate one after the other."""


def migration_config() -> Config:
    """Alembic's settings, with the steps that came with this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def newest_revision() -> str:
    """The step that this version of the code needs."""
    head = ScriptDirectory.from_config(migration_config()).get_current_head()
    assert head is not None  # noqa: S101 - the package holds at least one step
    return head


def upgrade(url: str, *, busy_seconds: float = BUSY_SECONDS, to: str | None = None) -> tuple[str | None, str]:
    """Bring the database to that step, by default the newest; hand back (step before, step now). Blocks.

    The folder of a SQLite file is made when it is not there. Raises StorageError, also for a
    database that a newer version has made.
    """
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        if engine.dialect.name == "sqlite":
            if file := file_of(url):
                file.parent.mkdir(parents=True, exist_ok=True)
            tune_sqlite(engine, busy_seconds=busy_seconds)
        with engine.connect() as connection:
            return _upgrade(connection, to or newest_revision())
    except (SQLAlchemyError, CommandError, OSError) as error:
        raise StorageError("upgrade", ailment(error)) from error
    finally:
        engine.dispose()


def _upgrade(connection: sa.Connection, wanted: str) -> tuple[str | None, str]:
    with connection.begin():
        if current_revision(connection) == wanted:
            return wanted, wanted
    connection = connection.execution_options(rakurs_begin="BEGIN IMMEDIATE")
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        before = current_revision(connection)
        config = migration_config()
        config.attributes["connection"] = connection
        command.upgrade(config, wanted)
    return before, wanted


def current_revision(connection: sa.Connection) -> str | None:
    """The step that a database stands at; None where there is no schema yet."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return revision
