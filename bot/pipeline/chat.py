"""What does a chat model answer in a given form? One call, never longer than was said, and no answer at worst."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import openai
import structlog
from pydantic import BaseModel

from bot.pipeline.providers.http import made_perhaps
from bot.pipeline.sdk import counted, open_sdk

_log = structlog.get_logger(__name__)
Form = TypeVar("Form", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Generic[Form]):
    """`form` is None where there is none in time, or it is refused, cut short or unreadable.

    `tokens` are those in and out as the server counted them, None where it did not tell; `free`: it has
    surely charged nothing.
    """

    form: Form | None = None
    tokens: tuple[int, int] | None = None
    free: bool = False


class Chat:
    """A model of any server that speaks OpenAI's chat API. `seconds` is the most that one answer may take."""

    def __init__(self, *, api_key: str, base_url: str | None, model: str, seconds: float) -> None:
        self._model = model
        self._seconds = seconds
        self._client = open_sdk(api_key=api_key, base_url=base_url, seconds=seconds)
        # the SDK loads this part when it is first named: now, and not in somebody's seconds
        self._completions = self._client.chat.completions

    @property
    def model(self) -> str:
        """As the server calls it."""
        return self._model

    async def ask(self, purpose: str, order: str, content: Any, form: type[Form]) -> Reply[Form]:
        """The filled form, if there is one. Never raises for a failed call.

        `purpose` is for the log, `content` what a user message of that API holds.
        """
        messages: list[Any] = [{"role": "system", "content": order}, {"role": "user", "content": content}]
        try:
            async with asyncio.timeout(self._seconds):
                done = await self._completions.parse(
                    model=self._model, messages=messages, response_format=form
                )
                tokens = _tokens(done.usage)
                parsed = done.choices[0].message.parsed if done.choices else None
        except openai.LengthFinishReasonError as error:
            _log.info("chat.failed", purpose=purpose, kind=type(error).__name__)
            return Reply(tokens=_tokens(error.completion.usage))
        except (openai.OpenAIError, TimeoutError) as error:
            _log.info("chat.failed", purpose=purpose, kind=type(error).__name__)
            refused = isinstance(error, openai.APIStatusError) and not made_perhaps(error.status_code)
            return Reply(free=refused)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            # no JSON, values out of range, or a page where a completion belongs: the SDK checks nothing
            _log.info("chat.unreadable", purpose=purpose, kind=type(error).__name__)
            return Reply()
        if parsed is None:
            _log.info("chat.refused", purpose=purpose)
            return Reply(tokens=tokens)
        _log.info("chat.answered", purpose=purpose, tokens=sum(tokens) if tokens else None)
        return Reply(form=parsed, tokens=tokens)

    async def close(self) -> None:
        """Close the client."""
        await self._client.close()


def _tokens(usage: object) -> tuple[int, int] | None:
    numbers = counted(usage, "prompt_tokens", "completion_tokens")
    return (numbers[0], numbers[1]) if numbers else None
