"""What a job costs in memory: on the server while it waits and after it has ended, and in the scheduler."""

from __future__ import annotations

from benchmarks.measures import Goal, Options, Row
from benchmarks.processes import rss_bytes
from benchmarks.submitter import Submitter
from benchmarks.system import System


def per_job(options: Options) -> list[Row]:
    """Measure with jobs of a 100-byte payload: first all of them wait, then all have ended."""
    jobs = options.jobs
    rows: list[Row] = []
    with System() as system:
        submitter = Submitter(system)
        submitter.submit(1)
        system.start_workers(1)
        system.wait_empty()
        submitter.pause()
        empty, empty_keys, empty_rss = system.used_memory(), system.key_bytes(), rss_bytes(system.pid("scheduler"))
        submitter.submit(jobs)
        full, full_keys, full_rss = system.used_memory(), system.key_bytes(), rss_bytes(system.pid("scheduler"))
        rows.append(Row("server memory a queued job, all told", (full - empty) / jobs, "bytes", {}, Goal("≤", 300)))
        rows += _keys("queued", empty_keys, full_keys, jobs)
        rows.append(Row("scheduler memory a queued job, grown by", (full_rss - empty_rss) / jobs, "bytes"))
        submitter.resume()
        system.wait_empty()
        rows.append(Row("server memory a finished job, all told", (system.used_memory() - empty) / jobs, "bytes"))
        rows += _keys("finished", empty_keys, system.key_bytes(), jobs)
        grown = rss_bytes(system.pid("scheduler")) - empty_rss
        rows.append(Row("scheduler memory a finished job, still held", grown / jobs, "bytes"))
    return rows


def _keys(state: str, before: dict[str, int], after: dict[str, int], jobs: int) -> list[Row]:
    """Return a row per key that takes a byte or more a job."""
    grown = {name: (size - before.get(name, 0)) / jobs for name, size in after.items()}
    return [
        Row(f"  of a {state} job: {name}", size, "bytes")
        for name, size in sorted(grown.items(), key=lambda item: -item[1])
        if size >= 1
    ]
