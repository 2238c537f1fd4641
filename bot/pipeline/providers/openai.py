"""Pictures from any server that speaks OpenAI's images API, through its SDK."""

from __future__ import annotations

import binascii
import time
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import httpx
import httpx2
import openai
import pybase64
from openai.types import ImagesResponse

from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.model import Angle, Picture, PictureRequest, Strength
from bot.pipeline.providers.http import KINDS_OF_CODES, fetch, kind_of, made_perhaps, told_by
from bot.pipeline.providers.presets import Edits, Preset
from bot.pipeline.retry_after import retry_after
from bot.pipeline.sdk import TooLarge, counted, open_sdk
from bot.pipeline.trust import authorities

_NO_EDITS = frozenset({404, 405, 501})
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout)
_ENDINGS = {"image/png": "png", "image/webp": "webp"}
Named = tuple[str, bytes, str]
"""A picture with a name and a media type: bare bytes are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """One answered call: what came, and how long it took in seconds."""

    answer: ImagesResponse
    seconds: float


class OpenAIProvider:
    """A Provider. `base_url` None is OpenAI itself; `timeout` in seconds, for one picture."""

    def __init__(
        self,
        *,
        name: str = "openai",
        api_key: str,
        base_url: str | None,
        model: str,
        preset: Preset,
        timeout: float = 240.0,
    ) -> None:
        self.name = name
        self.capabilities = preset.capabilities(model)
        self._model = model
        self._preset = preset
        self._client = open_sdk(api_key=api_key, base_url=base_url, seconds=timeout)
        self._downloads = httpx.AsyncClient(timeout=60, follow_redirects=True, verify=authorities())

    def draws(self, angle: Angle) -> bool:  # noqa: ARG002 - the port's signature
        """Every angle of the catalogue."""
        return True

    async def draw(self, request: PictureRequest) -> Picture:
        """One picture by one call; raises ProviderError."""
        try:
            call = await self._ask(request)
        except openai.OpenAIError as error:
            raise self._translated(error) from error
        except (ValueError, RecursionError) as error:
            # the SDK lets pass what its reading of a broken body raises
            raise ProviderError(provider=self.name, kind=FailureKind.BAD_ANSWER, bought=True) from error
        if (failure := self._no_pictures(call.answer)) is not None:
            raise failure
        cost = self._cost(call.answer)
        try:
            content = await self._content(call.answer)
        except ProviderError as error:
            # the call itself was answered: it is paid, whatever became of the picture
            raise replace(error, bought=True, cost=cost) from error
        return Picture(
            content=content,
            media_type="image/jpeg",
            width=0,
            height=0,
            provider=self.name,
            model=self._model,
            seconds=call.seconds,
            cost=cost,
        )

    async def close(self) -> None:
        """Close both clients."""
        await self._client.close()
        await self._downloads.aclose()

    def _no_pictures(self, answer: object) -> ProviderError | None:
        """What a page, or an error with status 200, means: the SDK hands both on as they come."""
        if not isinstance(answer, ImagesResponse):
            return ProviderError(provider=self.name, kind=FailureKind.BAD_ANSWER, bought=True)
        if answer.data:
            return None
        code, inner = told_by(answer.model_extra)
        if code is None and inner is None:
            return ProviderError(provider=self.name, kind=FailureKind.BAD_ANSWER, bought=True)
        kind = kind_of(inner or HTTPStatus.INTERNAL_SERVER_ERROR, code)
        return ProviderError(provider=self.name, kind=kind, status=HTTPStatus.OK, code=code)

    async def _ask(self, request: PictureRequest) -> _Call:
        images = _images(request) if self.capabilities.takes_references else []
        start = time.perf_counter()
        if images:
            try:
                answer = await self._edit(request, images)
                return _Call(answer=answer, seconds=time.perf_counter() - start)
            except openai.APIStatusError as error:
                if error.status_code not in _NO_EDITS or error.code in KINDS_OF_CODES:
                    raise
                # a compatible server without edits: from now on it is asked with words alone
                strength = Strength.SEEDS if self.capabilities.takes_seed else Strength.NONE
                self.capabilities = replace(
                    self.capabilities, strength=strength, takes_references=0, takes_guide=False
                )
        answer = await self._post("generations", self._fields(request) | self._extra(request))
        return _Call(answer=answer, seconds=time.perf_counter() - start)

    async def _edit(self, request: PictureRequest, images: list[Named]) -> ImagesResponse:
        if self._preset.edits is Edits.MULTIPART:
            answer: ImagesResponse = await self._client.images.edit(
                image=images, **self._fields(request), extra_body=self._extra(request)
            )
            return answer
        pictures = [{"image_url": _address(image)} for image in images]
        return await self._post("edits", {**self._fields(request), **self._extra(request), "image": pictures})

    async def _post(self, what: str, body: dict[str, Any]) -> ImagesResponse:
        """A call in JSON. The SDK's own method would hold every field against its type, each time again."""
        answer: ImagesResponse = await self._client.post(f"/images/{what}", body=body, cast_to=ImagesResponse)
        return answer

    def _fields(self, request: PictureRequest) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "model": self._model,
            "prompt": request.prompt,
            "n": 1,
            "size": f"{request.width}x{request.height}",
        }
        if self._preset.quality in self._preset.qualities:
            fields["quality"] = self._preset.quality
        if self._preset.jpeg:
            fields["output_format"] = "jpeg"
        return fields

    def _extra(self, request: PictureRequest) -> dict[str, Any]:
        """Fields that OpenAI itself does not know."""
        extra: dict[str, Any] = {"seed": request.seed} if self.capabilities.takes_seed else {}
        if request.negative and not self.capabilities.instructions:
            extra["negative_prompt"] = request.negative
        return extra

    async def _content(self, answer: ImagesResponse) -> bytes:
        first = answer.data[0] if isinstance(answer.data, list) and answer.data else None
        encoded, url = _words(first, "b64_json"), _words(first, "url")
        if url.startswith("data:"):
            encoded = encoded or url
        if encoded:
            try:
                # some servers put the address of it around the picture
                return pybase64.b64decode(encoded.rpartition(";base64,")[2], validate=True)
            except binascii.Error as error:
                raise ProviderError(provider=self.name, kind=FailureKind.BAD_ANSWER) from error
        if url:
            return await fetch(self._downloads, url, provider=self.name)
        raise ProviderError(provider=self.name, kind=FailureKind.BAD_ANSWER)

    def _cost(self, answer: ImagesResponse) -> float:
        """USD by the tokens that the server counted, else by the table."""
        usage, details = answer.usage, getattr(answer.usage, "input_tokens_details", None)
        out = counted(usage, "output_tokens")
        taken = counted(details, "text_tokens", "image_tokens") or counted(usage, "input_tokens")
        if self._preset.tokens is None or out is None or taken is None:
            return self.capabilities.price
        return self._preset.tokens.cost(taken[0], sum(taken[1:]), out[0])

    def _translated(self, error: openai.OpenAIError) -> ProviderError:
        """The SDK's errors as ours."""
        if isinstance(error, openai.APIConnectionError):
            if isinstance(error.__cause__, _NEVER_SENT):
                return ProviderError(provider=self.name, kind=FailureKind.UNREACHABLE)
            if isinstance(error.__cause__, TooLarge):
                return ProviderError(provider=self.name, kind=FailureKind.BOMB, bought=True)
            timeout = isinstance(error, openai.APITimeoutError)
            kind = FailureKind.TIMEOUT if timeout else FailureKind.UNREACHABLE
            return ProviderError(provider=self.name, kind=kind, bought=True)
        if isinstance(error, openai.APIStatusError):
            code, inner = told_by(error.body)
            return ProviderError(
                provider=self.name,
                kind=kind_of(error.status_code, code, inner),
                retry_after=retry_after(error.response.headers),
                status=error.status_code,
                code=code,
                bought=made_perhaps(error.status_code),
            )
        return ProviderError(provider=self.name, kind=FailureKind.BAD_ANSWER, bought=True)


def _words(of: object, name: str) -> str:
    """A text of an answer, or "": the SDK checks no types."""
    value = getattr(of, name, None)
    return value if isinstance(value, str) else ""


def _images(request: PictureRequest) -> list[Named]:
    """References, hero, guide, in the order that the prompt names them."""
    images = [
        (f"reference-{number}.{_ENDINGS.get(one.media_type, 'jpg')}", one.content, one.media_type)
        for number, one in enumerate(request.references, 1)
    ]
    if request.hero is not None:
        images.append(("hero.jpg", request.hero, "image/jpeg"))
    if request.guide is not None:
        images.append(("pose.png", request.guide, "image/png"))
    return images


def _address(image: Named) -> str:
    _name, content, media_type = image
    return f"data:{media_type};base64,{pybase64.b64encode(content).decode()}"
