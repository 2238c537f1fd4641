"""Whom do the settings name as providers, and what does the first of them take? Told without opening it."""

from __future__ import annotations

from bot.config import Settings, plain
from bot.pipeline.ports import Capabilities
from bot.pipeline.providers.presets import Overrides
from bot.pipeline.providers.registry import Keys, takes_of


def keys_of(settings: Settings) -> Keys:
    """Keys, addresses and models of all providers."""
    return Keys(
        openai_key=plain(settings.openai_api_key),
        openai_url=settings.openai_base_url,
        openai_model=settings.openai_image_model,
        openai_overrides=Overrides(
            edits=settings.openai_image_edits,
            references=settings.openai_image_references,
            seed=settings.openai_image_seed,
            sentences=None if settings.openai_image_words is None else settings.openai_image_words != "tags",
            size=settings.openai_image_size,
            quality=settings.openai_image_quality,
            concurrency=settings.openai_image_concurrency,
            per_minute=settings.openai_image_per_minute,
            price=settings.openai_image_price,
        ),
        openai_seconds=settings.openai_image_seconds,
        pollinations_key=plain(settings.pollinations_api_key),
        pollinations_url=settings.pollinations_base_url,
        pollinations_model=settings.pollinations_image_model,
        pollinations_overrides=Overrides(
            size=settings.pollinations_image_size,
            quality=settings.pollinations_image_quality,
            concurrency=settings.pollinations_image_concurrency,
            per_minute=settings.pollinations_per_minute,
            price=settings.pollinations_image_price,
        ),
    )


def first_takes(settings: Settings) -> Capabilities:
    """What the provider takes that is asked first."""
    return takes_of(settings.provider_order[0], keys_of(settings))
