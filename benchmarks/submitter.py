"""Writes jobs straight to the log, as the client library in the same network would."""

from __future__ import annotations

import json
import time

from benchmarks.system import System
from journeyman.admission import admit
from journeyman.clock import ServerClock
from journeyman.events import JobSubmitted, QueuePaused, QueueResumed
from journeyman.ids import IdMaker
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Gate, Proposal

#: 100 bytes of JSON.
PAYLOAD = json.dumps({"echo": "x" * 88})
CHUNK = 500


class Submitter:
    """One writer, with a name of its own."""

    def __init__(self, system: System, log: RedisLog | None = None) -> None:
        """Write to one log: by default to that of the system's first partition."""
        self._log = log or system.log
        self._ids = IdMaker(self._log.partition)
        self._clock = ServerClock(self._log.now_ms())
        self._number = 0
        self._bits = time.time_ns()

    def submit(self, count: int, kind: str = "synthetic", payload: str = PAYLOAD) -> list[str]:
        """Submit `count` jobs in commits of `CHUNK`; return their ids."""
        made: list[str] = []
        for first in range(0, count, CHUNK):
            now_ms = self._clock.now_ms()
            job_ids = self._ids.make_many(now_ms, self._bits, min(CHUNK, count - first))
            jobs = [JobSubmitted(job_id, kind, payload=payload, released=True) for job_id in job_ids]
            self.propose(admit(jobs, now_ms))
            made += job_ids
        return made

    def pause(self, queue: str = "default") -> None:
        """Shut a queue."""
        self.propose(Proposal((QueuePaused(queue),), None, (Gate(queue, open=False),)))

    def resume(self, queue: str = "default") -> None:
        """Open a queue again, which wakes its workers."""
        self.propose(Proposal((QueueResumed(queue),), None, (Gate(queue, open=True),)))

    def propose(self, proposal: Proposal) -> None:
        """Append one proposal."""
        self._number += 1
        appended = self._log.append([proposal], caller=f"bench-{self._bits}", number=self._number)
        self._clock.calibrate(appended.now_ms)
