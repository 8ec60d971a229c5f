"""How long a claimed job is kept by a worker that has not started it, while another worker idles.

Two workers, with one thread each or with several. Bursts of short jobs teach them to claim ahead, and to let one thread
work alone; then a slow job comes with short ones behind it. Whoever claimed it has some of those in its pocket, which
cannot start there and have to go back, or be left to the worker's other threads.
"""

from __future__ import annotations

import json
from bisect import bisect
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from benchmarks import wall_job
from benchmarks.measures import Goal, Options, Row, percentile
from benchmarks.submitter import Submitter
from benchmarks.system import System
from journeyman.events import JobReturned, JobStarted, JobSucceeded, Offset, Record
from journeyman.log.redis_log import RedisLog

ROUNDS = 40
BURST = 300
#: Several threads have to be busy for some time before one works alone.
BURST_FOR_SEVERAL = 4_000
BEHIND = 10
SLOW_MS = 100


def keep(_options: Options, threads: int = 1) -> list[Row]:
    """Measure from the claim, by the log's clock, to the job's first line, or to its return in the log."""
    burst, each = (BURST, "") if threads == 1 else (BURST_FOR_SEVERAL, f", {threads} threads")
    with System() as system:
        system.start_workers(2, wall_job.__name__, threads=threads)
        submitter = Submitter(system)
        begin = system.log.end()
        for _ in range(ROUNDS):
            submitter.submit(burst, wall_job.TYPE, "{}")
            system.wait_empty()
            submitter.submit(1, wall_job.TYPE, json.dumps({"sleep_ms": SLOW_MS}))
            submitter.submit(BEHIND, wall_job.TYPE, "{}")
            system.wait_empty()
        stays = _stays(_records(system.log, begin))
    returned = [stay.until_ms - stay.from_ms for stay in stays if stay.returned]
    beside_idle = [idle_ms for idle_ms in _beside_idle_ms(stays) if idle_ms > 0]
    if not returned and threads == 1:
        raise AssertionError("no job was claimed ahead of time and handed back: nothing was measured")
    rows = [
        Row(
            f"claimed and not started while another worker idles{each}, p99",
            percentile(beside_idle, 99),
            "ms",
            {},
            Goal("≤", 5),
        )
    ]
    if returned:
        measure = f"claimed and handed back, whatever the others do{each}, p99"
        rows.append(Row(measure, percentile(returned, 99), "ms", {}, Goal("≤", 5) if threads == 1 else None))
    rows.append(Row(f"handed back, of a thousand claims{each}", len(returned) / len(stays) * 1_000, "jobs"))
    return rows


class _Stay(NamedTuple):
    """A claimed job's time in a worker's pocket, and when the worker was rid of the job, by the log's clock."""

    worker: str
    from_ms: float
    until_ms: float
    ended_ms: float
    returned: bool


def _stays(records: Iterable[Record]) -> list[_Stay]:
    claimed: dict[str, tuple[str, int]] = {}
    stays: list[_Stay] = []
    for record in records:
        match record.event:
            case JobStarted(job_id=job_id, worker=worker):
                claimed[job_id] = (worker, record.at_ms)
            case JobReturned(job_id=job_id):
                stays.append(_Stay(*claimed[job_id], record.at_ms, record.at_ms, True))
            case JobSucceeded(job_id=job_id, result=began_ns):
                worker, from_ms = claimed[job_id]
                stays.append(_Stay(worker, from_ms, max(from_ms, int(began_ns) / 1e6), record.at_ms, False))
    return stays


def _beside_idle_ms(stays: list[_Stay]) -> Iterator[float]:
    """Return for each stay how much of it passed while the other worker held no job at all."""
    gaps = {worker: _gaps([stay for stay in stays if stay.worker == worker]) for worker in {s.worker for s in stays}}
    for stay in stays:
        yield sum(
            max(0.0, min(end, stay.until_ms) - max(start, stay.from_ms))
            for worker, idle in gaps.items()
            if worker != stay.worker
            for start, end in idle[max(0, bisect(idle, (stay.from_ms,)) - 1) : bisect(idle, (stay.until_ms,))]
        )


def _gaps(stays: list[_Stay]) -> list[tuple[float, float]]:
    """Return when a worker held nothing, in order."""
    gaps: list[tuple[float, float]] = []
    free_from = 0.0
    for stay in sorted(stays, key=lambda stay: stay.from_ms):
        if stay.from_ms > free_from:
            gaps.append((free_from, stay.from_ms))
        free_from = max(free_from, stay.ended_ms)
    return gaps


def _records(log: RedisLog, offset: Offset) -> Iterator[Record]:
    while entries := log.read(offset, count=500):
        for entry in entries:
            yield from entry.records()
        offset = entries[-1].offset
