"""Does another process already run on these files?"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from bot.pipeline.errors import StorageError
from storage.sqlite_file import file_of

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_STEP = 0.2


def _lock(file: int) -> None:
    """Hold the file until it is closed; raises OSError while another process does."""
    if sys.platform == "win32":
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.asynccontextmanager
async def alone(
    url: str, *, wait: float = 30.0, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[None]:
    """Be the only runner on a SQLite file until this ends, or the process does.

    A runner that is just closing is waited for, `wait` seconds at most; then StorageError is
    raised. Databases with a server are shared by design: nothing is held there.
    """
    rows = file_of(url)
    if rows is None:
        yield
        return
    path = Path(f"{rows}.runner")
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        tries = round(wait / _STEP)
        while True:
            try:
                _lock(file)
                break
            except OSError as error:
                if tries <= 0:
                    raise StorageError("in use", path.name) from error
            await sleep(_STEP)
            tries -= 1
        yield
    finally:
        os.close(file)
