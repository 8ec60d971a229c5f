"""Short jobs of several kinds on a worker with one thread, and with eight, which finds out itself how many to use.

Whatever the jobs do, eight should get done about as much as the better of two workers: one that has a single thread,
and one that always uses all of its eight.
"""

from __future__ import annotations

import time

from benchmarks import short_jobs
from benchmarks.measures import Options, Row, measured
from benchmarks.submitter import Submitter
from benchmarks.system import System

KINDS = {"compute": short_jobs.COMPUTES, "make system calls": short_jobs.CALLS, "wait 0.3 ms": short_jobs.WAITS}
THREADS = (1, 8)
#: A worker needs seconds of work to find out.
WARM_UP_S = 6.0
WARM_UP = 5_000


def compare(options: Options) -> list[Row]:
    """Measure each kind with one thread and with eight."""
    rows: list[Row] = []
    for does, kind in KINDS.items():
        for threads in THREADS:
            with System() as system:
                system.start_workers(1, short_jobs.__name__, threads=threads)
                submitter = Submitter(system)
                _warm_up(system, submitter, kind)
                measure = f"jobs that {does}, 1 worker process, {threads} thread{'s' if threads > 1 else ''}"
                with measured(system, options.jobs, measure, rows):
                    submitter.submit(options.jobs, kind, "{}")
                    system.wait_empty()
    return rows


def _warm_up(system: System, submitter: Submitter, kind: str) -> None:
    until = time.monotonic() + WARM_UP_S
    while time.monotonic() < until:
        submitter.submit(WARM_UP, kind, "{}")
        system.wait_empty()
