"""How do many small writes become few commits? Those who come while one runs share the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

from bot.pipeline.errors import StorageError

Item = TypeVar("Item")
Answer = TypeVar("Answer")
_MOST = 500


class Together(Generic[Item, Answer]):
    """`commit` writes several items durably and hands back one answer for each, in order.

    `start` runs the writing beside the callers: one may be cancelled, and the others still get
    their commit. A StorageError is everybody's who was in that commit.
    """

    def __init__(
        self,
        *,
        commit: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._commit = commit
        self._start = start
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._writing = False

    async def add(self, item: Item) -> Answer:
        """Return when the item is committed. Raises StorageError."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if not self._writing:
            self._writing = True
            self._start(self._write())
        return await future

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._one(batch)
        finally:
            self._writing = False

    async def _one(self, batch: Sequence[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._commit([item for item, _ in batch])
        except StorageError as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
