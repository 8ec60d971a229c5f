"""Metrics of the log's servers, as ingest found them when it looked last: memory, open jobs, whether they answer."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from journeyman.exposition import Family
from journeyman_ingest.partitions import Partition
from journeyman_ingest.pressure import Pressure

_LABELS = ("partition",)
_USED = Family("journeyman_server_used_memory_bytes", "gauge", "Memory the partition's server uses.", _LABELS)
_MAX = Family("journeyman_server_max_memory_bytes", "gauge", "Its `maxmemory`; 0: no limit.", _LABELS)
_OPEN = Family("journeyman_open_jobs", "gauge", "Jobs of the partition that have not ended.", _LABELS)
_ANSWERS = Family("journeyman_server_available", "gauge", "1 while it can take jobs as durably as promised.", _LABELS)
_READY = Family("journeyman_ingest_ready", "gauge", "1 while this process can append to every partition.")
_HEADROOM = Family(
    "journeyman_ingest_memory_headroom_ratio", "gauge", "Share of `maxmemory` above which new jobs are refused."
)
_WAITING = Family("journeyman_ingest_waiting_requests", "gauge", "Requests that wait to be written.")


class ServerFigures(Collector):
    """Tells what the last look at every partition found."""

    families = (_USED, _MAX, _OPEN, _ANSWERS, _READY, _HEADROOM, _WAITING)

    def __init__(self, partitions: Iterable[Partition], pressure: Pressure, headroom: float) -> None:
        self._partitions = tuple(partitions)
        self._pressure = pressure
        self._headroom = headroom

    def collect(self) -> Iterable[Metric]:
        """Return the figures of the last look."""
        known = [((str(one.number),), one.gauge.health) for one in self._partitions]
        found = [(labels, health) for labels, health in known if health is not None]
        yield _USED.gauge((labels, health.used_memory) for labels, health in found)
        yield _MAX.gauge((labels, health.maxmemory) for labels, health in found)
        yield _OPEN.gauge((labels, health.open_jobs) for labels, health in found)
        yield _ANSWERS.gauge(((str(one.number),), one.gauge.readiness()[0]) for one in self._partitions)
        yield _READY.gauge([((), self._pressure.readiness()[0])])
        yield _HEADROOM.gauge([((), self._headroom)])
        yield _WAITING.gauge([((), sum(one.commits.waiting for one in self._partitions))])
