"""How does everything run in one thread, so that a life can be repeated step by step?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class OneThread(asyncio.SelectorEventLoop):
    """A loop that does at once what would go to a thread."""

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        future = self.create_future()
        try:
            result = func(*args)
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits, as an executor does
            future.set_exception(error)
        else:
            future.set_result(result)
        return future
