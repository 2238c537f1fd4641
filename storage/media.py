"""Where are the bytes of pictures kept? One folder a session, files named by their SHA-256 and view."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from bot.pipeline.errors import StorageError
from bot.pipeline.model import SessionId

T = TypeVar("T")
_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/avif": "avif",
    "video/mp4": "mp4",
}
ROOM = 64 * 2**20
"""Bytes that must be free before a picture is bought: an album of ten large ones."""


class Media:
    """Files below `folder`. Every call works in a thread and raises StorageError.

    The threads are its own: bytes that were paid for do not queue behind pictures being decoded.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="media")

    def close(self) -> None:
        """Wait for what is under way."""
        self._threads.shutdown()

    async def keep(self, session_id: SessionId, whose: str, content: bytes, media_type: str) -> str:
        """Write the bytes; they are on the disk under the name handed back when this returns.

        `whose` is a word for the view, so that no two views share a file.
        """
        return await self._in_thread(lambda: self._keep(session_id, whose, content, media_type))

    async def read(self, session_id: SessionId, name: str) -> bytes | None:
        """The bytes, or None when the file is gone or no longer holds what its name says."""
        return await self._in_thread(lambda: self._read(session_id, name))

    async def remove(self, session_id: SessionId, name: str) -> None:
        """Remove one file; nothing happens when it is gone already."""
        path = self._folder / session_id / name
        await self._in_thread(lambda: path.unlink(missing_ok=True))

    async def drop(self, session_id: SessionId) -> int:
        """Remove all files of a session; hand back how many there were."""
        return await self._in_thread(lambda: self._drop(session_id))

    async def sweep(self, session_id: SessionId, *, keep: Collection[str], before: float) -> int:
        """Remove files of a session that are not to be kept and were last written before that moment.

        Hand back how many; a folder that is empty then goes as well. `before` in UTC seconds.
        """
        return await self._in_thread(lambda: self._sweep(session_id, keep, before))

    async def folders(self) -> tuple[str, ...]:
        """Names of the session folders."""
        return await self._in_thread(
            lambda: tuple(sorted(entry.name for entry in self._folder.iterdir() if entry.is_dir()))
        )

    async def ensure_room(self) -> None:
        """Raises StorageError when the disk has too little room for another album."""
        free = await self._in_thread(lambda: shutil.disk_usage(self._folder).free)
        if free < ROOM:
            raise StorageError("room", free)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except OSError as error:
            raise StorageError("file", error.errno) from error

    def _keep(self, session_id: SessionId, whose: str, content: bytes, media_type: str) -> str:
        folder = self._folder / session_id
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _sync_folder(self._folder)
        name = f"{hashlib.sha256(content).hexdigest()}.{whose}.{_ENDINGS.get(media_type, 'bin')}"
        if self._read(session_id, name) is not None:
            # the same bytes lie there, flushed before they got that name
            _sync_folder(folder)
            return name
        draft = folder / f".{name}.{secrets.token_hex(4)}"
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(folder / name)
        except OSError:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise
        _sync_folder(folder)
        return name

    def _read(self, session_id: SessionId, name: str) -> bytes | None:
        try:
            content = (self._folder / session_id / name).read_bytes()
        except FileNotFoundError:
            return None
        return content if hashlib.sha256(content).hexdigest() == name.partition(".")[0] else None

    def _drop(self, session_id: SessionId) -> int:
        folder = self._folder / session_id
        try:
            files = [entry for entry in folder.iterdir() if entry.is_file()]
        except FileNotFoundError:
            return 0
        for file in files:
            file.unlink(missing_ok=True)
        folder.rmdir()
        return len(files)

    def _sweep(self, session_id: SessionId, keep: Collection[str], before: float) -> int:
        folder = self._folder / session_id
        old = [
            entry
            for entry in folder.iterdir()
            if entry.name not in keep and entry.is_file() and entry.stat().st_mtime < before
        ]
        for entry in old:
            entry.unlink(missing_ok=True)
        if not keep and folder.stat().st_mtime < before:
            with contextlib.suppress(OSError):
                folder.rmdir()
        return len(old)


def _sync_folder(folder: Path) -> None:
    """A rename is durable once its folder is."""
    if sys.platform == "win32":
        # folders cannot be opened there; the file's own flush has to do
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
