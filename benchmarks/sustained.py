"""Producer and workers at once, from the first submission to the last completion; every job is checked."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measures import Goal, Options, Row, measured, with_read_model
from benchmarks.submitter import Submitter
from benchmarks.system import System
from journeyman.events import Event, JobReturned, JobStarted, JobSucceeded, Offset
from journeyman.log.redis_log import RedisLog

WARM_UP = 2_000


def sustain(options: Options, workers: int, *, dashboard: bool = False) -> list[Row]:
    """Measure jobs end to end, and see that each ran exactly once."""
    rows: list[Row] = []
    cpu_goal = Goal("≤", 120 if dashboard else 80) if workers == 1 else None
    with System(dashboard=dashboard) as system:
        system.start_workers(workers)
        submitter = Submitter(system)
        submitter.submit(WARM_UP)
        system.wait_empty()
        begin = system.log.end()
        measure = with_read_model(f"end to end, {workers} worker process{'es' if workers > 1 else ''}", dashboard)
        with measured(system, options.jobs, measure, rows, cpu_goal=cpu_goal):
            ids = submitter.submit(options.jobs)
            system.wait_empty()
        check_ran_once(system.log, begin, ids)
    return rows


def events_since(log: RedisLog, offset: Offset) -> Iterator[Event]:
    """Yield every event of a log behind an offset."""
    while entries := log.read(offset, count=500):
        for entry in entries:
            yield from (event for event in entry.events if event is not None)
        offset = entries[-1].offset


def check_ran_once(log: RedisLog, begin: Offset, ids: list[str]) -> None:
    """See that each of these jobs of a partition was run exactly once behind an offset."""
    started: dict[str, int] = {}
    succeeded: dict[str, int] = {}
    for event in events_since(log, begin):
        if isinstance(event, JobStarted):
            started[event.job_id] = started.get(event.job_id, 0) + 1
        elif isinstance(event, JobReturned):
            started[event.job_id] -= 1
        elif isinstance(event, JobSucceeded):
            succeeded[event.job_id] = succeeded.get(event.job_id, 0) + 1
    if any(started.get(job_id) != 1 or succeeded.get(job_id) != 1 for job_id in ids):
        raise AssertionError("not every job ran exactly once")
