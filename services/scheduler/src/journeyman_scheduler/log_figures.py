"""Metrics of the log itself and of how far behind it the scheduler is, read from the server when they are scraped.

The log's own are told by the scheduler that leads, so that several do not add up. Where the server does not answer,
nothing is told.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import NamedTuple

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from journeyman.errors import JourneymanError
from journeyman.events import Offset
from journeyman.exposition import Family
from journeyman.log.extent import Extent, extent
from journeyman.log.redis_log import RedisLog

_BYTES = Family("journeyman_log_bytes", "gauge", "Memory of the server that the log takes. From the leader.")
_ENTRIES = Family("journeyman_log_entries", "gauge", "Entries (commits) in the log. From the leader.")
_TRIMMED = Family("journeyman_log_trimmed_total", "counter", "Entries ever trimmed from the log. From the leader.")
_LAG_SECONDS = Family(
    "journeyman_scheduler_lag_seconds", "gauge", "How much older what was last read is than the end of the log."
)
_LAG_ENTRIES = Family(
    "journeyman_scheduler_lag_entries",
    "gauge",
    "Entries at the end of the log that were not read yet. At most so many, until it has read to the end once.",
)
_SNAPSHOT_AGE = Family(
    "journeyman_scheduler_snapshot_age_seconds",
    "gauge",
    "How much of the log, in time, comes behind the last snapshot. Nothing while there is none.",
)

_log = logging.getLogger(__name__)


class Reading(NamedTuple):
    """How far a scheduler has read. term: of this reading of the log, changed where it is begun anew."""

    term: int
    offset: Offset
    entries: int
    leads: bool
    snapshot: Offset | None


class LogFigures(Collector):
    """Asks a log for its length, and compares with what was read of it."""

    families = (_BYTES, _ENTRIES, _TRIMMED, _LAG_SECONDS, _LAG_ENTRIES, _SNAPSHOT_AGE)

    def __init__(self, log: RedisLog, reading: Callable[[], Reading]) -> None:
        self._log = log
        self._reading = reading
        self._lock = threading.Lock()
        #: In which term, and how many entries the log had had that this scheduler has not read itself.
        self._unread = (-1, 0)

    def collect(self) -> Iterable[Metric]:
        """Return the figures of the moment."""
        reading = self._reading()
        try:
            found = extent(self._log)
        except JourneymanError as error:
            _log.warning("the figures of the log are left out of the metrics: %s", error)
            return
        yield _LAG_SECONDS.gauge([((), max(found.last.ms - reading.offset.ms, 0) / 1000)])
        yield _LAG_ENTRIES.gauge([((), self._behind(reading, found))])
        if reading.snapshot is not None:
            yield _SNAPSHOT_AGE.gauge([((), max(found.last.ms - reading.snapshot.ms, 0) / 1000)])
        if reading.leads:
            yield _BYTES.gauge([((), found.size)])
            yield _ENTRIES.gauge([((), found.entries)])
            yield _TRIMMED.counter([((), found.added - found.entries)])

    def _behind(self, reading: Reading, found: Extent) -> int:
        with self._lock:
            if found.last[:2] == reading.offset[:2]:
                self._unread = (reading.term, found.added - reading.entries)
                return 0
            term, unread = self._unread
            behind = found.added - reading.entries - unread if term == reading.term else found.entries
            return min(max(behind, 0), found.entries)
