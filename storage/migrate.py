"""How does a database get the schema of this version? Whole or not at all, in one transaction."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bot.pipeline.errors import StorageError
from storage.schema import REVISION, metadata, revision_table
from storage.sqlite_file import BUSY_SECONDS, file_of, tune_sqlite
from storage.trouble import ailment

_LOCK = 7_305_202_611
"""Two processes that open one Postgres database at once migrate one after the other."""


def upgrade(url: str, *, busy_seconds: float = BUSY_SECONDS, to: str = REVISION) -> tuple[str | None, str]:
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
            return _upgrade(connection, to)
    except (SQLAlchemyError, OSError) as error:
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
        if before is None and wanted == REVISION:
            _make(connection)
        elif before != wanted:
            # here and not above: alembic takes a quarter of a second to load, and steps are rare
            from storage.steps import climb  # noqa: PLC0415

            climb(connection, wanted)
    return before, wanted


def _make(connection: sa.Connection) -> None:
    """An empty database gets in one step what all steps together make."""
    metadata.create_all(connection, checkfirst=False)
    revision_table.create(connection)
    connection.execute(revision_table.insert().values(version_num=REVISION))


def current_revision(connection: sa.Connection) -> str | None:
    """The step that a database stands at; None where there is no schema yet."""
    if not sa.inspect(connection).has_table(revision_table.name):
        return None
    revision: str | None = connection.scalar(sa.select(revision_table.c.version_num))
    return revision
