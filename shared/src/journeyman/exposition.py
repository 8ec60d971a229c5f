"""What every service's `/metrics` has in common: the text, which build it is, and what a metric is called and means.

A metric whose figures are read at the moment of the scrape is described by a `Family`, beside the collector that reads
them; `described` lists these and the counters and gauges of a registry alike, for the page in the documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Gauge,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from journeyman import __version__
from journeyman.cloud_calls import CLOUD_CALLS
from journeyman.tracing.conventions import LABEL_SERVICE, LABEL_VERSION

BUILD_INFO = "journeyman_build_info"
#: Methods of requests that are counted by name; clients may send any word.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Family(NamedTuple):
    """A metric: its name as it is scraped (counters end in `_total`), its type, what it says, and its labels."""

    name: str
    kind: str
    what: str
    labels: tuple[str, ...] = ()

    def gauge(self, samples: Iterable[tuple[Sequence[str], float]]) -> GaugeMetricFamily:
        """Return the metric with these values, each with those of its labels."""
        metric = GaugeMetricFamily(self.name, self.what, labels=self.labels)
        for labels, value in samples:
            metric.add_metric(labels, value)
        return metric

    def counter(self, samples: Iterable[tuple[Sequence[str], float]]) -> CounterMetricFamily:
        """Return the metric with these values, each with those of its labels."""
        metric = CounterMetricFamily(self.name, self.what, labels=self.labels)
        for labels, value in samples:
            metric.add_metric(labels, value)
        return metric

    def histogram(self) -> HistogramMetricFamily:
        """Return the metric, empty."""
        return HistogramMetricFamily(self.name, self.what, labels=self.labels)


@runtime_checkable
class ReadsFigures(Protocol):
    """A collector that reads its figures when it is asked."""

    families: tuple[Family, ...]


def tell_build(service: str, registry: CollectorRegistry = REGISTRY) -> None:
    """Have a registry say which service this is, of which version, and how its calls of a cloud end."""
    disable_created_metrics()  # type: ignore[no-untyped-call]
    what = "1, with the service and its version."
    Gauge(BUILD_INFO, what, (LABEL_SERVICE, LABEL_VERSION), registry=registry).labels(service, __version__).set(1)
    registry.register(CLOUD_CALLS)


def own_registry(service: str) -> CollectorRegistry:
    """Return a registry of one server in this process, with what every service tells: two in one test do not add up."""
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    tell_build(service, registry)
    return registry


def method_label(method: str) -> str:
    """Return by which name requests of a method are counted."""
    return method if method in _METHODS else "other"


def exposed(registry: Collector, accept: str) -> tuple[bytes, str]:
    """Return a registry's metrics and their content type: OpenMetrics where `accept` names it, else plain text."""
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


def described(things: Iterable[object]) -> list[Family]:
    """Return the metrics of Journeyman's own that those of these things tell that are collectors, by name."""
    found: dict[str, Family] = {}
    for thing in things:
        families = thing.families if isinstance(thing, ReadsFigures) else _of_instrument(thing)
        found.update({family.name: family for family in families})
    return [found[name] for name in sorted(found)]


def _of_instrument(thing: object) -> Iterable[Family]:
    if isinstance(thing, MetricWrapperBase):
        labels = tuple(thing._labelnames)
        for metric in thing.describe():
            yield Family(_scraped(metric), metric.type, metric.documentation, labels)


def _scraped(metric: Metric) -> str:
    return f"{metric.name}_total" if metric.type == "counter" else metric.name
