"""Logs: structured events on standard error, with tokens and addresses of files redacted."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal

import structlog

_SECRETS = re.compile(
    r"(?:/(?:file/)?bot)?\b\d{5,}:[A-Za-z0-9_-]{20,}"  # a bot token, alone or in an address
    r"|\b(?:sk|pk)[-_][A-Za-z0-9_-]{12,}"
    r"|(?i:bearer\s+)[A-Za-z0-9._~+/-]{8,}"
    r"|(?i:(?<=[?&])(?:key|token|api_key)=)[^&\s]+"
)


def redact(text: str) -> str:
    """Every token, key and bearer word replaced by «secret»."""
    return _SECRETS.sub("«secret»", text)


def _redact_event(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any] | str:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


class _RedactingFormatter(logging.Formatter):
    """The last gate: whatever a formatter made of a record leaves without secrets."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return redact(self._inner.format(record))


def configure_logs(*, style: Literal["console", "json"], level: str) -> None:
    """Send all logs, ours and the libraries', to standard error in one format."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if style == "json":
        shared.append(structlog.processors.format_exc_info)
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _RedactingFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=shared,
                processors=[
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _redact_event,
                    renderer,
                ],
            )
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    noisy = ("httpx", "httpx2", "httpcore", "httpcore2", "telegram.ext", "ddgs", "primp", "alembic")
    for name in (*noisy, "matplotlib", "PIL", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
