"""What can an operator do to the storage? Bring it up to date, back it up, check it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bot.pipeline.errors import StorageError
from storage.migrate import current_revision, upgrade
from storage.schema import REVISION, metadata, pictures, sessions, spins
from storage.sqlite_file import file_of
from storage.trouble import ailment, may_corrupt

__all__ = ["Backup", "Findings", "backup", "check", "upgrade"]

_FILES = (
    (pictures.c.session_id, pictures.c.file),
    (spins.c.session_id, spins.c.file),
    (sessions.c.id, sessions.c.photo),
)
"""Whose files are named where; databases of older versions lack some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What was copied: the database's size in bytes, pictures copied now and those there already."""

    database: Path
    size: int
    copied: int
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a check found.

    `faults` are the database's own words; `missing`, `damaged` and `orphans` are files relative to
    the folder of pictures. Orphans are harmless: a job sweeps them.
    """

    revision: str | None
    newest: str
    rows: dict[str, int]
    faults: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    orphans: tuple[str, ...] = ()
    sqlite: str | None = None
    """SQLite's version where it is one that may damage the file, else None."""

    @property
    def sound(self) -> bool:
        """Nothing is lost or damaged, and the schema is this version's."""
        return self.revision == self.newest and not (self.faults or self.missing or self.damaged)


def backup(url: str, *, media_dir: Path, target: Path) -> Backup:
    """Copy database and pictures into the folder `target` while the bot may run. Blocks.

    The database is copied first, then the pictures that its rows name; a second backup into the
    same folder copies only new pictures. Raises StorageError, also for anything but SQLite (use
    the server's own tools there).
    """
    source = file_of(url)
    if source is None or not source.is_file():
        raise StorageError("backup", "no SQLite file")
    try:
        (target / "media").mkdir(parents=True, exist_ok=True)
        database = target / "rakurs.sqlite3"
        _copy_database(source, database)
        copied = known = 0
        for name in _named(f"sqlite:///{database}"):
            fresh = _copy_file(media_dir / name, target / "media" / name)
            copied, known = copied + fresh, known + (not fresh)
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise StorageError("backup", ailment(error)) from error
    return Backup(database=database, size=database.stat().st_size, copied=copied, known=known)


def check(url: str, *, media_dir: Path) -> Findings:
    """Read everything and compare; changes nothing. Blocks. Raises StorageError."""
    try:
        with _connected(url) as connection:
            revision = current_revision(connection)
            faults = _faults(connection)
            tables = sa.inspect(connection).get_table_names()
            rows = {
                table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
                for table in metadata.sorted_tables
                if table.name in tables
            }
        named = set(_named(url))
        present = {str(path.relative_to(media_dir)) for path in media_dir.glob("*/*") if path.is_file()}
        damaged = [name for name in named & present if not _is_whole(media_dir / name)]
    except (OSError, SQLAlchemyError) as error:
        raise StorageError("check", ailment(error)) from error
    return Findings(
        revision=revision,
        newest=REVISION,
        rows=rows,
        faults=tuple(faults),
        missing=tuple(sorted(named - present)),
        damaged=tuple(sorted(damaged)),
        orphans=tuple(sorted(present - named)),
        sqlite=sqlite3.sqlite_version if file_of(url) and may_corrupt() else None,
    )


@contextlib.contextmanager
def _connected(url: str) -> Iterator[sa.Connection]:
    file = file_of(url)
    if file is not None and not file.is_file():
        raise StorageError("no such file")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _faults(connection: sa.Connection) -> list[str]:
    if connection.dialect.name != "sqlite":
        return []
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
    orphans = [f"foreign key of {row[0]}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
    return [line for line in found if line != "ok"] + orphans


def _named(url: str) -> list[str]:
    """Files that rows name, relative to the folder of pictures."""
    with _connected(url) as connection:
        inspector = sa.inspect(connection)
        return [
            f"{session_id}/{name}"
            for whose, file in _FILES
            if inspector.has_table(file.table.name)
            and file.name in {column["name"] for column in inspector.get_columns(file.table.name)}
            for session_id, name in connection.execute(sa.select(whose, file).where(file != "").distinct())
        ]


def _is_whole(path: Path) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == path.name.partition(".")[0]


def _copy_database(source: Path, target: Path) -> None:
    """SQLite's own online copy, whole or not at all."""
    draft = target.with_suffix(".part")
    draft.unlink(missing_ok=True)
    with (
        contextlib.closing(sqlite3.connect(source)) as live,
        contextlib.closing(sqlite3.connect(draft)) as copy,
    ):
        live.backup(copy, pages=1000, sleep=0.01)
        copy.execute("PRAGMA journal_mode = DELETE")
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(target)


def _copy_file(source: Path, target: Path) -> bool:
    """Whether it had to be copied. What the bot has deleted meanwhile is not needed."""
    if target.is_file() and _is_whole(target):
        return False
    target.parent.mkdir(exist_ok=True)
    draft = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(source, draft)
    except FileNotFoundError:
        return False
    draft.replace(target)
    return True
