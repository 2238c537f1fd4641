"""What does a chat model answer in a given form? One call, never longer than was said, and no answer at worst."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

import openai
import structlog
from openai import AsyncOpenAI
from pydantic import BaseModel

_log = structlog.get_logger(__name__)
Form = TypeVar("Form", bound=BaseModel)


class Chat:
    """A model of any server that speaks OpenAI's chat API. `seconds` is the most that one answer may take."""

    def __init__(self, *, api_key: str, base_url: str | None, model: str, seconds: float) -> None:
        self._model = model
        self._seconds = seconds
        self._client = AsyncOpenAI(api_key=api_key, base_url=base_url, max_retries=0, timeout=seconds)
        # the SDK loads this part when it is first named: now, and not in somebody's seconds
        self._completions = self._client.chat.completions

    async def ask(self, purpose: str, order: str, content: Any, form: type[Form]) -> Form | None:
        """The filled form; None where there is none in time, or it is refused, cut short or unreadable.

        `purpose` is for the log, `content` what a user message of that API holds.
        """
        messages: list[Any] = [{"role": "system", "content": order}, {"role": "user", "content": content}]
        try:
            async with asyncio.timeout(self._seconds):
                done = await self._completions.parse(
                    model=self._model, messages=messages, response_format=form
                )
        except (openai.OpenAIError, TimeoutError) as error:
            _log.info("chat.failed", purpose=purpose, kind=type(error).__name__)
            return None
        except (ValueError, TypeError, AttributeError) as error:
            # no JSON, values out of range, or a page where a completion belongs: the SDK checks nothing
            _log.info("chat.unreadable", purpose=purpose, kind=type(error).__name__)
            return None
        if not done.choices or done.choices[0].message.parsed is None:
            _log.info("chat.refused", purpose=purpose)
            return None
        _log.info("chat.answered", purpose=purpose, tokens=done.usage.total_tokens if done.usage else None)
        return done.choices[0].message.parsed

    async def close(self) -> None:
        """Close the client."""
        await self._client.close()
