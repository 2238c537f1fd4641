"""What ails SQLite or its file, or the server of the rows? In one word for errors, and known faults of its versions."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

from sqlalchemy.exc import DBAPIError, OperationalError

from bot.pipeline.errors import StorageError

DAMAGED, FULL, LOCKED, UNREACHABLE, AWAY = "damaged", "full", "locked", "unreachable", "away"
_WORDS = {
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_READONLY: UNREACHABLE,
    sqlite3.SQLITE_CANTOPEN: UNREACHABLE,
    sqlite3.SQLITE_PERM: UNREACHABLE,
    sqlite3.SQLITE_IOERR: UNREACHABLE,
}
_STEPS = 10_000
"""Steps of SQLite's machine between two looks at the clock."""
_RESET_BUG = ((3, 7, 0), (3, 51, 3))
_MENDED = ((3, 44, 6), (3, 50, 7))
"""Later patches of older lines that carry the correction as well."""


def ailment(error: BaseException) -> str:
    """One of the words above, or the error's own name where there is none."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        # the lowest byte is the kind, the rest its details
        code = getattr(cause, "sqlite_errorcode", None)
        if code is not None and (word := _WORDS.get(code & 0xFF)):
            return word
    elif isinstance(error, OperationalError):
        return AWAY
    return type(error).__name__


def look_over(path: Path, *, seconds: float = 2.0) -> None:
    """Read a SQLite file for so long, changing nothing. Raises StorageError where it is damaged. Blocks.

    What a look into every page would take longer for is left to `rakurs db check`.
    """
    if not path.is_file() or not path.stat().st_size:
        return
    until = time.monotonic() + seconds
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            file.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
            found = file.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        if (word := ailment(error)) == DAMAGED:
            raise StorageError("look", word) from error
        return
    if found is not None and found[0] != "ok":
        raise StorageError("look", DAMAGED)


def may_corrupt(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite can damage a file when its write-ahead log is started anew at a bad moment."""
    first, mended = _RESET_BUG
    if any(version[:2] == line[:2] and version >= line for line in _MENDED):
        return False
    return first <= version < mended
