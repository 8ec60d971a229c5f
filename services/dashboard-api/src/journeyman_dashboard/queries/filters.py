"""What a list of jobs may be narrowed to, as data and as conditions in SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec

from journeyman_dashboard.queries.lookup import as_json
from journeyman_dashboard.rows import STATUS_OF_PHASE


class JobFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs are asked for: alternatives within a field, all fields together. Empty: any.

    Times: from `submitted_after_ms` on, and before `submitted_before_ms`.
    """

    status: tuple[str, ...] = ()
    phase: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()
    priority_min: int | None = None
    priority_max: int | None = None
    worker: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    submitted_after_ms: int | None = None
    submitted_before_ms: int | None = None
    q: str = ""

    def counted(self) -> bool:
        """Whether the counters know how many jobs match."""
        times = self.submitted_after_ms is None and self.submitted_before_ms is None
        return times and not (self.worker or self.tags or self.q)


class Condition:
    """A WHERE clause as it grows: SQL and its parameters. No input is ever part of the SQL."""

    def __init__(self, *terms: str) -> None:
        self.terms = list(terms)
        self.values: list[Any] = []

    def add(self, term: str, *values: Any) -> None:
        """Add a term, which must hold as well."""
        self.terms.append(term)
        self.values += values

    def one_of(self, column: str, values: Iterable[str]) -> None:
        """Add that a column has one of these values."""
        self.add(f"{column} IN (SELECT value FROM json_each(?))", as_json(values))  # noqa: S608 - constants

    def sql(self) -> str:
        """Return the clause."""
        return " AND ".join(self.terms) or "1"


def grouped(wanted: JobFilter, paused: Iterable[str]) -> Condition:
    """Return what is wanted of phase, queue, type and priority: columns that `counters` and `jobs` both have."""
    condition = Condition()
    if wanted.status or wanted.phase:
        _phases(condition, wanted, paused)
    if wanted.type:
        condition.one_of("type", wanted.type)
    if wanted.queue:
        condition.one_of("queue", wanted.queue)
    if wanted.priority_min is not None:
        condition.add("priority >= ?", wanted.priority_min)
    if wanted.priority_max is not None:
        condition.add("priority <= ?", wanted.priority_max)
    return condition


def _phases(condition: Condition, wanted: JobFilter, paused: Iterable[str]) -> None:
    """Add which phases are wanted. `held` is stored as `ready`: in a paused queue it is the one, else the other."""
    phases = {
        phase
        for phase, status in STATUS_OF_PHASE.items()
        if (not wanted.status or status in wanted.status) and (not wanted.phase or phase in wanted.phase)
    }
    stored = sorted(phases - {"held"} | ({"ready"} if "held" in phases else set()))
    condition.one_of("phase", stored)
    if len(phases & {"held", "ready"}) == 1:
        negation = "" if "held" in phases else "NOT "
        condition.add(
            f"(phase <> 'ready' OR queue {negation}IN (SELECT value FROM json_each(?)))",  # noqa: S608 - constants
            as_json(paused),
        )


def tagged(wanted: JobFilter) -> Condition:
    """Return that a job has one of the tags."""
    condition = Condition()
    if wanted.tags:
        pair = "EXISTS (SELECT 1 FROM tags t WHERE t.key = ? AND t.value = ? AND t.n = jobs.n)"
        pairs = " OR ".join([pair] * len(wanted.tags))
        condition.add(f"({pairs})", *(part for tag in wanted.tags for part in tag))
    return condition


def worked_on(wanted: JobFilter) -> Condition:
    """Return that one of the workers had an attempt of the job, the latest one or one before."""
    condition = Condition()
    if wanted.worker:
        names = as_json(wanted.worker)
        condition.add(
            "(worker IN (SELECT value FROM json_each(?)) "
            "OR n IN (SELECT a.n FROM attempts a WHERE a.worker IN (SELECT value FROM json_each(?))))",
            names,
            names,
        )
    return condition


def searched(wanted: JobFilter) -> Condition:
    """Return that a job's id begins with the text, or its type, payload or error contains it."""
    condition = Condition()
    if wanted.q:
        literal = wanted.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        inside = f"%{literal}%"
        condition.add(
            "(id LIKE ? ESCAPE '\\' OR type LIKE ? ESCAPE '\\' OR error LIKE ? ESCAPE '\\' "
            "OR EXISTS (SELECT 1 FROM payloads p WHERE p.n = jobs.n AND p.value LIKE ? ESCAPE '\\'))",
            f"{literal}%",
            inside,
            inside,
            inside,
        )
    return condition


def both(*conditions: Condition) -> Condition:
    """Return that all of these hold."""
    result = Condition()
    for condition in conditions:
        result.terms += condition.terms
        result.values += condition.values
    return result


def between(connection: sqlite3.Connection, wanted: JobFilter) -> tuple[int, int]:
    """Return from which number on, and before which, the jobs submitted at the wanted times are."""
    low, high = 0, 2**62
    if wanted.submitted_after_ms is not None:
        low = first_n_since(connection, wanted.submitted_after_ms)
    if wanted.submitted_before_ms is not None:
        high = first_n_since(connection, wanted.submitted_before_ms)
    return low, high


def first_n_since(connection: sqlite3.Connection, at_ms: int) -> int:
    """Return the number of the first job submitted at or after a time. Numbers rise with time: a binary search."""
    low, high = connection.execute(
        "SELECT coalesce((SELECT min(n) FROM jobs), 1), coalesce((SELECT max(n) FROM jobs), 0) + 1"
    ).fetchone()
    while low < high:
        middle = (low + high) // 2
        n, submitted_at_ms = connection.execute(
            "SELECT n, submitted_at_ms FROM jobs WHERE n >= ? ORDER BY n LIMIT 1", (middle,)
        ).fetchone()
        if submitted_at_ms >= at_ms:
            high = middle
        else:
            low = n + 1
    return int(low)
