"""How fast jobs are accepted: over HTTP one by one and in batches, and straight into the log. No worker runs."""

from __future__ import annotations

import json

from benchmarks.http_load import Load, run_apart
from benchmarks.measures import Goal, Options, Row, measured, percentile_rows, with_read_model
from benchmarks.submitter import PAYLOAD, Submitter
from benchmarks.system import System

CONNECTIONS = 64
BATCH = 1_000
BATCH_CONNECTIONS = 4

_JOB = {"type": "synthetic", "payload": json.loads(PAYLOAD)}


def straight(options: Options, *, dashboard: bool = False) -> list[Row]:
    """Measure the client straight at the log, in commits of 500."""
    rows: list[Row] = []
    with System(dashboard=dashboard) as system:
        submitter = Submitter(system)
        submitter.submit(2_000)
        measure = with_read_model("submit straight to the log, 500 a commit", dashboard)
        with measured(system, options.jobs, measure, rows):
            submitter.submit(options.jobs)
    return rows


def singly(options: Options, *, dashboard: bool = False) -> list[Row]:
    """Measure `POST /jobs` at 64 connections."""
    measure = with_read_model(f"POST /jobs, {CONNECTIONS} connections", dashboard)
    body = json.dumps(_JOB).encode()
    return _over_http(Load("/jobs", body, CONNECTIONS, options.jobs), 1, measure, dashboard, Goal("≥", 5_000))


def in_batches(options: Options, *, dashboard: bool = False) -> list[Row]:
    """Measure `POST /jobs/batch` with 1,000 jobs a request at 4 connections."""
    measure = with_read_model(f"POST /jobs/batch, {BATCH} jobs each, {BATCH_CONNECTIONS} connections", dashboard)
    body = json.dumps({"jobs": [_JOB] * BATCH}).encode()
    # Some seconds: what is over sooner swings by a fifth.
    requests = max(options.jobs * 20 // BATCH, BATCH_CONNECTIONS)
    load = Load("/jobs/batch", body, BATCH_CONNECTIONS, requests)
    return _over_http(load, BATCH, measure, dashboard, Goal("≥", 100_000))


def _over_http(load: Load, jobs_each: int, measure: str, dashboard: bool, goal: Goal) -> list[Row]:
    rows: list[Row] = []
    with System(ingest=True, dashboard=dashboard) as system:
        warm_up = max(load.requests // 20, load.connections)
        run_apart(system.ingest_url, load._replace(requests=warm_up))
        before = system.open_jobs()
        with measured(system, load.requests * jobs_each, measure, rows, goal=goal) as watch:
            done = run_apart(system.ingest_url, load)
            watch.seconds = done.seconds
            watch.helpers_s["load generator"] = done.cpu_s
        accepted = system.open_jobs() - before
        if accepted != load.requests * jobs_each:
            raise AssertionError(f"{load.requests * jobs_each} jobs were accepted and {accepted} are there")
    return rows + percentile_rows(f"answer to {measure}", "ms", done.waits_ms, {})
