"""Folds a synthetic log into a read model with the dashboard's own code, and says how fast that went."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.synthetic_log import Commit, commits
from journeyman.codec import decode_commit
from journeyman_dashboard import schema
from journeyman_dashboard.projector import ENTRIES_PER_READ, batches
from journeyman_dashboard.store import project, read_cursor, transaction, write_cursor


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
    spent: list[tuple[int, float]] = []
    try:
        for page in _pages(jobs):
            started = time.process_time()
            cursor = read_cursor(connection)
            for batch in batches([decode_commit(commit.data, commit.offset) for commit in page]):
                with transaction(connection):
                    next_n = project(connection, batch, cursor.next_n).next_n
                    events = cursor.events + sum(len(entry.events) for entry in batch)
                    cursor = cursor._replace(offset=batch[-1].offset, next_n=next_n, events=events)
                    write_cursor(connection, cursor)
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


def _pages(jobs: int) -> Iterator[list[Commit]]:
    log = commits(jobs)
    while page := list(itertools.islice(log, ENTRIES_PER_READ)):
        yield page
