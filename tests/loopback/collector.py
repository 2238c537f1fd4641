"""A collector on loopback that takes spans over OTLP/HTTP, as OpenTelemetry sends them."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.loopback.listening import Listening


@dataclass(frozen=True, slots=True)
class Seen:
    """One span: its parent's id is empty where it has none."""

    name: str
    id: bytes
    parent: bytes
    trace: bytes
    facts: dict[str, str]


@dataclass(slots=True)
class Collector(Listening):
    """`async with Collector() as collector:` on a free port of 127.0.0.1."""

    url: str = ""
    spans: list[Seen] = field(default_factory=list)
    raw: bytes = b""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=20 * 2**20)
        app.router.add_post("/v1/traces", self._take)
        self.url = await self._listen(app)
        return self

    def of(self, name: str) -> list[Seen]:
        return [span for span in self.spans if span.name == name]

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        self.raw += body
        asked: Any = ExportTraceServiceRequest.FromString(body)
        for resource in asked.resource_spans:
            for scope in resource.scope_spans:
                self.spans += [_seen(span) for span in scope.spans]
        answer: Any = ExportTraceServiceResponse()
        return web.Response(body=answer.SerializeToString(), content_type="application/x-protobuf")


def _seen(span: Any) -> Seen:
    facts = {one.key: one.value.string_value or str(one.value.int_value) for one in span.attributes}
    return Seen(span.name, span.span_id, span.parent_span_id, span.trace_id, facts)
