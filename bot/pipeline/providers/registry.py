"""Which providers are there, and how is each made from its keys?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.pipeline.ports import Capabilities, Provider
from bot.pipeline.providers.presets import Overrides, preset_for

POLLINATIONS = "https://gen.pollinations.ai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Keys, addresses and models, as the operator set them."""

    openai_key: str | None = None
    openai_url: str | None = None
    openai_model: str = ""
    openai_overrides: Overrides = field(default_factory=Overrides)
    openai_seconds: float = 240.0
    pollinations_key: str | None = None
    pollinations_url: str | None = None
    pollinations_model: str = ""
    pollinations_overrides: Overrides = field(default_factory=Overrides)


def _openai(keys: Keys, _studio: Provider) -> Provider:
    # here and not above: the SDK takes a second to load, and the studio draws without it
    from bot.pipeline.providers.openai import OpenAIProvider  # noqa: PLC0415

    # servers of one's own often want no key, but the SDK does
    return OpenAIProvider(
        api_key=keys.openai_key or "none",
        base_url=keys.openai_url,
        model=keys.openai_model,
        preset=preset_for("openai", keys.openai_model, keys.openai_overrides),
        timeout=keys.openai_seconds,
    )


def _pollinations(keys: Keys, _studio: Provider) -> Provider:
    """With a key through its own OpenAI-compatible address, else the old open host."""
    if keys.pollinations_key is None:
        from bot.pipeline.providers.pollinations import OpenPollinations  # noqa: PLC0415 - as above

        return OpenPollinations(base_url=keys.pollinations_url)
    from bot.pipeline.providers.openai import OpenAIProvider  # noqa: PLC0415 - as above

    return OpenAIProvider(
        name="pollinations",
        api_key=keys.pollinations_key,
        base_url=f"{keys.pollinations_url or POLLINATIONS}/v1",
        model=keys.pollinations_model,
        preset=preset_for("pollinations", keys.pollinations_model, keys.pollinations_overrides),
    )


def _studio(_keys: Keys, studio: Provider) -> Provider:
    return studio


_REGISTRY: Mapping[str, Callable[[Keys, Provider], Provider]] = MappingProxyType(
    {"openai": _openai, "pollinations": _pollinations, "studio": _studio}
)


def takes_of(name: str, keys: Keys) -> Capabilities:
    """What the named provider would take, without opening it."""
    if name == "openai":
        return preset_for(name, keys.openai_model, keys.openai_overrides).capabilities(keys.openai_model)
    if name == "pollinations" and keys.pollinations_key is not None:
        model = keys.pollinations_model
        return preset_for(name, model, keys.pollinations_overrides).capabilities(model)
    if name == "pollinations":
        from bot.pipeline.providers.pollinations import open_capabilities  # noqa: PLC0415 - as above

        return open_capabilities()
    from bot.pipeline.providers.studio import StudioProvider  # noqa: PLC0415 - as above

    # no process of it is started before it draws
    return StudioProvider().capabilities


def build_providers(order: Sequence[str], *, keys: Keys, studio: Provider) -> tuple[Provider, ...]:
    """The named providers in that order; `studio` is the one that also makes the guides.

    Raises KeyError for a name that is not registered.
    """
    return tuple(_REGISTRY[name](keys, studio) for name in order)
