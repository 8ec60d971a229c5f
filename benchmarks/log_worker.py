"""A worker without a process: what one says to the log, and nothing more."""

from __future__ import annotations

import itertools

from benchmarks.submitter import Submitter
from journeyman.events import JobSucceeded, WorkerJoined, WorkerLeft
from journeyman.log.api import EVERY_QUEUE, Outcome
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Join, Leave, Proposal

QUEUES = (EVERY_QUEUE,)
TYPES = ("synthetic",)


class LogWorker:
    """Joins at once; serves every queue and knows the no-op job."""

    def __init__(self, log: RedisLog, submitter: Submitter, worker: str) -> None:
        self.worker = worker
        self._log = log
        self._submitter = submitter
        self._claims = itertools.count(1)
        self._finishes = itertools.count(1)
        #: The server's time at the last claim.
        self.now_ms = 0
        joined = WorkerJoined(worker, "localhost", 1, "bench", QUEUES, TYPES, 1)
        submitter.propose(Proposal((joined,), None, (Join(worker, QUEUES, TYPES),)))

    def claim(self) -> str | None:
        """Claim one job; return its id, None where none waits."""
        claimed = self._log.claim(self.worker, next(self._claims), 1, queues=QUEUES, types=TYPES)
        self.now_ms = claimed.now_ms
        return claimed.jobs[0].body.job_id if claimed.jobs else None

    def finish(self, job_id: str) -> None:
        """Say that the job claimed last succeeded."""
        self._log.finish(self.worker, next(self._finishes), [Outcome(JobSucceeded(job_id, 1, self.worker))])

    def beat(self) -> int:
        """Say that the worker lives; return the server's time."""
        beaten = self._log.beat(self.worker, {"running": [], "rss_bytes": 0, "cpu_percent": 0.0})
        return beaten.now_ms

    def leave(self) -> None:
        """Say good-bye."""
        self._submitter.propose(Proposal((WorkerLeft(self.worker),), None, (Leave(self.worker),)))
