"""One line a failed attempt, and no flood: beyond a few in a second they are counted, not written."""

from __future__ import annotations

import logging
import threading

from journeyman.events import JobFailed
from journeyman_worker.clock import monotonic_ms
from journeyman_worker.job_lines import fields_of
from journeyman_worker.outcomes import Ended
from journeyman_worker.runner.attempt import Attempt

_log = logging.getLogger("journeyman_worker.jobs")

LINES_PER_SECOND = 10


class FailureLines:
    """Writes the lines of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._second_ms = 0.0
        self._written = 0
        self._kept_back = 0

    def write(self, attempt: Attempt, event: Ended | None) -> None:
        """Write that an attempt failed, if it did."""
        if not isinstance(event, JobFailed):
            return
        with self._lock:
            kept_back = self._turn(monotonic_ms())
            if self._written >= LINES_PER_SECOND:
                self._kept_back += 1
                return
            self._written += 1
        if kept_back:
            _log.warning("%d more attempts failed in the meantime", kept_back)
        words = event.error.message.splitlines()[0][:200] if event.error.message else ""
        _log.warning(
            "%s %s failed: %s: %s",
            attempt.job.body.type,
            attempt.token,
            event.error.type,
            words,
            extra=fields_of(attempt),
        )

    def _turn(self, now: float) -> int:
        if now - self._second_ms < 1_000:
            return 0
        self._second_ms, self._written = now, 0
        kept_back, self._kept_back = self._kept_back, 0
        return kept_back
