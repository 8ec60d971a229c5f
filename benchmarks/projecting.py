"""Folds a synthetic log into a read model with the dashboard's own code, and says how fast that went.

A large read model is a smaller one several times over: its jobs once more under other numbers and ids, later. What
queries read (rows, sets, counters, events) is all there, made by the database itself in a fraction of the time.
"""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.synthetic_log import COMMIT_EVERY_MS, Commit, commits
from journeyman.codec import decode_commit
from journeyman.ids import ALPHABET
from journeyman_dashboard import schema
from journeyman_dashboard.bits import CHUNK, SHIFT
from journeyman_dashboard.places import INDEX_BITS
from journeyman_dashboard.projector import ENTRIES_PER_READ
from journeyman_dashboard.rows import JOB_COLUMNS
from journeyman_dashboard.store import (
    Cursor,
    Store,
    read_following,
    transaction,
)
from journeyman_dashboard.writer import batches

#: Jobs folded one by one, at most, in chunks; what is larger is these several times over.
FOLDED_CHUNKS = 122


class Projected(NamedTuple):
    """What was folded: events, and the processor time of decoding, folding and storing them, overall and at the end.

    `late_*`: of the last tenth, when the file was large.
    """

    events: int
    cpu_s: float
    late_events: int
    late_cpu_s: float
    file_bytes: int


def build(path: Path, jobs: int) -> Projected:
    """Make the read model of `jobs` synthetic jobs in a new file, page by page as the projector does."""
    connection = schema.open_for_writing(path)
    store = Store(connection)
    spent: list[tuple[int, float]] = []
    cursor = Cursor()
    try:
        for page in _pages(jobs):
            started = time.process_time()
            for batch in batches([decode_commit(commit.data, commit.offset) for commit in page]):
                with transaction(connection):
                    following = store.project(batch, read_following(connection)).following
                    events = cursor.events + sum(len(entry.events) for entry in batch)
                    cursor = cursor._replace(offset=batch[-1].offset, events=events)
                    store.end_batch(following, cursor)
            spent.append((sum(commit.events for commit in page), time.process_time() - started))
    finally:
        connection.close()
    late = spent[-max(len(spent) // 10, 1) :]
    return Projected(
        sum(events for events, _ in spent),
        sum(cpu_s for _, cpu_s in spent),
        sum(events for events, _ in late),
        sum(cpu_s for _, cpu_s in late),
        path.stat().st_size,
    )


def build_large(path: Path, jobs: int) -> tuple[int, int, Projected]:
    """Make a read model of some `jobs` jobs; return how many were folded, how many there are, what folding took."""
    numbers = FOLDED_CHUNKS * CHUNK
    times = max(round(jobs / numbers), 1)
    folded = jobs if times == 1 else numbers - 1
    done = build(path, folded)
    if times > 1:
        repeat(path, numbers, times)
    return folded, folded * times, done


def _pages(jobs: int) -> Iterator[list[Commit]]:
    log = commits(jobs)
    while page := list(itertools.islice(log, ENTRIES_PER_READ)):
        yield page


def repeat(path: Path, numbers: int, times: int) -> None:
    """Make a read model whose numbers are all below `numbers`, a multiple of CHUNK, so many times as large."""
    connection = schema.open_for_writing(path)
    connection.create_function("id_of_copy", 2, _id_of_copy, deterministic=True)
    try:
        entries, span_ms = connection.execute(
            "SELECT max(e), max(ms) - min(ms) + ? FROM entries", (COMMIT_EVERY_MS,)
        ).fetchone()
        for copy in range(1, times):
            with transaction(connection):
                _copy(connection, copy, copy * numbers, copy * entries, copy * span_ms)
        with transaction(connection):
            connection.execute("UPDATE counters SET count = count * ?", (times,))
            connection.execute("UPDATE numbering SET next_n = ?, next_e = ?", (times * numbers, times * entries + 1))
    finally:
        connection.close()


def _copy(connection: sqlite3.Connection, copy: int, first_n: int, first_e: int, later_ms: int) -> None:
    """Add everything that was there at first once more, with numbers and times so much higher."""
    changed = {
        "n": "n + :n",
        "id": "id_of_copy(id, :copy)",
        "submission": "iif(submission, submission + :place, 0)",
        "success": "iif(success, success + :place, 0)",
        **{name: f"iif({name} > 0, {name} + :ms, {name})" for name in JOB_COLUMNS if name.endswith("_at_ms")},
    }
    columns = ", ".join(changed.get(name, name) for name in JOB_COLUMNS)
    values = {"copy": copy, "n": first_n, "e": first_e, "ms": later_ms, "place": first_e << INDEX_BITS}
    chunk = first_n >> SHIFT
    for statement in (
        f"INSERT INTO jobs SELECT {columns} FROM jobs WHERE n < :n / :copy",
        "INSERT INTO attempts SELECT n + :n, number, worker, outcome, started_at_ms, ended_at_ms, run_us, error "
        "FROM attempts WHERE n < :n / :copy",
        "INSERT INTO entries SELECT e + :e, partition, ms + :ms, seq, jobs, first_n + :n FROM entries "
        "WHERE e <= :e / :copy",
        "INSERT INTO commits SELECT e + :e, data FROM commits WHERE e <= :e / :copy",
        f"INSERT INTO postings SELECT kind, name, chunk + {chunk}, data FROM postings WHERE chunk < {chunk // copy}",
    ):
        connection.execute(statement, values)


def _id_of_copy(job_id: str, copy: int) -> str:
    """Return an id that rises with the copies: another first character."""
    return ALPHABET[copy] + job_id[1:]
