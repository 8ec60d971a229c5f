"""What Prometheus is told of the traces that this replica sends."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from journeyman.exposition import Family
from journeyman_dashboard.tracing.handing import Figures

_SENT = Family("journeyman_dashboard_traces_sent_total", "counter", "Jobs whose spans this process has sent.")
_LEFT_OUT = Family(
    "journeyman_dashboard_traces_left_out_total",
    "counter",
    "Sampled jobs whose spans were not sent: the collector was away for too long, or refused them.",
)
_WAITING = Family("journeyman_dashboard_traces_waiting", "gauge", "Sampled jobs that have ended and are to be sent.")


class TraceMetrics(Collector):
    """Tells the figures of a trace projector."""

    families = (_SENT, _LEFT_OUT, _WAITING)

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        """Return the figures of the moment."""
        yield _SENT.counter([((), self._figures.sent)])
        yield _LEFT_OUT.counter([((), self._figures.left_out)])
        yield _WAITING.gauge([((), self._figures.waiting)])
