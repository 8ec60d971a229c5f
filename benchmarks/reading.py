"""The read model when it is large: how fast events go in, and how fast the dashboard answers over HTTP.

A query is a pair of filters with values drawn by a fixed seed: common ones, rare ones, and ones that exclude each
other. Every pair of filters is asked for, `q` too, with texts that most jobs have, few, and none. Pairs are also asked
for in every other order, and page after page.
"""

from __future__ import annotations

import itertools
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from http import client as http_client
from pathlib import Path
from urllib.parse import urlencode

from benchmarks import synthetic_log
from benchmarks.measures import Goal, Options, Row, percentile
from benchmarks.projecting import build_large
from benchmarks.read_client import ask, get, served
from journeyman_dashboard.schema import FILE_NAME, open_for_reading

PER_PAIR = 6
SORTED_PER_PAIR = 2
#: Pages of one list that are turned.
PAGES = 40
SINGLES = 200
LIMIT_MS = 30.0
STATS_LIMIT_MS = 10.0
#: Goals are for the largest size measured with `--full`.
GOAL_AT = 4_500_000


def grow(options: Options) -> list[Row]:
    """Measure a read model of each of `options.projected` sizes."""
    return [row for jobs in options.projected for row in _of_size(jobs)]


def _of_size(jobs: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="journeyman-bench-") as folder:
        path = Path(folder) / FILE_NAME
        folded, jobs, done = build_large(path, jobs)
        size = f"{jobs:,} jobs"
        rows = [
            Row(f"projection, {folded:,} jobs", done.events / done.cpu_s, "events/s a core", {}, Goal("≥", 40_000)),
            Row(
                f"projection, the last tenth of {folded:,} jobs", done.late_events / done.late_cpu_s, "events/s a core"
            ),
            Row(f"read model's file, {size}", path.stat().st_size / jobs, "bytes a job"),
        ]
        with served(path) as connection:
            return rows + _answers(connection, path, jobs)


def _answers(connection: http_client.HTTPConnection, path: Path, jobs: int) -> list[Row]:
    draw = random.Random(jobs)
    pairs = [f"/jobs?{urlencode(query)}" for query in _pairs(draw, jobs)]
    searches = [
        f"/jobs?{urlencode([*query, ('q', text)])}"
        for query in _singles(draw, jobs)
        for text in ("XXX", "header", "no")
    ]
    orders = [
        f"/jobs?{urlencode([*query, ('sort', sort)])}"
        for sort in ("submitted_at", "priority", "-priority")
        for query in _pairs(draw, jobs, SORTED_PER_PAIR)
    ]
    durations = [
        f"/jobs?{urlencode([*query, ('sort', sort)])}"
        for sort in ("duration", "-duration")
        for query in _pairs(draw, jobs, SORTED_PER_PAIR)
    ]
    with closing(open_for_reading(path)) as model:
        numbers = as_ids(model, [draw.randrange(1, jobs + 1) for _ in range(SINGLES)])
    limit = Goal("≤", LIMIT_MS) if jobs >= GOAL_AT else None
    stats_limit = Goal("≤", STATS_LIMIT_MS) if jobs >= GOAL_AT else None
    measures: list[tuple[str, list[str], Goal | None]] = [
        ("GET /jobs, the first page", ["/jobs"] * SINGLES, limit),
        ("GET /jobs, any two filters", pairs, limit),
        ("GET /jobs, q and another filter", searches, limit),
        ("GET /jobs, any two filters, by priority or oldest first", orders, limit),
        ("GET /jobs, any two filters, by duration", durations, limit),
        ("GET /jobs/{id}", [f"/jobs/{job_id}" for job_id in numbers], None),
        ("GET /stats", ["/stats"] * SINGLES, stats_limit),
        ("GET /queues", ["/queues"] * (SINGLES // 4), None),
    ]
    rows: list[Row] = []
    timed = [
        *((measure, [(ask(connection, one), one) for one in paths], goal) for measure, paths, goal in measures),
        ("GET /jobs, page after page", list(_turned(connection, jobs)), limit),
    ]
    for measure, answers, goal in timed:
        waits = sorted(answers, reverse=True)
        print("  slowest:", *(f"{wait_ms:.1f} ms {one};" for wait_ms, one in waits[:3]), file=sys.stderr, flush=True)
        found = [wait_ms for wait_ms, _ in waits]
        rows += [
            Row(f"{measure}, {jobs:,} jobs, p50", percentile(found, 50), "ms"),
            Row(f"{measure}, {jobs:,} jobs, p95", percentile(found, 95), "ms", {}, goal),
            Row(f"{measure}, {jobs:,} jobs, slowest", found[0], "ms"),
        ]
    return rows


def as_ids(model: sqlite3.Connection, numbers: Sequence[int]) -> list[str]:
    """Return the ids of the jobs with these numbers."""
    found = model.execute("SELECT id FROM jobs WHERE n IN (SELECT value FROM json_each(?))", (json.dumps(numbers),))
    return [job_id for (job_id,) in found]


# --- what is asked ---------------------------------------------------------------------------------------


def _values(jobs: int) -> dict[str, list[str]]:
    """Return the values that each filter is asked with."""
    span_ms = jobs // synthetic_log.JOBS_PER_COMMIT * synthetic_log.COMMIT_EVERY_MS
    times = [str(synthetic_log.BEGAN_MS + int(span_ms * share)) for share in (0.02, 0.5, 0.98)]
    last_commit = jobs // synthetic_log.JOBS_PER_COMMIT
    return {
        "status": ["pending", "processing", "completed", "failed", "cancelled"],
        "phase": ["ready", "running", "completed", "dead", "blocked"],
        "type": [kind for _, kind, _ in synthetic_log.KINDS],
        "queue": sorted({queue for queue, *_ in synthetic_log.KINDS}),
        "priority_min": ["11", "16"],
        "priority_max": ["5", "10"],
        "worker": [synthetic_log.worker_at(int(last_commit * share), 3) for share in (0.01, 0.5, 0.97)],
        "tag": ["env:prod", "env:staging", "customer:c7", "customer:nobody"],
        "submitted_after": times,
        "submitted_before": times,
    }


def _pairs(draw: random.Random, jobs: int, per_pair: int = PER_PAIR) -> Iterator[list[tuple[str, str]]]:
    """Yield `per_pair` queries with every pair of filters."""
    values = _values(jobs)
    for first, second in itertools.combinations(values, 2):
        for _ in range(per_pair):
            yield [(first, draw.choice(values[first])), (second, draw.choice(values[second]))]


def _singles(draw: random.Random, jobs: int) -> Iterator[list[tuple[str, str]]]:
    for name, values in _values(jobs).items():
        yield [(name, draw.choice(values))]


def _turned(connection: http_client.HTTPConnection, jobs: int) -> Iterator[tuple[float, str]]:
    """Turn the pages of lists in every order, and say how long each took."""
    kinds = _values(jobs)
    for sort in ("-submitted_at", "submitted_at", "-priority", "-duration"):
        for name in ("status", "tag"):
            path = (
                f"/jobs?{urlencode([(name, kinds[name][2 if name == 'status' else 0]), ('sort', sort), ('limit', 50)])}"
            )
            cursor = ""
            for _ in range(PAGES):
                started = time.perf_counter()
                page = get(connection, path + cursor)
                yield (time.perf_counter() - started) * 1000, path + cursor
                if page["next_cursor"] is None:
                    break
                cursor = f"&cursor={page['next_cursor']}"
