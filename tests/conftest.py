"""Logs of the tests: plain tracebacks, for pretty ones take seconds where exceptions are many."""

from __future__ import annotations

import structlog

structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback, pad_event_to=30
        ),
    ]
)
