"""How long a claimed job is kept by a worker that has not started it, while another worker idles.

Two workers with one thread each. Bursts of short jobs teach them to claim ahead; then a slow job comes with short ones
behind it. Whoever claimed it has some of those in its pocket, which cannot start there and have to go back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks import wall_job
from benchmarks.measures import Goal, Options, Row, percentile
from benchmarks.submitter import Submitter
from benchmarks.system import System
from journeyman.events import JobReturned, JobStarted, JobSucceeded, Offset, Record
from journeyman.log.redis_log import RedisLog

ROUNDS = 40
BURST = 300
BEHIND = 10
SLOW_MS = 100


def keep(_options: Options) -> list[Row]:
    """Measure from the claim, by the log's clock, to the job's first line, or to its return in the log."""
    with System() as system:
        system.start_workers(2, wall_job.__name__, threads=1)
        submitter = Submitter(system)
        begin = system.log.end()
        for _ in range(ROUNDS):
            submitter.submit(BURST, wall_job.TYPE, "{}")
            system.wait_empty()
            submitter.submit(1, wall_job.TYPE, json.dumps({"sleep_ms": SLOW_MS}))
            submitter.submit(BEHIND, wall_job.TYPE, "{}")
            system.wait_empty()
        kept_ms, returned = _kept_ms(system.log, begin)
    if not returned:
        raise AssertionError("no job was claimed ahead of time and handed back: nothing was measured")
    measure = "claimed and not started, another worker idle"
    return [
        Row(f"{measure}, p99", percentile(kept_ms, 99), "ms", {}, Goal("≤", 5)),
        Row(f"{measure}, p99 of those handed back", percentile(returned, 99), "ms", {}, Goal("≤", 5)),
        Row("handed back, of a thousand claims", len(returned) / len(kept_ms) * 1_000, "jobs"),
    ]


def _kept_ms(log: RedisLog, begin: Offset) -> tuple[list[float], list[float]]:
    """Return how long jobs waited in a pocket: all of them, and those that were handed back."""
    claimed: dict[str, int] = {}
    kept: list[float] = []
    returned: list[float] = []
    for record in _records(log, begin):
        match record.event:
            case JobStarted(job_id=job_id):
                claimed[job_id] = record.at_ms
            case JobReturned(job_id=job_id):
                returned.append(record.at_ms - claimed[job_id])
            case JobSucceeded(job_id=job_id, result=began_ns):
                kept.append(max(0.0, int(began_ns) / 1e6 - claimed[job_id]))
    return kept + returned, returned


def _records(log: RedisLog, offset: Offset) -> Iterator[Record]:
    while entries := log.read(offset, count=500):
        for entry in entries:
            yield from entry.records()
        offset = entries[-1].offset
