"""A system with a backlog that waits behind a paused queue, and what can be measured on it."""

from __future__ import annotations

import time

from benchmarks.log_worker import LogWorker
from benchmarks.measures import Row, measured
from benchmarks.processes import rss_bytes, rss_peak_bytes
from benchmarks.submitter import Submitter
from benchmarks.system import System, wait_until

CLAIMS = 300
#: Part of a slice that passes before the clock starts, so that the worker has found its pace.
RAMP = 0.2


class Backlog:
    """Pauses the queue of a fresh system and takes its empty state as the beginning."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._submitter = Submitter(system)
        self._submitter.pause()
        self._claimers = 0
        self._empty_server = system.used_memory()
        self._empty_scheduler = rss_bytes(system.pid("scheduler"))

    def fill(self, jobs: int, measure: str) -> Row:
        """Have so many jobs wait, at least; return the row of submitting those that were missing."""
        rows: list[Row] = []
        missing = max(jobs - self._system.open_jobs(), 1)
        with measured(self._system, missing, measure, rows):
            self._submitter.submit(missing)
        return rows[0]

    def server_bytes(self) -> float:
        """Return the bytes that the server holds for each waiting job, its share of the log's history included."""
        return (self._system.used_memory() - self._empty_server) / self._system.open_jobs()

    def scheduler_bytes(self, *, peak: bool = False) -> float:
        """Return the bytes that the scheduler holds for each waiting job; `peak`: the most since its process began."""
        pid = self._system.pid("scheduler")
        held = rss_peak_bytes(pid) if peak else rss_bytes(pid)
        return (held - self._empty_scheduler) / self._system.open_jobs()

    def restart(self, *, kill: bool = False, snapshot: bool = True) -> float:
        """Restart the scheduler; return the seconds from the start of the process until it leads and has read all."""
        self._system.stop("scheduler", kill=kill)
        if not snapshot:
            self._system.log.client.delete(self._system.log.keys.snapshot)
        started = time.perf_counter()
        self._system.start_scheduler()
        return time.perf_counter() - started

    def claims(self) -> list[float]:
        """Claim one job at a time, with no other worker about; return each claim's milliseconds."""
        system = self._system
        self.fill(system.open_jobs() + CLAIMS, "")
        self._claimers += 1
        worker = LogWorker(system.log, self._submitter, f"w-claims{self._claimers}")
        waits_ms = []
        self._submitter.resume()
        for _ in range(CLAIMS):
            started = time.perf_counter()
            job_id = worker.claim()
            waits_ms.append((time.perf_counter() - started) * 1000)
            if job_id is None:
                raise AssertionError("there was nothing to claim")
            worker.finish(job_id)
        self._submitter.pause()
        worker.leave()
        return waits_ms

    def drain(self, pending: int, part: int, measure: str) -> Row:
        """Drain `part` jobs with one worker process while `pending` others wait; return jobs a second and their CPU."""
        system = self._system
        self.fill(pending + part, "")
        system.start_workers(1)
        self._submitter.resume()
        first = system.wait_open_at_most(pending + int(part * (1 - RAMP)))
        before, started = system.cpu(), time.perf_counter()
        last = system.wait_open_at_most(pending)
        seconds, after = time.perf_counter() - started, system.cpu()
        self._submitter.pause()
        wait_until(lambda: not system.log.client.exists(system.log.keys.held), "the worker to end what it holds")
        system.stop_workers()
        jobs = first - last
        cpu_us = {name: (after[name] - before[name]) / jobs * 1e6 for name in after}
        return Row(measure, jobs / seconds, "jobs/s", cpu_us)
