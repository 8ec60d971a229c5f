from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman import events as e
from journeyman_dashboard import retention, schema, store
from journeyman_dashboard.bits import SHIFT, ascending, from_bytes
from journeyman_dashboard.postings import sets_of
from journeyman_dashboard.projection import Next
from journeyman_dashboard.rows import JOB_COLUMNS, JobRow
from support.random_logs import T, logs

TABLES = (
    *("jobs", "attempts", "places", "postings", "dependencies", "entries", "commits", "counters", "rollups"),
    *("queues", "workers", "scaling", "quarantine", "notable"),
)


@contextmanager
def empty() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.rebuild(connection)
    yield connection
    connection.close()


def project(connection: sqlite3.Connection, batches: list[list[e.Entry]]) -> None:
    following, stored = Next(), store.Store(connection)
    for batch in batches:
        with store.transaction(connection):
            following = stored.project(batch, following).following


def tables(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in TABLES}


@settings(max_examples=150, deadline=None)
@given(logs(), st.data())
def test_a_log_projected_in_any_batches_gives_the_same_tables(entries: list[e.Entry], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(entries)))) | {0, len(entries)})
    batches = [entries[start:end] for start, end in pairwise(cuts)]
    with empty() as at_once, empty() as in_parts:
        project(at_once, [entries])
        project(in_parts, batches)
        assert tables(in_parts) == tables(at_once)


@settings(max_examples=100, deadline=None)
@given(logs())
def test_the_counters_are_what_counting_would_give(entries: list[e.Entry]) -> None:
    with empty() as connection:
        project(connection, [[entry] for entry in entries])
        counted = connection.execute(
            "SELECT queue, type, priority, phase, count(*) FROM jobs GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
        ).fetchall()
        kept = connection.execute("SELECT * FROM counters ORDER BY 1, 2, 3, 4").fetchall()
        assert kept == counted


def stored_sets(connection: sqlite3.Connection) -> dict[tuple[str, str], set[int]]:
    found: dict[tuple[str, str], set[int]] = {}
    for kind, name, chunk, data in connection.execute("SELECT * FROM postings"):
        found.setdefault((kind, name), set()).update(ascending(from_bytes(data), chunk << SHIFT))
    return found


def expected_sets(connection: sqlite3.Connection) -> dict[tuple[str, str], set[int]]:
    expected: dict[tuple[str, str], set[int]] = {}
    for columns in connection.execute(f"SELECT {', '.join(JOB_COLUMNS)} FROM jobs"):
        row = JobRow(*columns)
        for name in sets_of(row):
            expected.setdefault(name, set()).add(row.n)
    return expected


@settings(max_examples=100, deadline=None)
@given(logs())
def test_the_sets_are_those_that_the_jobs_are_in(entries: list[e.Entry]) -> None:
    with empty() as connection:
        project(connection, [[entry] for entry in entries])
        assert stored_sets(connection) == expected_sets(connection)


@settings(max_examples=100, deadline=None)
@given(logs(), st.integers(0, 30_000))
def test_what_retention_deletes_is_in_no_set_and_keeps_no_entry(entries: list[e.Entry], age_ms: int) -> None:
    with empty() as connection:
        project(connection, [[entry] for entry in entries])
        retention.delete_step(connection, 0, T + age_ms)
        assert stored_sets(connection) == expected_sets(connection)
        (wrong,) = connection.execute("SELECT count(*) FROM commits WHERE e NOT IN (SELECT e FROM entries)").fetchone()
        assert wrong == 0
        assert connection.execute("SELECT 1 FROM entries WHERE jobs < 0").fetchall() == []
