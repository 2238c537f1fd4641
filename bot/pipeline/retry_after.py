"""For how long does an answer ask to be left alone?"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST = 3600.0
"""Seconds that a date may be away by a clock that is not its server's: ours may be wrong."""


def retry_after(headers: Mapping[str, str], *, now: Callable[[], float] = time.time) -> float | None:
    """Seconds that the headers name, as a number or as a date, if they do.

    A date is held against the server's own clock where the answer tells it, else against `now`
    (UTC seconds), by which a moment that is over says nothing.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
        return max(0.0, seconds) if math.isfinite(seconds) else None
    until, there = _moment(headers.get("retry-after")), _moment(headers.get("date"))
    if until is None:
        return None
    if there is not None:
        return max(0.0, (until - there).total_seconds())
    seconds = until.timestamp() - now()
    return min(seconds, _LONGEST) if seconds > 0 else None


def _moment(value: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value or "")
    except ValueError:
        return None
    # HTTP's dates are GMT, also where one does not say so
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
