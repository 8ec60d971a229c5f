"""What Prometheus is told: requests counted, and the read model's figures read at the moment of the scrape.

What counts since the log's beginning is left out until the read model has caught up, once, after it was begun or made
anew: a counter that is counted up again from the log would look like so many new jobs. Where the figures cannot be read
in time, they are left out, and the rest is told.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from prometheus_client import Counter
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from journeyman.exposition import Family, exposed, method_label, own_registry
from journeyman_dashboard.exemplars import Exemplars
from journeyman_dashboard.job_metrics import COUNTING, STANDING, counting, standing
from journeyman_dashboard.queries.figures import Figures, read_figures
from journeyman_dashboard.queries.remembered import RememberedSets
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.reading import TooSlowError, time_limit
from journeyman_dashboard.schema import open_for_reading

#: How long the figures may take to read: well within the ten seconds that Prometheus waits.
READ_LIMIT_S = 5.0
#: A read model this close behind the log has caught up.
CAUGHT_UP_MS = 5_000

_PROJECTED = Family(
    "journeyman_dashboard_projected_events_total", "counter", "Events put into the read model by this process."
)
_QUARANTINED = Family("journeyman_dashboard_quarantined_events_total", "counter", "Events put aside by this process.")
_LAG = Family("journeyman_dashboard_lag_seconds", "gauge", "How far behind the log the read model is.")
_READY = Family("journeyman_dashboard_ready", "gauge", "1 while the read model follows the log.")
_BYTES = Family("journeyman_dashboard_database_bytes", "gauge", "Size of the read model's file and its log.")
_STREAMS = Family("journeyman_dashboard_streams", "gauge", "Open event streams.")

_log = logging.getLogger(__name__)


class Metrics:
    """The metrics of one read model, in a registry of their own."""

    def __init__(
        self, path: Path, reach: Reach, streams: Callable[[], int], exemplars: Exemplars | None = None
    ) -> None:
        self.registry = own_registry("dashboard")
        self.registry.register(_Process(path, reach, streams))
        self.registry.register(_Jobs(path, reach, exemplars or Exemplars(None)))
        self._requests = Counter(
            "journeyman_dashboard_requests",
            "Requests answered, by method, route and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )

    def answered(self, method: str, route: str, status: int) -> None:
        """Count one answer."""
        self._requests.labels(method_label(method), route, str(status)).inc()

    def expose(self, accept: str) -> tuple[bytes, str]:
        """Return the metrics as a scraper accepts them, and their content type. Reads the file: not for the loop."""
        return exposed(self.registry, accept)


class _Process(Collector):
    """What this process knows without asking its file."""

    families = (_PROJECTED, _QUARANTINED, _LAG, _READY, _BYTES, _STREAMS)

    def __init__(self, path: Path, reach: Reach, streams: Callable[[], int]) -> None:
        self._path = path
        self._reach = reach
        self._streams = streams

    def collect(self) -> Iterable[Metric]:
        """Return the figures of the moment."""
        files = (self._path.with_name(self._path.name + suffix) for suffix in ("", "-wal"))
        size = sum(file.stat().st_size for file in files if file.exists())
        ready, _ = self._reach.ready()
        yield _PROJECTED.counter([((), self._reach.projected)])
        yield _QUARANTINED.counter([((), self._reach.quarantined)])
        yield _LAG.gauge([((), self._reach.lag_ms() / 1000)])
        yield _READY.gauge([((), float(ready))])
        yield _BYTES.gauge([((), size)])
        yield _STREAMS.gauge([((), self._streams())])


class _Jobs(Collector):
    """What the read model says of jobs, queues, workers and breakers."""

    families = (*COUNTING, *STANDING)

    def __init__(self, path: Path, reach: Reach, exemplars: Exemplars) -> None:
        self._path = path
        self._reach = reach
        self._exemplars = exemplars
        self._sets = RememberedSets()
        self._lock = threading.Lock()
        #: The read model that has caught up.
        self._born: int | None = None

    def collect(self) -> Iterable[Metric]:
        """Return the figures of the moment."""
        with self._lock:
            figures = self._read()
            if figures is None:
                return
            if figures.born != self._born and self._has_caught_up():
                self._born = figures.born
            counts = figures.born == self._born
        if counts:
            yield from counting(figures.totals, self._exemplars.of)
        yield from standing(figures, self._reach.now_ms())

    def _has_caught_up(self) -> bool:
        return self._reach.ready()[0] and self._reach.lag_ms() < CAUGHT_UP_MS

    def _read(self) -> Figures | None:
        try:
            with closing(open_for_reading(self._path)) as connection, time_limit(connection, READ_LIMIT_S):
                connection.execute("BEGIN")
                return read_figures(connection, self._reach.now_ms(), self._sets)
        except (sqlite3.Error, TooSlowError) as error:
            _log.warning("the figures of jobs are left out of the metrics: %s", error)
            return None
