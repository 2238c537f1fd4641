"""Logs: structured events on standard error, without secrets and without people's words."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Collection, Mapping, MutableMapping
from types import TracebackType
from typing import Any, Literal

import structlog

from bot.redaction import Redactor, trace

_OURS = ("bot", "storage")


class _RedactingFormatter(logging.Formatter):
    """The last gate: whatever a formatter made of a record leaves without secrets."""

    def __init__(self, inner: logging.Formatter, redact: Redactor) -> None:
        super().__init__()
        self._inner = inner
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        return self._redact(self._inner.format(record))


def _without_secrets(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    redact = Redactor(())
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def leave_logs_to_the_caller() -> None:
    """In another program: events become records of the standard library's loggers, named as our modules.

    Nothing changes where structlog was configured, by us or by that program.
    """
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.processors.ExceptionRenderer(trace),
            _without_secrets,
            structlog.stdlib.render_to_log_kwargs,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def configure_logs(*, style: Literal["console", "json"], level: str, secrets: Collection[str] = ()) -> None:
    """Send all logs, ours and the libraries', to standard error in one format.

    `level` is for our own; libraries write at DEBUG and INFO what people said, so of them only
    warnings are heard. `secrets` are taken out wherever they stand.
    """
    redact = Redactor(secrets)
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(trace),
    ]
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
    handler.setFormatter(_formatter(style, shared, redact))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    # what cannot be formatted is not printed with its arguments, and warnings come the same way
    logging.raiseExceptions = False
    logging.captureWarnings(capture=True)
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed


def _formatter(style: str, shared: list[structlog.types.Processor], redact: Redactor) -> logging.Formatter:
    def redact_event(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}

    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    inner = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact_event, renderer],
    )
    return _RedactingFormatter(inner, redact)


def _crashed(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    """The end of the process by an error that nobody caught."""
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger(__name__).critical("process.crashed", exc_info=(kind, error, where))


def _thread_crashed(args: threading.ExceptHookArgs) -> None:
    name = args.thread.name if args.thread else "?"
    structlog.get_logger(__name__).error("thread.crashed", thread=name, exc_info=args.exc_value)
