"""What Prometheus is told: requests counted, and the read model's figures read at the moment of the scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from journeyman_dashboard.reach import Reach

#: Methods counted by name; clients may send any word.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The metrics of one read model, in a registry of their own."""

    def __init__(self, path: Path, reach: Reach, streams: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self.registry.register(_ReadModel(path, reach, streams))
        self._requests = Counter(
            "journeyman_dashboard_requests",
            "Requests answered, by method, route and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )

    def answered(self, method: str, route: str, status: int) -> None:
        """Count one answer."""
        self._requests.labels(method if method in METHODS else "other", route, str(status)).inc()


class _ReadModel(Collector):
    def __init__(self, path: Path, reach: Reach, streams: Callable[[], int]) -> None:
        self._path = path
        self._reach = reach
        self._streams = streams

    def collect(self) -> Iterable[Metric]:
        """Return the figures of the moment."""
        files = (self._path.with_name(self._path.name + suffix) for suffix in ("", "-wal"))
        size = sum(file.stat().st_size for file in files if file.exists())
        ready, _ = self._reach.ready()
        prefix = "journeyman_dashboard_"
        yield CounterMetricFamily(
            prefix + "projected_events", "Events put into the read model by this process.", self._reach.projected
        )
        yield CounterMetricFamily(
            prefix + "quarantined_events", "Events put aside by this process.", self._reach.quarantined
        )
        yield GaugeMetricFamily(prefix + "lag_seconds", "How far behind the log.", self._reach.lag_ms() / 1000)
        yield GaugeMetricFamily(prefix + "ready", "1 while it follows the log.", float(ready))
        yield GaugeMetricFamily(prefix + "database_bytes", "Size of the read model's file and its log.", size)
        yield GaugeMetricFamily(prefix + "streams", "Open event streams.", self._streams())
