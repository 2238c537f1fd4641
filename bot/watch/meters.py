"""What is counted, and under which names? Every instrument that /metrics shows, in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_SECONDS = (0.5, 1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 135, 200, 300, 600)
"""From a picture out of the cache to a long queue before a slow provider, each half as long again."""


class Meters:
    """Labels hold names of providers, angles' outcomes and Telegram's methods: few values, and no people."""

    def __init__(self) -> None:
        # a registry of its own, so that two bots in one process do not collide
        self.registry = CollectorRegistry()
        disable_created_metrics()  # type: ignore[no-untyped-call] # the library has no types for it
        ProcessCollector(registry=self.registry)
        self.build = Info("rakurs_build", "Versions of what runs", registry=self.registry)
        self.albums = self._counter("albums", "Albums by how they ended", "outcome")
        self.pictures = self._counter("pictures", "Calls for pictures by what came", "provider", "outcome")
        self.cost = self._counter(
            "cost_usd", "USD that providers charged for pictures, and vision for looks at them", "provider"
        )
        self.picture_seconds = self._seconds(
            "picture_seconds", "From a picture's call to its last byte", "provider"
        )
        self.first_seconds = self._seconds("first_picture_seconds", "From acceptance to the first picture")
        self.album_seconds = self._seconds("album_seconds", "From acceptance to the album's arrival")
        self.upload_seconds = self._seconds("upload_seconds", "From the album's turn to Telegram's answer")
        self.calls = self._counter("telegram_calls", "Calls of the Bot API", "method", "outcome")
        self.waits = self._counter("telegram_retry_after", "Times that Telegram asked to wait", "method")
        self.jobs = self._counter("job_runs", "Runs of scheduled jobs", "job", "outcome")

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"rakurs_{name}", words, labels, registry=self.registry)

    def _seconds(self, name: str, words: str, *labels: str) -> Histogram:
        return Histogram(f"rakurs_{name}", words, labels, buckets=_SECONDS, registry=self.registry)

    def gauge(self, name: str, words: str, read: Callable[[], float]) -> None:
        """One number that is read whenever somebody asks."""
        Gauge(f"rakurs_{name}", words, registry=self.registry).set_function(read)

    def table(self, name: str, words: str, label: str, read: Callable[[], Mapping[str, float]]) -> None:
        """Gauges by one label, read whenever somebody asks."""
        self.registry.register(_Table(f"rakurs_{name}", words, label, read, GaugeMetricFamily))

    def sums(self, name: str, words: str, label: str, read: Callable[[], Mapping[str, float]]) -> None:
        """Sums that others count, by one label."""
        self.registry.register(_Table(f"rakurs_{name}", words, label, read, CounterMetricFamily))


@dataclass(frozen=True, slots=True)
class _Table(Collector):
    name: str
    words: str
    label: str
    read: Callable[[], Mapping[str, float]]
    family: type[GaugeMetricFamily | CounterMetricFamily]

    def collect(self) -> Iterable[Metric]:
        family = self.family(self.name, self.words, labels=[self.label])
        for key, value in self.read().items():
            family.add_metric([key], value)
        yield family

    def describe(self) -> Iterable[Metric]:
        """The name alone: nothing is read when it is registered."""
        return [self.family(self.name, self.words, labels=[self.label])]
