"""What a backlog costs: the same work at a thousand waiting jobs and at a million.

At each size: one job claimed at a time, a fixed slice drained by one worker process while all the others go on waiting,
and the scheduler restarted, once after SIGTERM (from its snapshot) and once after SIGKILL (from the log).
"""

from __future__ import annotations

import time

from benchmarks.log_worker import LogWorker
from benchmarks.measures import Goal, Options, Row, percentile
from benchmarks.processes import rss_bytes
from benchmarks.submitter import Submitter
from benchmarks.system import System, wait_until

CLAIMS = 300
SLICE_MAX = 20_000
#: Part of the slice that passes before the clock starts, so that the worker has found its pace.
RAMP = 0.2
MILLION = 1_000_000
TEN_THOUSAND = 10_000


def grow(options: Options) -> list[Row]:
    """Measure at each of `options.pending`, smallest first."""
    rows: list[Row] = []
    slices: dict[int, Row] = {}
    part = min(SLICE_MAX, options.jobs)
    with System() as system:
        submitter = Submitter(system)
        submitter.pause()
        empty_rss = rss_bytes(system.pid("scheduler"))
        for pending in options.pending:
            _fill(system, submitter, pending + part + CLAIMS)
            rows += _claims(system, submitter, pending)
            slices[pending] = _slice(system, submitter, pending, part)
            rows.append(slices[pending])
            _fill(system, submitter, pending)
            rows += _restarts(system, pending, empty_rss)
    if TEN_THOUSAND in slices and MILLION in slices:
        small, large = slices[TEN_THOUSAND], slices[MILLION]
        against = "with 1,000,000 waiting against 10,000"
        rows.append(Row(f"drain {against}", large.value / small.value, "ratio", {}, Goal("≥", 0.9)))
        rows.append(Row(f"CPU a job drained {against}", large.cpu_total_us / small.cpu_total_us, "ratio"))
    return rows


def _fill(system: System, submitter: Submitter, jobs: int) -> None:
    """Have so many jobs wait, at least."""
    submitter.submit(max(jobs - system.open_jobs(), 0))


def _claims(system: System, submitter: Submitter, pending: int) -> list[Row]:
    """Claim one job at a time, with no other worker about."""
    worker = LogWorker(system.log, submitter, f"w-claims{pending}")
    waits_ms = []
    submitter.resume()
    for _ in range(CLAIMS):
        started = time.perf_counter()
        job_id = worker.claim()
        waits_ms.append((time.perf_counter() - started) * 1000)
        if job_id is None:
            raise AssertionError("there was nothing to claim")
        worker.finish(job_id)
    submitter.pause()
    worker.leave()
    return [
        Row(f"claim of one job with {pending:,} waiting, p{share}", percentile(waits_ms, share), "ms")
        for share in (50, 99)
    ]


def _slice(system: System, submitter: Submitter, pending: int, part: int) -> Row:
    """Measure the jobs a second at which a slice is worked off while `pending` others wait."""
    system.start_workers(1)
    submitter.resume()
    first = system.wait_open_at_most(pending + int(part * (1 - RAMP)))
    before, started = system.cpu(), time.perf_counter()
    last = system.wait_open_at_most(pending)
    seconds, after = time.perf_counter() - started, system.cpu()
    submitter.pause()
    wait_until(lambda: not system.log.client.exists(system.log.keys.held), "the worker to end what it holds")
    system.stop_workers()
    jobs = first - last
    cpu_us = {name: (after[name] - before[name]) / jobs * 1e6 for name in after}
    return Row(f"drain of {part:,} with {pending:,} waiting, 1 worker process", jobs / seconds, "jobs/s", cpu_us)


def _restarts(system: System, pending: int, empty_rss: int) -> list[Row]:
    system.stop("scheduler")
    after_stop_s = _start(system)
    held = (rss_bytes(system.pid("scheduler")) - empty_rss) / system.open_jobs()
    system.stop("scheduler", kill=True)
    after_kill_s = _start(system)
    largest = pending >= MILLION
    waiting = f"with {pending:,} waiting"
    return [
        Row(f"scheduler leads after SIGTERM, {waiting}", after_stop_s, "s", {}, Goal("≤", 10) if largest else None),
        Row(f"scheduler leads after SIGKILL, {waiting}, its lease of 5 s included", after_kill_s, "s"),
        Row(f"scheduler memory a pending job, {waiting}", held, "bytes", {}, Goal("≤", 400) if largest else None),
    ]


def _start(system: System) -> float:
    """Return how long a scheduler takes from the start of its process until it leads and has read everything."""
    started = time.perf_counter()
    system.start_scheduler()
    return time.perf_counter() - started
