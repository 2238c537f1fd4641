"""Pictures from any server that speaks OpenAI's images API, through its SDK."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import httpx
import httpx2
import openai
from openai import AsyncOpenAI
from openai.types import ImagesResponse

from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.model import Angle, Picture, PictureRequest, Strength
from bot.pipeline.ports import Capabilities
from bot.pipeline.providers.http import KINDS_OF_CODES, fetch, kind_of, retry_after

NAME = "openai"
_EDITING = Capabilities(
    strength=Strength.REFERENCES,
    concurrency=10,
    seconds=12.0,
    takes_references=16,
    takes_guide=True,
    price=0.013,
)
_SEEDED = Capabilities(strength=Strength.SEEDS, concurrency=10, seconds=15.0, takes_seed=True)
_PRICES: Mapping[str, tuple[float, float, float]] = MappingProxyType({"gpt-image-2": (5.0, 8.0, 30.0)})
"""USD per million tokens by the start of a model's name: text in, pictures in, pictures out."""
_MILLION = 1_000_000
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
_NO_EDITS = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """One answered call: what came, and how long it took in seconds."""

    answer: ImagesResponse
    seconds: float


def capabilities_for(model: str) -> Capabilities:
    """gpt-image models take references and no seed; other models on compatible servers the reverse."""
    return _EDITING if model.startswith(("gpt-image", "chatgpt-image")) else _SEEDED


class OpenAIProvider:
    """A Provider. `base_url` None is OpenAI itself; `timeout` in seconds, for one picture."""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None,
        model: str,
        quality: str | None = None,
        timeout: float = 240.0,
    ) -> None:
        self.name = NAME
        self.capabilities = capabilities_for(model)
        self._model = model
        self._quality = quality
        # the SDK's own retries would buy one picture up to three times
        self._client = AsyncOpenAI(api_key=api_key, base_url=base_url, max_retries=0, timeout=timeout)
        self._downloads = httpx.AsyncClient(timeout=60, follow_redirects=True)

    def draws(self, angle: Angle) -> bool:  # noqa: ARG002 - the port's signature
        """Every angle of the catalogue."""
        return True

    async def draw(self, request: PictureRequest) -> Picture:
        """One picture by one call; raises ProviderError."""
        try:
            call = await self._ask(request)
        except openai.OpenAIError as error:
            raise _translated(error) from error
        content = await self._content(call.answer)
        return Picture(
            content=content,
            media_type="image/jpeg",
            width=0,
            height=0,
            provider=self.name,
            model=self._model,
            seconds=call.seconds,
            cost=self._cost(call.answer),
        )

    async def close(self) -> None:
        """Close both clients."""
        await self._client.close()
        await self._downloads.aclose()

    async def _ask(self, request: PictureRequest) -> _Call:
        images = _images(request) if self.capabilities.takes_references else []
        start = time.perf_counter()
        if images:
            try:
                answer = await self._client.images.edit(image=images, **self._common(request))
                return _Call(answer=answer, seconds=time.perf_counter() - start)
            except openai.APIStatusError as error:
                if error.status_code not in _NO_EDITS or error.code in KINDS_OF_CODES:
                    raise
                # a compatible server without edits: from now on it is asked with words alone
                self.capabilities = replace(
                    self.capabilities, strength=Strength.NONE, takes_references=0, takes_guide=False
                )
        answer = await self._client.images.generate(**self._common(request))
        return _Call(answer=answer, seconds=time.perf_counter() - start)

    def _common(self, request: PictureRequest) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "model": self._model,
            "prompt": request.prompt,
            "n": 1,
            "size": f"{request.width}x{request.height}",
        }
        if self._quality:
            asked["quality"] = self._quality
        if self.capabilities.takes_seed:
            asked["extra_body"] = {"seed": request.seed}
        return asked

    async def _content(self, answer: ImagesResponse) -> bytes:
        first = answer.data[0] if answer.data else None
        if first is not None and first.b64_json:
            try:
                return base64.b64decode(first.b64_json, validate=True)
            except binascii.Error as error:
                raise ProviderError(provider=self.name, kind=FailureKind.BAD_ANSWER, bought=True) from error
        if first is not None and first.url:
            return await fetch(self._downloads, first.url, provider=self.name)
        raise ProviderError(provider=self.name, kind=FailureKind.BAD_ANSWER, bought=True)

    def _cost(self, answer: ImagesResponse) -> float:
        """USD by the tokens that the server counted; 0 where it counted none or the price is unknown."""
        price = next((price for name, price in _PRICES.items() if self._model.startswith(name)), None)
        if price is None or answer.usage is None:
            return 0.0
        details = answer.usage.input_tokens_details
        text, pictures = (
            (details.text_tokens, details.image_tokens) if details else (answer.usage.input_tokens, 0)
        )
        return (text * price[0] + pictures * price[1] + answer.usage.output_tokens * price[2]) / _MILLION


def _images(request: PictureRequest) -> list[tuple[str, bytes, str]]:
    """References, hero, guide, in the order that the prompt names them."""
    images = [
        (f"reference-{number}.jpg", reference.content, reference.media_type)
        for number, reference in enumerate(request.references, 1)
    ]
    if request.hero is not None:
        images.append(("hero.jpg", request.hero, "image/jpeg"))
    if request.guide is not None:
        images.append(("pose.png", request.guide, "image/png"))
    return images


def _translated(error: openai.OpenAIError) -> ProviderError:
    """The SDK's errors as ours."""
    if isinstance(error, openai.APIConnectionError):
        if isinstance(error.__cause__, _NEVER_SENT):
            return ProviderError(provider=NAME, kind=FailureKind.UNREACHABLE)
        timeout = isinstance(error, openai.APITimeoutError)
        kind = FailureKind.TIMEOUT if timeout else FailureKind.UNREACHABLE
        return ProviderError(provider=NAME, kind=kind, bought=True)
    if isinstance(error, openai.APIStatusError):
        code = error.code if isinstance(error.code, str) else None
        kind = kind_of(error.status_code, code)
        return ProviderError(
            provider=NAME,
            kind=kind,
            retry_after=retry_after(error.response.headers),
            status=error.status_code,
            code=code,
            bought=error.status_code == HTTPStatus.GATEWAY_TIMEOUT,
        )
    return ProviderError(provider=NAME, kind=FailureKind.BAD_ANSWER, bought=True)
