"""What is simulated? People, pictures, a provider, machines and Telegram, each as plain figures."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.handlers.outbox import Limits
from bot.pipeline.ports import Capabilities
from bot.pipeline.runner import PER_OWNER, albums_at_once
from bot.pipeline.runs import UPLOADS
from bot.simulation.arrivals import Arrivals, Poisson
from bot.simulation.latency import Fixed, Latency


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """A provider: how long a picture takes, how many it makes at once and a minute, what one costs.

    `at_once`, `per_minute` and `pace`, the seconds between two beginnings, hold for all workers together;
    `per_minute` None is no limit.
    """

    latency: Latency
    at_once: int
    per_minute: int | None = None
    pace: float = 0.0
    price: float = 0.0


def maker_of(takes: Capabilities) -> Maker:
    """The provider that the bot knows by these figures."""
    return Maker(
        latency=Fixed(takes.seconds),
        at_once=takes.concurrency,
        per_minute=takes.per_minute,
        pace=takes.pace,
        price=takes.price,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The machines. `at_once` None is as many albums as the bot takes by itself for such a provider.

    `loop` is what a picture costs the one event loop of a worker, in seconds, and `cpu`
    what it costs its other threads.

    `search` is how long an album waits for its research before the first picture is asked for.
    """

    workers: int = 1
    at_once: int | None = None
    per_owner: int = PER_OWNER
    cores: int = 2
    loop: float = 0.025
    cpu: float = 0.025
    search: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """One bot token: messages a second (an album counts its pictures), uploads at once, seconds of one."""

    limits: Limits = field(default_factory=Limits)
    uploads: int = UPLOADS
    upload: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run. The same plan gives the same outcome."""

    maker: Maker
    arrivals: Arrivals = field(default_factory=lambda: Poisson(per_minute=2.0, hours=1.0))
    people: int = 1000
    views: int = 5
    fleet: Fleet = field(default_factory=Fleet)
    telegram: Telegram = field(default_factory=Telegram)
    seed: int = 1

    @property
    def albums_at_once(self) -> int:
        """How many albums one worker draws at a time."""
        return self.fleet.at_once or albums_at_once(self.maker.at_once)
