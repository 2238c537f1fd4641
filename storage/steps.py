"""How does an older database get this version's schema? Step by step, with alembic."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError

from bot.pipeline.errors import StorageError


def migration_config() -> Config:
    """Alembic's settings, with the steps that came with this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def climb(connection: sa.Connection, wanted: str) -> None:
    """All missing steps up to that one, in the caller's transaction.

    Raises SQLAlchemyError, and StorageError for a database that a newer version has made.
    """
    config = migration_config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, wanted)
    except CommandError as error:
        raise StorageError("upgrade", type(error).__name__) from error
