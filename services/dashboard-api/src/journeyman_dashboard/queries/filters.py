"""What a list of jobs may be narrowed to, as data and as conditions in SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec

from journeyman_dashboard.payloads import PayloadTerm
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.rows import STATUS_OF_PHASE
from journeyman_dashboard.views import Shut


class JobFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs are asked for: alternatives within a field, all fields together. Empty: any.

    Times: from `submitted_after_ms` on, and before `submitted_before_ms`. payload: all of these. error: text of the
    latest error; of jobs that have completed there is none.
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
    fingerprint: tuple[str, ...] = ()
    error: str = ""
    q: str = ""
    payload: tuple[PayloadTerm, ...] = ()

    def searched(self) -> bool:
        """Whether jobs must be looked at one by one."""
        return bool(self.q or self.payload or self.error)

    def counted(self) -> bool:
        """Whether the counters know how many jobs match."""
        times = self.submitted_after_ms is None and self.submitted_before_ms is None
        return times and not (self.worker or self.tags or self.fingerprint or self.searched())


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


def wanted_phases(wanted: JobFilter) -> frozenset[str] | None:
    """Return the phases that are asked for, by themselves, by status or by error; None for any."""
    if not (wanted.status or wanted.phase or wanted.error):
        return None
    return frozenset(
        phase
        for phase, status in STATUS_OF_PHASE.items()
        if (not wanted.status or status in wanted.status)
        and (not wanted.phase or phase in wanted.phase)
        and not (wanted.error and phase == "completed")
    )


def grouped(wanted: JobFilter, closed: Shut) -> Condition:
    """Return what is wanted of phase, queue, type and priority: the columns of `counters`."""
    condition = Condition()
    _phases(condition, wanted, closed)
    if wanted.type:
        condition.one_of("type", wanted.type)
    if wanted.queue:
        condition.one_of("queue", wanted.queue)
    if wanted.priority_min is not None:
        condition.add("priority >= ?", wanted.priority_min)
    if wanted.priority_max is not None:
        condition.add("priority <= ?", wanted.priority_max)
    return condition


def _phases(condition: Condition, wanted: JobFilter, closed: Shut) -> None:
    """Add which phases are wanted. `held` is stored as `ready`: where queue or type is shut it is the one."""
    phases = wanted_phases(wanted)
    if phases is None:
        return
    stored = sorted(phases - {"held"} | ({"ready"} if "held" in phases else set()))
    condition.one_of("phase", stored)
    if len(phases & {"held", "ready"}) == 1:
        negation = "" if "held" in phases else "NOT "
        condition.add(
            f"(phase <> 'ready' OR {negation}(queue IN (SELECT value FROM json_each(?)) "  # noqa: S608 - constants
            "OR type IN (SELECT value FROM json_each(?))))",
            as_json(closed.queues),
            as_json(closed.types),
        )


#: Numbers from the first on, and before the second.
Span = tuple[int, int]
EVERYTHING: Span = (0, 2**62)


#: No number at all.
NOTHING: Span = (0, 0)


def between(connection: sqlite3.Connection, wanted: JobFilter, only: int | None = None) -> dict[int, Span]:
    """Return, by partition, from which number on and before which the jobs submitted at the wanted times are.

    Nothing for all jobs. only: the partition that is wanted.
    """
    after, before = wanted.submitted_after_ms, wanted.submitted_before_ms
    partitions = [one for (one,) in connection.execute("SELECT partition FROM main.cursors ORDER BY partition")]
    if after is None and before is None and (only is None or partitions == [only]):
        return {}
    return {
        partition: (
            EVERYTHING[0] if after is None else first_n_since(connection, partition, after),
            EVERYTHING[1] if before is None else first_n_since(connection, partition, before),
        )
        if only is None or partition == only
        else NOTHING
        for partition in partitions
    }


def first_n_since(connection: sqlite3.Connection, partition: int, at_ms: int) -> int:
    """Return the number that parts a partition's jobs: those submitted at or after a time have it or a higher one.

    Numbers rise with time within a partition, and its first entry since then knows which came next.
    """
    found = connection.execute(
        "SELECT first_n FROM entries WHERE partition = ? AND ms >= ? ORDER BY ms, seq, e LIMIT 1", (partition, at_ms)
    ).fetchone()
    return EVERYTHING[1] if found is None else int(found[0])


def spelled_out(connection: sqlite3.Connection, wanted: JobFilter) -> JobFilter:
    """Return a filter with the types and queues that patterns (`image*`) stand for; one that fits none stays."""
    if not any(name.endswith("*") for name in (*wanted.type, *wanted.queue)):
        return wanted
    types, queues = _matching(connection, "type", wanted.type), _matching(connection, "queue", wanted.queue)
    return msgspec.structs.replace(wanted, type=types, queue=queues)


def _matching(connection: sqlite3.Connection, column: str, names: tuple[str, ...]) -> tuple[str, ...]:
    prefixes = tuple(name[:-1] for name in names if name.endswith("*"))
    known = [name for (name,) in connection.execute(f"SELECT DISTINCT {column} FROM counters")] if prefixes else []  # noqa: S608
    return (*names, *(name for name in known if name.startswith(prefixes)))
