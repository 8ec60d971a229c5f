"""What is measured. Each case returns rows for the table: measure, value, unit, processor time per job by service."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import client as http_client
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.system import System
from journeyman.admission import admit
from journeyman.events import JobReturned, JobStarted, JobSubmitted, JobSucceeded, Offset, QueuePaused, QueueResumed
from journeyman.ids import IdMaker
from journeyman.proposals import Gate, Proposal

PAYLOAD = json.dumps({"echo": "x" * 88})
CHUNK = 500


class Row(NamedTuple):
    """One line of the result. `cpu_us` is the processor time per job of each process, in microseconds."""

    measure: str
    value: float
    unit: str
    cpu_us: dict[str, float]


class Submitter:
    """Writes jobs straight to the log, as the client library in the same network would."""

    def __init__(self, system: System) -> None:
        self._log = system.log
        self._ids = IdMaker()
        self._number = 0
        self._bits = time.time_ns()

    def submit(self, count: int, **fields: object) -> list[str]:
        """Submit `count` no-op jobs in commits of `CHUNK`; return their ids."""
        made: list[str] = []
        for first in range(0, count, CHUNK):
            now_ms = self._log.now_ms()
            jobs = [
                JobSubmitted(self._ids.make(now_ms, self._bits), "synthetic", payload=PAYLOAD, **fields)  # type: ignore[arg-type]
                for _ in range(min(CHUNK, count - first))
            ]
            self._propose(admit(jobs, now_ms))
            made += [job.job_id for job in jobs]
        return made

    def pause(self, queue: str) -> None:
        """Shut a queue."""
        self._propose(Proposal((QueuePaused(queue),), None, (Gate(queue, open=False),)))

    def resume(self, queue: str) -> None:
        """Open a queue again, which wakes its workers."""
        self._propose(Proposal((QueueResumed(queue),), None, (Gate(queue, open=True),)))

    def _propose(self, proposal: Proposal) -> None:
        self._number += 1
        self._log.append([proposal], caller=f"bench-{self._bits}", number=self._number)


def wait_empty(system: System, timeout_s: float = 300) -> None:
    """Wait until no job is open."""
    deadline = time.monotonic() + timeout_s
    while system.log.health().open_jobs:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{system.log.health().open_jobs} jobs are still open")
        time.sleep(0.01)


@contextmanager
def measured(system: System, jobs: int, measure: str, rows: list[Row]) -> Iterator[None]:
    """Add a row: jobs per second of what happens inside, with the processor time per job."""
    before, started = system.cpu(), time.perf_counter()
    yield
    seconds = time.perf_counter() - started
    time.sleep(0.3)
    after = system.cpu()
    cpu = {name: (after[name] - before.get(name, 0.0)) / jobs * 1e6 for name in after}
    rows.append(Row(measure, jobs / seconds, "jobs/s", cpu))


def drain(jobs: int, workers: int, *, dashboard: bool = False) -> list[Row]:
    """Measure how fast workers empty a backlog of no-op jobs."""
    rows: list[Row] = []
    with System(dashboard=dashboard) as system:
        system.start_workers(workers)
        submitter = Submitter(system)
        submitter.submit(2_000)
        wait_empty(system)
        submitter.pause("default")
        with measured(system, jobs, "submit straight to the log", rows):
            submitter.submit(jobs)
        read_model = ", read model on" if dashboard else ""
        with measured(system, jobs, f"drain, {workers} worker process(es){read_model}", rows):
            submitter.resume("default")
            wait_empty(system)
    return rows


def sustained(jobs: int, workers: int, *, dashboard: bool = False) -> list[Row]:
    """Measure producer and workers at once, from the first submission to the last completion; check every job."""
    rows: list[Row] = []
    with System(dashboard=dashboard) as system:
        system.start_workers(workers)
        submitter = Submitter(system)
        submitter.submit(2_000)
        wait_empty(system)
        begin = system.log.end()
        read_model = ", read model on" if dashboard else ""
        with measured(system, jobs, f"end to end, {workers} worker process(es){read_model}", rows):
            ids = submitter.submit(jobs)
            wait_empty(system)
        _check_ran_once(system, begin, ids)
    return rows


def _check_ran_once(system: System, begin: Offset, ids: list[str]) -> None:
    started: dict[str, int] = {}
    succeeded: dict[str, int] = {}
    offset = begin
    while entries := system.log.read(offset, count=500):
        for entry in entries:
            for event in entry.events:
                if isinstance(event, JobStarted):
                    started[event.job_id] = started.get(event.job_id, 0) + 1
                elif isinstance(event, JobReturned):
                    started[event.job_id] -= 1
                elif isinstance(event, JobSucceeded):
                    succeeded[event.job_id] = succeeded.get(event.job_id, 0) + 1
        offset = entries[-1].offset
    if any(started.get(job_id) != 1 or succeeded.get(job_id) != 1 for job_id in ids):
        raise AssertionError("not every job ran exactly once")


def latency(samples: int) -> list[Row]:
    """Measure an idle system: from the call that submits a job until its start can be read in the log."""
    waits: list[float] = []
    with System() as system:
        system.start_workers(1)
        submitter = Submitter(system)
        submitter.submit(500)
        wait_empty(system)
        time.sleep(1.5)
        for _ in range(samples):
            end = system.log.end()
            started = time.perf_counter()
            (job_id,) = submitter.submit(1)
            while not _has_started(system, end, job_id):
                pass
            waits.append((time.perf_counter() - started) * 1000)
            wait_empty(system)
            time.sleep(0.02)
    waits.sort()
    return [
        Row(f"idle latency submit to start, p{share}", waits[min(int(samples * share / 100), samples - 1)], "ms", {})
        for share in (50, 95, 99)
    ]


def _has_started(system: System, after: Offset, job_id: str) -> bool:
    for entry in system.log.read(after, count=50, block_ms=1_000):
        if any(isinstance(event, JobStarted) and event.job_id == job_id for event in entry.events):
            return True
    return False


def over_http(jobs: int) -> list[Row]:
    """Measure ingest over one HTTP connection, in batches of 1,000."""
    rows: list[Row] = []
    body = json.dumps({"jobs": [{"type": "synthetic", "payload": json.loads(PAYLOAD)}] * 1_000})
    with System(ingest=True) as system:
        connection = _connect(system)
        with measured(system, jobs, "POST /jobs/batch of 1,000", rows):
            for _ in range(jobs // 1_000):
                connection.request("POST", "/jobs/batch", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                if answer.status != 202:
                    raise AssertionError(f"ingest answered {answer.status}")
    return rows


def _connect(system: System) -> http_client.HTTPConnection:
    place = urlsplit(system.ingest_url)
    deadline = time.monotonic() + 20
    while True:
        connection = http_client.HTTPConnection(place.hostname or "", place.port, timeout=30)
        try:
            connection.request("GET", "/health/ready")
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                return connection
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError("ingest is not ready")
        time.sleep(0.1)
