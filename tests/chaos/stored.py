"""What lies on the disk of a process that was just killed?"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Views (session and seed) whose pictures are stored, sessions by chat, chats by state."""

    views: frozenset[str] = frozenset()
    sessions: dict[str, str] | None = None
    unfinished: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


def read_stored(data: Path) -> Stored:
    """Read a copy: opening the file itself would tidy up what the next start has to cope with."""
    if not (data / "rakurs.sqlite3").exists():
        return Stored()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("rakurs.sqlite3", "rakurs.sqlite3-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(data / name, Path(folder) / name)
        with contextlib.closing(sqlite3.connect(Path(folder) / "rakurs.sqlite3")) as rows:
            tables = {name for (name,) in rows.execute("SELECT name FROM sqlite_master")}
            if "albums" not in tables:
                return Stored()
            views = rows.execute("SELECT session_id, seed FROM pictures JOIN views USING (session_id, angle)")
            states = list(rows.execute("SELECT chat, state FROM albums"))
            return Stored(
                views=frozenset(f"{session} {seed}" for session, seed in views),
                sessions={chat: key for key, chat in rows.execute("SELECT id, chat FROM sessions")},
                unfinished=frozenset(chat for chat, state in states if state in {"open", "delivering"}),
                unknown=frozenset(chat for chat, state in states if state == "unknown"),
            )
