"""Do all workers see the same folder of pictures? One that does not would miss what others have bought."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import sqlalchemy as sa

from bot.pipeline.errors import StorageError
from storage.database import Database
from storage.members import LEASE, NOW
from storage.schema import workers

_LOOKS = 10
"""Another worker may have joined just now and not left its mark yet."""

_PREFIX = ".worker-"


class FolderNotShared(StorageError):
    """Another worker's mark is not there."""


@contextlib.asynccontextmanager
async def shared_folder(
    folder: Path, *, database: Database, mark: str, step: float = 0.5
) -> AsyncIterator[None]:
    """Leave a mark for the others and look for theirs, every `step` seconds for a while.

    Raises FolderNotShared and StorageError.
    """
    mine = _path(folder, mark)
    try:
        await asyncio.to_thread(mine.touch)
        for _ in range(_LOOKS):
            if not (missing := await _missing(folder, database)):
                break
            await asyncio.sleep(step)
        else:
            raise FolderNotShared(missing)
        yield
    except OSError as error:
        raise StorageError("folder", error.errno) from error
    finally:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(lambda: mine.unlink(missing_ok=True))


async def _missing(folder: Path, database: Database) -> list[str]:
    """Marks of living workers that are not in this folder; those of the dead are swept away."""
    rows = await database.rows(sa.select(workers.c.mark, (workers.c.seen > NOW - LEASE).label("lives")))
    known = {row.mark for row in rows}

    def look() -> list[str]:
        for path in folder.glob(f"{_PREFIX}*"):
            if path.name.removeprefix(_PREFIX) not in known:
                path.unlink(missing_ok=True)
        return [row.mark for row in rows if row.lives and not _path(folder, row.mark).exists()]

    return await asyncio.to_thread(look)


def _path(folder: Path, mark: str) -> Path:
    return folder / f"{_PREFIX}{mark}"
