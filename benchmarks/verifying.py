"""How fast `journeyman verify` goes through a log, and what it remembers of a job that has ended.

A synthetic log that keeps every promise, of the size of the read models that are measured: first as from an archive,
where decoding and checking are all that is done, then from a server. In processor time of the process that verifies.
"""

from __future__ import annotations

import gc
import itertools
import os
import time
from collections.abc import Iterator

from benchmarks import synthetic_log
from benchmarks.measures import Goal, Options, Row
from benchmarks.processes import rss_bytes
from benchmarks.synthetic_log import Commit
from benchmarks.system import System
from journeyman.codec import decode_commit
from journeyman.log.connect import connect
from journeyman.log.redis_log import RedisLog
from journeyman.verify import Verifier
from journeyman.verifying import Follower, Source

PAGE = 64
#: On a server the log takes some 200 bytes an event.
ON_SERVER_JOBS_MAX = 200_000


def verify(options: Options) -> list[Row]:
    """Verify a log of the largest of `options.projected` sizes, and one on a server."""
    jobs = max(options.projected)
    gc.collect()
    gc.disable()
    try:
        return [*_decoded(jobs), *_on_server(min(jobs, ON_SERVER_JOBS_MAX))]
    finally:
        gc.enable()


def _decoded(jobs: int) -> list[Row]:
    pid, verifier, cpu_s = os.getpid(), Verifier(0), 0.0
    before = rss_bytes(pid)
    log = synthetic_log.commits(jobs)
    while page := list(itertools.islice(log, PAGE)):
        started = time.process_time()
        for commit in page:
            verifier.take(decode_commit(commit.data, commit.offset, epoch=commit.epoch))
        cpu_s += time.process_time() - started
    grown = rss_bytes(pid) - before
    report = verifier.report()
    assert not report.violations
    name = f"verify, {jobs:,} jobs"
    return [
        Row(f"{name}: decoded and checked", report.events / cpu_s, "events/s of CPU", {}, Goal("≥", 200_000)),
        Row(f"{name}: memory for a job", grown / jobs, "bytes", {}, Goal("≤", 600)),
    ]


def _on_server(jobs: int) -> list[Row]:
    with System() as system:
        log = RedisLog(connect(system.settings["JOURNEYMAN_REDIS_URL"]), namespace="verified")
        try:
            for page in _pages(synthetic_log.commits(jobs)):
                _write(log, page)
            verifier = Verifier(0)
            started = time.process_time()
            Follower(Source(0, log), verifier, lambda _: None).to(log.end())
            cpu_s = time.process_time() - started
        finally:
            log.close()
    report = verifier.report()
    assert not report.violations
    speed = report.events / cpu_s
    return [Row(f"verify, {jobs:,} jobs on a server", speed, "events/s of CPU", {}, Goal("≥", 200_000))]


def _pages(log: Iterator[Commit]) -> Iterator[list[Commit]]:
    while page := list(itertools.islice(log, PAGE)):
        yield page


def _write(log: RedisLog, page: list[Commit]) -> None:
    pipe = log.client.pipeline(transaction=False)
    for commit in page:
        fields: dict[str, bytes | str] = {"c": commit.data}
        if commit.epoch is not None:
            fields |= {"e": str(commit.epoch), "i": ""}
        pipe.xadd(log.keys.log, fields, id=commit.offset.entry)
    pipe.execute()
