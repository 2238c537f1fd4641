"""How many pictures a minute may begin? As many as were set; after "too many" as many as went through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.pipeline.ports import MINUTE

_LEAST = 0.25
"""Of what was set: below that a provider's own waits are enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most `most` pictures begin within any `seconds`. `allowed` is how many do at present."""

    most: int
    seconds: float = MINUTE

    def wait(self, starts: Sequence[float], *, allowed: float, now: float) -> float:
        """Seconds until one more may begin; `starts` in order, none older than `seconds`."""
        over = len(starts) - int(allowed)
        return 0.0 if over < 0 else max(0.0, starts[over] + self.seconds - now)

    def slowed(self, allowed: float, *, went: int) -> float:
        """After "too many", when `went` of those that began within `seconds` were not refused."""
        return max(1.0, _LEAST * self.most, min(allowed, went))

    def recovered(self, allowed: float) -> float:
        """After a picture: about one more each time that `seconds` pass."""
        return min(float(self.most), allowed + 1 / allowed)
