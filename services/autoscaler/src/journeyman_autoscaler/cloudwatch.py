"""The number of waiting jobs of each queue, written to CloudWatch once a minute, on a thread of its own.

Whoever observes leaves the latest numbers; what was not written by the next minute is not written any more, for it
would be old. A queue that was told of once goes on being told of, with 0, so that alarms do not lack data.

When AWS is away: one line in the log, and the next minute again. Nothing waits for it, and nothing is kept for it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from threading import Event, Lock, Thread

from journeyman.errors import JourneymanError
from journeyman.settings import Settings
from journeyman_autoscaler.cloud import CountedCalls

EVERY_S = 60.0
#: The first numbers are written as soon as there are any.
LOOK_S = 1.0
#: What PutMetricData takes at once.
VALUES_AT_ONCE = 1_000
#: Queues that are told of. Each is a metric that somebody pays for; the deepest come first.
QUEUES_MOST = 500
CLOSE_S = 2.0

_log = logging.getLogger(__name__)


class PendingJobs:
    """Writes what it was told last. `tell` returns at once."""

    def __init__(self, calls: CountedCalls, settings: Settings, every_s: float = EVERY_S) -> None:
        """Start the thread."""
        self._calls = calls
        self._namespace = settings.cloudwatch_namespace
        self._metric = settings.cloudwatch_metric
        self._dimension = settings.cloudwatch_dimension
        self._every_s = every_s
        self._lock = Lock()
        self._latest: dict[str, int] | None = None
        self._queues: set[str] = set()
        self._closed = Event()
        self._failing = False
        self._thread = Thread(target=self._run, name="cloudwatch", daemon=True)
        self._thread.start()

    def tell(self, backlog: Mapping[str, int]) -> None:
        """Leave word of how many jobs wait in each queue. Queues that are not in it have none."""
        with self._lock:
            self._latest = dict(backlog)

    def close(self) -> None:
        """End the thread; a call under way is left behind."""
        self._closed.set()
        self._thread.join(CLOSE_S)
        self._calls.close()

    def _run(self) -> None:
        while not self._closed.is_set():
            with self._lock:
                latest, self._latest = self._latest, None
            values = {} if latest is None else self._values(latest)
            if values:
                self._write(values)
            self._closed.wait(self._every_s if values else LOOK_S)

    def _values(self, backlog: Mapping[str, int]) -> dict[str, int]:
        # Of a job whose submission was trimmed away, nobody knows the queue.
        deepest = sorted(filter(None, backlog), key=backlog.__getitem__, reverse=True)
        for queue in deepest[: max(0, QUEUES_MOST - len(self._queues))]:
            self._queues.add(queue)
        return {queue: backlog.get(queue, 0) for queue in sorted(self._queues)}

    def _write(self, values: Mapping[str, int]) -> None:
        data = [
            {
                "MetricName": self._metric,
                "Dimensions": [{"Name": self._dimension, "Value": queue}],
                "Value": float(count),
                "Unit": "Count",
            }
            for queue, count in values.items()
        ]
        try:
            for start in range(0, len(data), VALUES_AT_ONCE):
                self._calls(
                    "put_metric_data", Namespace=self._namespace, MetricData=data[start : start + VALUES_AT_ONCE]
                )
        except JourneymanError as error:
            if not self._failing:
                _log.warning("the number of waiting jobs could not be written to CloudWatch: %s", error)
            self._failing = True
        except Exception:  # noqa: BLE001 - a loop's runner; it is logged
            _log.exception("writing to CloudWatch failed")
        else:
            if self._failing:
                _log.info("CloudWatch answers again")
            self._failing = False


def pending_jobs(settings: Settings) -> PendingJobs | None:
    """Return who writes to CloudWatch, or nobody. Raises SettingsError where AWS could never be asked."""
    wanted = settings.cloudwatch == "on" or (settings.cloudwatch == "auto" and settings.autoscaler_provider == "ec2")
    if not wanted:
        return None
    calls = CountedCalls("cloudwatch")
    calls.check()
    return PendingJobs(calls, settings)
