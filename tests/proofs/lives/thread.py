"""How does everything run in one thread, so that a life can be repeated step by step?"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Generator
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple, Unpack

import aiosqlite
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
DRIVER = "sqlite+onethread"
"""What SQLAlchemy's addresses begin with for a SQLite without threads."""


class OneThread(asyncio.SelectorEventLoop):
    """A loop that does at once what would go to a thread."""

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        future = self.create_future()
        _carry_out(future, lambda: func(*args))
        return future


def _carry_out(future: asyncio.Future[Any] | None, work: Callable[[], Any]) -> None:
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - handed to whoever waits, as an executor does
        if future is not None:
            future.set_exception(error)
    else:
        if future is not None:
            future.set_result(result)


class _NoQueue:
    """Stands where the driver's queue to its thread is."""

    def put_nowait(self, asked: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        _carry_out(*asked)


class _Connection(aiosqlite.Connection):
    def __init__(self, database: str, **named: Any) -> None:
        super().__init__(lambda: sqlite3.connect(database, **named), iter_chunk_size=64)
        self._tx: Any = _NoQueue()

    def __await__(self) -> Generator[Any, None, aiosqlite.Connection]:
        return self._connect().__await__()


class Dialect(SQLiteDialect_aiosqlite):
    """SQLAlchemy's own, on a connection that has no thread."""

    supports_statement_cache = True

    def connect(self, *args: Any, **named: Any) -> Any:
        return super().connect(*args, async_creator_fn=_Connection, **named)


registry.register(DRIVER.replace("+", "."), __name__, Dialect.__name__)
