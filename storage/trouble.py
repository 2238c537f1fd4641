"""What ails SQLite or its file? In one word for errors, and known faults of its versions."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError

DAMAGED, FULL, LOCKED, UNREACHABLE = "damaged", "full", "locked", "unreachable"
_WORDS = {
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_READONLY: UNREACHABLE,
    sqlite3.SQLITE_CANTOPEN: UNREACHABLE,
    sqlite3.SQLITE_PERM: UNREACHABLE,
}
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
    return type(error).__name__


def may_corrupt(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite can damage a file when its write-ahead log is started anew at a bad moment."""
    first, mended = _RESET_BUG
    if any(version[:2] == line[:2] and version >= line for line in _MENDED):
        return False
    return first <= version < mended
