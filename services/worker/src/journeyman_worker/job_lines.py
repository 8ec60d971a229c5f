"""Log lines written inside a job: they name the job, and may have a level of their own.

Which job a line belongs to is looked up when the line is written; a job that writes none pays nothing.

A job with the tag `log_level` has its lines written from that level up, whatever the setting says. While such jobs run
the root logger lets more through, and this filter drops what others say meanwhile. Loggers that were given a level of
their own keep it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

from journeyman_worker.context import current_attempt
from journeyman_worker.runner.attempt import Attempt

#: The tag that sets the level of a job's lines.
LEVEL_TAG = "log_level"
LEVELS = ("debug", "info", "warning", "error")

_log = logging.getLogger(__name__)


class JobLevels:
    """The levels of jobs that run and have one of their own, on a logger (the root)."""

    def __init__(self, root: logging.Logger) -> None:
        self.level = root.level
        self._root = root
        self._lock = threading.Lock()
        self._levels: dict[tuple[str, int], int] = {}
        self._warned = False

    def begin(self, attempt: Attempt) -> None:
        """Note that an attempt runs whose job has tags."""
        name = attempt.job.body.tags.get(LEVEL_TAG)
        if name is None:
            return
        if name not in LEVELS:
            self._warn(name)
            return
        with self._lock:
            self._levels[attempt.key] = logging.getLevelNamesMapping()[name.upper()]
            self._adjust()

    def end(self, attempt: Attempt) -> None:
        """Note that it runs no longer."""
        if attempt.key in self._levels:
            with self._lock:
                del self._levels[attempt.key]
                self._adjust()

    def of(self, attempt: Attempt | None) -> int:
        """Return the level from which lines are written inside an attempt, or outside of any."""
        return self.level if attempt is None else self._levels.get(attempt.key, self.level)

    def _adjust(self) -> None:
        self._root.setLevel(min([self.level, *self._levels.values()]))

    def _warn(self, name: str) -> None:
        with self._lock:
            warned, self._warned = self._warned, True
        if not warned:
            known = ", ".join(LEVELS)
            _log.warning("the tag %s=%.40s is ignored: it is none of %s", LEVEL_TAG, name, known)


class InJob(logging.Filter):
    """Adds to a line which job it was written in, and drops it where its level is too low there."""

    def __init__(self, levels: JobLevels) -> None:
        super().__init__()
        self._levels = levels

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the line is to be written."""
        attempt = current_attempt.get()
        if record.levelno < self._levels.of(attempt):
            return False
        if attempt is not None:
            for name, value in fields_of(attempt).items():
                record.__dict__.setdefault(name, value)
        return True


def fields_of(attempt: Attempt) -> Mapping[str, object]:
    """Return what a line written inside an attempt says of it."""
    job_id, number = attempt.key
    return {"job_id": job_id, "attempt": number, "trace_id": attempt.trace_id, "span_id": attempt.span_id}


def observe_lines() -> JobLevels:
    """Have the process's log lines name their jobs, once its logging is set up."""
    root = logging.getLogger()
    levels = JobLevels(root)
    for handler in root.handlers:
        handler.addFilter(InJob(levels))
    return levels
