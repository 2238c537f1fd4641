"""What do stored and waiting albums cost: start, memory, disk?

One album is drawn by the real bot; its rows are the pattern of all others.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

from tests.bench.figure import Figure
from tests.bench.processes import OURS, Telegram, open_telegram, our_bot
from tests.loopback.bot_api import message
from tests.loopback.pictures import PictureServer

_MIB = 2**20
_KEPT_BY_SESSION = ("albums", "views", "pictures", "messages")


async def figures(*, short: bool) -> list[Figure]:
    """A start with nothing, with some and with many stored sessions, these with unfinished albums."""
    sizes = (20,) if short else (1000, 10_000)
    unfinished, waiting = (2, 5) if short else (100, 1000)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        telegram = await stack.enter_async_context(open_telegram())
        pictures = await stack.enter_async_context(PictureServer())
        seconds, empty = await _start(telegram, folder / "empty", pictures)
        found = _of_start("nothing stored", seconds, empty)
        pattern = folder / "pattern"
        await _one_album(telegram, pattern, pictures)
        # from here on pictures do not come, so that unfinished albums stay unfinished
        pictures.latency = 600
        for size in sizes:
            where = folder / str(size)
            grown = await asyncio.to_thread(_grow, pattern, where, size, unfinished)
            seconds, memory = await _start(telegram, where, pictures)
            found += _of_start(f"{size:,} sessions, {unfinished} unfinished", seconds, memory)
        found.append(_figure("database, a session of five views", grown / size / 1024, "KiB"))
        where = folder / "waiting"
        await asyncio.to_thread(_grow, pattern, where, waiting, waiting)
        _, memory = await _start(telegram, where, pictures)
        found.append(_figure("memory, 1,000 waiting albums", (memory - empty) * 1000 / waiting, "MiB"))
    return found


def _figure(what: str, value: float, unit: str) -> Figure:
    return Figure(part="house", what=what, value=value, unit=unit)


def _of_start(words: str, seconds: float, memory: float) -> list[Figure]:
    return [_figure(f"start, {words}", seconds, "s"), _figure(f"memory, {words}", memory, "MiB")]


async def _start(telegram: Telegram, where: Path, pictures: PictureServer) -> tuple[float, float]:
    """Seconds from the process's start to ready, and MiB a second later."""
    async with our_bot(telegram, where, OPENAI_BASE_URL=pictures.openai_url) as (process, seconds):
        await asyncio.sleep(1)
        return seconds, process.memory_info().rss / _MIB


async def _one_album(telegram: Telegram, where: Path, pictures: PictureServer) -> None:
    """Ask the real bot for a car, and wait until it is there."""
    async with our_bot(telegram, where, OPENAI_BASE_URL=pictures.openai_url) as (process, _):
        wish: dict[str, object] = {"message": message("red BMW X5 2021", user=50, chat=50)}
        await telegram.round(OURS, [wish], process)
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(_delivered, where):  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.1)


def _delivered(where: Path) -> bool:
    with closing(sqlite3.connect(_database(where))) as rows:
        return bool(rows.execute("SELECT 1 FROM albums WHERE state = 'delivered' AND told").fetchone())


def _database(where: Path) -> Path:
    return where / "data" / "rakurs.sqlite3"


def _grow(pattern: Path, where: Path, sessions: int, unfinished: int) -> int:
    """So many copies of the pattern's one session, the last of them not drawn yet; bytes that were added."""
    _database(where).parent.mkdir(parents=True)
    shutil.copy(_database(pattern), _database(where))
    before = _database(where).stat().st_size
    with closing(sqlite3.connect(_database(where))) as rows, rows:
        rows.row_factory = sqlite3.Row
        kept = {name: _all(rows, name) for name in _KEPT_BY_SESSION}
        (session,) = _all(rows, "sessions")
        for number in range(sessions):
            _copy(rows, session, kept, number, drawn=number < sessions - unfinished)
    return _database(where).stat().st_size - before


def _all(rows: sqlite3.Connection, name: str) -> list[dict[str, Any]]:
    return [dict(row) for row in rows.execute(f"SELECT * FROM {name}")]  # noqa: S608 - a table of our own


def _copy(
    rows: sqlite3.Connection,
    session: dict[str, Any],
    kept: dict[str, list[dict[str, Any]]],
    number: int,
    *,
    drawn: bool,
) -> None:
    mine = {"session_id": f"CAR-{number:08X}", "chat": str(10_000 + number)}
    own = {"id": mine["session_id"], "owner": mine["chat"], "chat": mine["chat"], "origin": f"1 {number} 1"}
    _insert(rows, "sessions", {**session, **own})
    blank = {
        "albums": {"state": "open", "told": None, "provider": None, "strength": None, "status_message": None},
        "views": {"state": "blank", "prompt": None, "provider": None, "file_id": None},
    }
    for name in _KEPT_BY_SESSION if drawn else tuple(blank):
        for row in kept[name]:
            changed = {column: value for column, value in mine.items() if column in row}
            _insert(rows, name, {**row, **changed, **({} if drawn else blank[name])})


def _insert(rows: sqlite3.Connection, name: str, row: dict[str, Any]) -> None:
    places = ", ".join("?" * len(row))
    rows.execute(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({places})", tuple(row.values()))  # noqa: S608 - as above
