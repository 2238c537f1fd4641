"""How do other programs draw many albums without paying the start for each? One house, opened once."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import weakref
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bot.app import House, open_house
from bot.config import Settings, load_settings
from bot.library import DATABASE, Unwatched, draw_in
from bot.logs import leave_logs_to_the_caller
from bot.pipeline.folder import AlbumFacts

_left_behind: list[object] = []
"""Houses of the process that this one was forked from: not ours to use, to close or to collect."""


@dataclass(slots=True)
class _Running:
    """A house on an event loop in a thread of its own, and the albums that are drawn in it."""

    house: House
    loop: asyncio.AbstractEventLoop
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    albums: set[asyncio.Task[Any]] = field(default_factory=set)
    thread: threading.Thread | None = None

    async def draw(self, description: str, angles: str | None, out: Path | None) -> AlbumFacts:
        """One album, known here as long as it is drawn."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs has a task
        self.albums.add(task)
        try:
            return await draw_in(self.house, description, angles=angles, out=out)
        finally:
            self.albums.discard(task)


class Rakurs:
    """Draws any number of albums from any thread and any event loop, several at a time.

    Opens with the first album (or `with Rakurs() as rakurs:`), closes with `close`, at the end of a
    `with` or `async with`, or with the program. A process that was forked opens a house of its own.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._running: _Running | None = None
        # both know it only weakly: what nobody holds any more is not kept alive by them
        known = weakref.WeakMethod(self.close), weakref.WeakMethod(self._forked)
        atexit.register(_call, known[0])
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=lambda: _call(known[1]))

    def draw(self, description: str, *, angles: str | None = None, out: Path | None = None) -> AlbumFacts:
        """As `bot.draw_sync`; blocks its caller until the album is there. Raises the same errors."""
        future = self._submit(description, angles, out)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    async def draw_async(
        self, description: str, *, angles: str | None = None, out: Path | None = None
    ) -> AlbumFacts:
        """As `bot.draw`, in any event loop. Raises the same errors; cancelling it stops the drawing."""
        return await asyncio.wrap_future(await asyncio.to_thread(self._submit, description, angles, out))

    def open(self) -> None:
        """Load everything now. Raises BadSettings and StorageError."""
        self._opened()

    def close(self) -> None:
        """End what is being drawn and the render processes; the next album opens it again."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None and running.thread is not None:
            running.loop.call_soon_threadsafe(running.closing.set)
            running.thread.join()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    def _submit(self, description: str, angles: str | None, out: Path | None) -> Future[AlbumFacts]:
        running = self._opened()
        return asyncio.run_coroutine_threadsafe(running.draw(description, angles, out), running.loop)

    def _opened(self) -> _Running:
        with self._lock:
            if self._running is None:
                opened: Future[_Running] = Future()
                thread = threading.Thread(
                    target=lambda: asyncio.run(_live(opened, self._settings)), name="rakurs", daemon=True
                )
                thread.start()
                running = opened.result()
                running.thread = thread
                self._running = running
            return self._running

    def _forked(self) -> None:
        """In a forked child: neither the thread nor the lock's owner exist here."""
        _left_behind.append(self._running)
        self._lock = threading.Lock()
        self._running = None


async def _live(opened: Future[_Running], settings: Settings | None) -> None:
    """Keep a house open until it is closed; albums under way end before it does."""
    try:
        leave_logs_to_the_caller()
        async with open_house(settings or load_settings(), progress=Unwatched(), database=DATABASE) as house:
            running = _Running(house=house, loop=asyncio.get_running_loop())
            opened.set_result(running)
            await running.closing.wait()
            for task in running.albums:
                task.cancel()
            await asyncio.gather(*running.albums, return_exceptions=True)
    except Exception as error:
        if opened.done():
            raise
        opened.set_exception(error)


def _call(method: weakref.WeakMethod[Any]) -> None:
    known = method()
    if known is not None:
        known()
