"""Pictures from Pollinations' old open host, without a key: one at a time, with a pause after each."""

from __future__ import annotations

import time
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import quote

import httpx

from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.model import Angle, Picture, PictureRequest, Strength
from bot.pipeline.ports import Capabilities
from bot.pipeline.providers.http import fetch
from bot.pipeline.trust import authorities

NAME = "pollinations"
_HOST = "https://image.pollinations.ai"
_MODEL = "flux"
_PACE = 45.0
"""Seconds between two requests that the host allows an address."""
_LONGEST_PROMPT = 1_800
"""Characters of a prompt: it travels in the address."""


def open_capabilities(model: str = _MODEL) -> Capabilities:
    """What that host bears, whichever model it maps the name to."""
    return Capabilities(
        strength=Strength.SEEDS,
        concurrency=1,
        seconds=_PACE,
        takes_seed=True,
        instructions=False,
        pace=_PACE,
        width=1024,
        height=768,
        model=model,
    )


class OpenPollinations:
    """A Provider whose host bears one picture in a while; `timeout` in seconds, for one picture."""

    def __init__(
        self,
        *,
        base_url: str | None,
        model: str = _MODEL,
        timeout: float = 180.0,
    ) -> None:
        self.name = NAME
        self.capabilities = open_capabilities(model)
        self._root = base_url or _HOST
        self._model = model
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout, connect=15), follow_redirects=True, verify=authorities()
        )

    def draws(self, angle: Angle) -> bool:  # noqa: ARG002 - the port's signature
        """Every angle of the catalogue."""
        return True

    async def draw(self, request: PictureRequest) -> Picture:
        """One picture by one call; raises ProviderError."""
        prompt = quote(request.prompt[:_LONGEST_PROMPT], safe="")
        start = time.perf_counter()
        try:
            content = await fetch(
                self._client,
                f"{self._root}/prompt/{prompt}",
                provider=self.name,
                params={
                    "model": self._model,
                    "seed": request.seed,
                    "width": request.width,
                    "height": request.height,
                    "negative_prompt": request.negative,
                    "safe": "true",
                    "nologo": "true",
                },
            )
        except ProviderError as error:
            if error.status == HTTPStatus.PAYMENT_REQUIRED:
                # nothing is paid here: the queue of this address is full
                wait = _PACE if error.retry_after is None else error.retry_after
                raise replace(error, kind=FailureKind.RATE_LIMIT, retry_after=wait) from error
            raise
        if not content:
            raise ProviderError(provider=self.name, kind=FailureKind.BAD_ANSWER, bought=True)
        return Picture(
            content=content,
            media_type="image/jpeg",
            width=0,
            height=0,
            provider=self.name,
            model=self._model,
            seconds=time.perf_counter() - start,
        )

    async def close(self) -> None:
        """Close the client."""
        await self._client.aclose()
