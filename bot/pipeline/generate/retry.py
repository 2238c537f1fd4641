"""After which failure is the same picture asked for again, and when? A pure function."""

from __future__ import annotations

from dataclasses import dataclass

from bot.pipeline.errors import FailureKind, InspectionError, ProviderError

Failure = ProviderError | InspectionError

STOPS_PROVIDER = frozenset({FailureKind.QUOTA, FailureKind.UNAUTHORIZED, FailureKind.NOT_FOUND})
"""After one of these every further call to the same provider would fail in the same way."""
STOPS_SET = STOPS_PROVIDER | {FailureKind.BUDGET, FailureKind.RESTING}
"""After one of these no further call of the same set makes sense."""
_TRIES = {
    FailureKind.SERVER: 2,
    FailureKind.UNREACHABLE: 1,
    FailureKind.BAD_ANSWER: 1,
    FailureKind.PLACEHOLDER: 1,
    FailureKind.BLANK: 1,
    FailureKind.DUPLICATE: 1,
    FailureKind.OFF_COLOR: 1,
    FailureKind.WRONG_SIZE: 1,
    FailureKind.CONTRADICTED: 1,
    FailureKind.CRASHED: 1,
    FailureKind.RATE_LIMIT: 20,
}
# Not in the table, so never tried again by itself: a timeout (the picture may have been bought), a
# refusal (the ladder of prompts is for that), a bomb, bad requests, and all that stops the provider.


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRules:
    """All in seconds.

    `base` doubles with every attempt up to `longest`; a wait that a provider names above `patience`
    is given up at once. `deadline` is for one view with all its waits and attempts, `set_deadline` for
    a whole set with all providers but the last resort, `guide_patience` for the guides of a set, from
    its start. `hedge` allows one second call a set where a provider lags.
    """

    base: float = 0.5
    longest: float = 8.0
    patience: float = 90.0
    deadline: float = 600.0
    set_deadline: float = 900.0
    hedge: bool = True
    guide_patience: float = 6.0

    def delay(self, failure: Failure, attempt: int, jitter: float) -> float | None:
        """Seconds to wait before the next attempt, or None to stop.

        `attempt` is the number of attempts that failed so far (1 after the first; rate limits are counted
        apart), `jitter` 0..1. Whoever names a wait of no time is asked as if none was named: it is busy.
        """
        if attempt > _TRIES.get(failure.kind, 0):
            return None
        named = failure.retry_after if isinstance(failure, ProviderError) else None
        if named:
            return None if named > self.patience else named
        doubled: float = min(self.longest, self.base * 2 ** (attempt - 1))
        return doubled * (0.5 + 0.5 * jitter)
