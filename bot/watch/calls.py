"""How many calls of the Bot API were made, and how did they end?"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from telegram.error import RetryAfter, TelegramError
from telegram.ext import BaseRateLimiter

from bot.watch.meters import Meters


class CountedCalls(BaseRateLimiter[None]):
    """Stands where the library lets every call of the Bot API pass; holds none back."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],  # noqa: ARG002 - the library's signature
        rate_limit_args: None,  # noqa: ARG002 - as above
    ) -> Any:
        """Count by method and the class of the error."""
        outcome = "ok"
        try:
            return await callback(*args, **kwargs)
        except TelegramError as error:
            outcome = type(error).__name__
            if isinstance(error, RetryAfter):
                self._meters.waits.labels(endpoint).inc()
            raise
        finally:
            self._meters.calls.labels(endpoint, outcome).inc()
