"""How long does a provider take for a picture? Always the same, or with a long tail."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Protocol

from bot.pipeline.errors import BadSettings

_P95 = 1.6448536269514722
"""Standard deviations between the median and the 95th percentile of a normal distribution."""


class Latency(Protocol):
    """Seconds of one picture."""

    @property
    def mean(self) -> float: ...

    def sample(self, rng: random.Random) -> float: ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always so many seconds."""

    seconds: float

    @property
    def mean(self) -> float:
        return self.seconds

    def sample(self, rng: random.Random) -> float:  # noqa: ARG002 - as the protocol has it
        return self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class LogNormal:
    """Half of the pictures take less than `median`, one in twenty more than `p95`."""

    median: float
    p95: float

    @property
    def _sigma(self) -> float:
        return math.log(self.p95 / self.median) / _P95

    @property
    def mean(self) -> float:
        return self.median * math.exp(self._sigma**2 / 2)

    def sample(self, rng: random.Random) -> float:
        return rng.lognormvariate(math.log(self.median), self._sigma)


def parse_latency(text: str) -> Latency:
    """`15` is always 15 s; `12,40` is a median of 12 s and a 95th percentile of 40 s. Raises BadSettings."""
    try:
        figures = [float(part) for part in text.split(",")]
    except ValueError:
        figures = []
    match figures:
        case [seconds] if 0 < seconds < math.inf:
            return Fixed(seconds)
        case [median, p95] if 0 < median < p95 < math.inf:
            return LogNormal(median=median, p95=p95)
    raise BadSettings(problems=(("--latency", "seconds, such as 15, or median,p95, such as 12,40"),))


def slowest(latency: Latency, views: float) -> float:
    """The mean of the slowest of so many pictures asked for at once, from a thousand tries."""
    rng, count = random.Random(1), max(1, round(views))
    tries = 1 if isinstance(latency, Fixed) else 1000
    return sum(max(latency.sample(rng) for _ in range(count)) for _ in range(tries)) / tries
