"""Pictures from Pollinations: its keyed API, or the old open host, one picture at a time."""

from __future__ import annotations

import time
from urllib.parse import quote

import httpx

from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.model import Angle, Picture, PictureRequest, Strength
from bot.pipeline.ports import Capabilities
from bot.pipeline.providers.http import fetch

NAME = "pollinations"
KEYED = "https://gen.pollinations.ai"
OPEN = "https://image.pollinations.ai"
_OPEN_PACE = 45.0
"""Seconds between two requests that the open host allows an address."""
_LONGEST_PROMPT = 1_800
"""Characters of a prompt: it travels in the address."""
_WITH_KEY = Capabilities(
    strength=Strength.SEEDS,
    concurrency=6,
    seconds=10.0,
    takes_seed=True,
    instructions=False,
    width=1536,
    height=1024,
)
_WITHOUT_KEY = Capabilities(
    strength=Strength.SEEDS,
    concurrency=1,
    seconds=_OPEN_PACE,
    pace=_OPEN_PACE,
    takes_seed=True,
    instructions=False,
    width=1024,
    height=768,
)


class PollinationsProvider:
    """A Provider. Without a key the open host is asked, which bears one picture in a while."""

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str | None,
        model: str = "flux",
        timeout: float = 180.0,
    ) -> None:
        self.name = NAME
        self.capabilities = _WITH_KEY if api_key else _WITHOUT_KEY
        self._root = base_url or (KEYED if api_key else OPEN)
        self._path = "image" if api_key else "prompt"
        self._model = model
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout, connect=15), headers=headers, follow_redirects=True
        )

    def draws(self, angle: Angle) -> bool:  # noqa: ARG002 - the port's signature
        """Every angle of the catalogue."""
        return True

    async def draw(self, request: PictureRequest) -> Picture:
        """One picture by one call; raises ProviderError."""
        prompt = quote(request.prompt[:_LONGEST_PROMPT], safe="")
        start = time.perf_counter()
        content = await fetch(
            self._client,
            f"{self._root}/{self._path}/{prompt}",
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
