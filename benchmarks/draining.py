"""How fast workers empty a backlog of no-op jobs."""

from __future__ import annotations

from benchmarks.measures import Options, Row, measured, with_read_model
from benchmarks.submitter import Submitter
from benchmarks.system import System

WARM_UP = 2_000


def drain(options: Options, workers: int, *, dashboard: bool = False) -> list[Row]:
    """Measure from the opening of a queue in which everything waits to the last completion."""
    rows: list[Row] = []
    with System(dashboard=dashboard) as system:
        system.start_workers(workers)
        submitter = Submitter(system)
        submitter.submit(WARM_UP)
        system.wait_empty()
        submitter.pause()
        submitter.submit(options.jobs)
        measure = with_read_model(f"drain, {workers} worker process{'es' if workers > 1 else ''}", dashboard)
        with measured(system, options.jobs, measure, rows):
            submitter.resume()
            system.wait_empty()
    return rows
