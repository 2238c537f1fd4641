"""How do spans reach a collector? The only file that knows OpenTelemetry, and only where it is asked to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from bot.pipeline.errors import RakursError
from bot.pipeline.tracing import Fact

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

log = structlog.get_logger(__name__)


class Spans:
    """Implements the pipeline's Tracer. Made by `open_spans` or, in tests, around another processor."""

    def __init__(self, processor: SpanProcessor, *, version: str) -> None:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an optional package
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above

        resource = Resource.create({"service.name": "rakurs", "service.version": version})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("rakurs", version)

    @contextmanager
    def span(self, name: str, **facts: Fact) -> Iterator[None]:
        """See Tracer. Of an error its class and kind are told, not its words."""
        from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415 - an optional package

        with self._tracer.start_as_current_span(
            name, attributes=_named(facts), record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException as error:
                span.set_attribute("error.type", _kind(error))
                span.set_status(Status(StatusCode.ERROR))
                raise

    def past(self, name: str, seconds: float, **facts: Fact) -> None:
        """See Tracer."""
        now = time.time_ns()
        began = now - round(seconds * 1e9)
        self._tracer.start_span(name, start_time=began, attributes=_named(facts)).end(now)

    def close(self) -> None:
        """Send what is left. Blocks for as long as the exporter's time limit."""
        self._provider.shutdown()


def open_spans(endpoint: str, *, version: str) -> Spans | None:
    """Spans over OTLP/HTTP to that collector; None, and a warning, where the package is not there."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - optional
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above
    except ImportError:
        log.warning("telemetry.not_installed", extra="telemetry")
        return None
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=5)
    return Spans(BatchSpanProcessor(exporter, schedule_delay_millis=2000), version=version)


def _named(facts: dict[str, Fact]) -> dict[str, Fact]:
    return {f"rakurs.{name}": value for name, value in facts.items()}


def _kind(error: BaseException) -> str:
    kind = getattr(error, "kind", None) if isinstance(error, RakursError) else None
    return f"{type(error).__name__}.{kind}" if kind else type(error).__name__
