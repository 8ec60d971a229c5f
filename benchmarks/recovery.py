"""How soon everything is done after the only worker was killed."""

from __future__ import annotations

import json
import time

from benchmarks.measures import Goal, Options, Row
from benchmarks.submitter import Submitter
from benchmarks.system import System

JOBS = 200
SLEEP_MS = 200


def kill_worker(_options: Options) -> list[Row]:
    """Kill a worker with SIGKILL in the midst of 200 jobs of 0.2 s, start another, and wait until all are done."""
    with System() as system:
        system.start_workers(1)
        submitter = Submitter(system)
        submitter.submit(JOBS, payload=json.dumps({"sleep_ms": SLEEP_MS}))
        system.wait_open_at_most(JOBS * 3 // 4)
        system.stop("worker-0", kill=True)
        started = time.perf_counter()
        system.start("worker-1", "journeyman_worker", "--threads", "8")
        system.wait_empty()
        seconds = time.perf_counter() - started
    measure = f"worker killed amid {JOBS} jobs of {SLEEP_MS} ms: all done after the next one's start"
    return [Row(measure, seconds, "s", {}, Goal("≤", 20))]
