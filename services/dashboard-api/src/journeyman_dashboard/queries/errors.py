"""What jobs of a type failed of: the errors of their attempts, and of those that failed for good, by cause.

The read model has the latest error of every job in its sets, and the errors of earlier attempts in rows of their own.
So many of either are looked at, the latest; what they say is counted exactly.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

import msgspec

from journeyman_dashboard.params import write_time
from journeyman_dashboard.past.shown import picture_of, show
from journeyman_dashboard.queries.filters import EVERYTHING, JobFilter
from journeyman_dashboard.queries.remembered import RememberedSets
from journeyman_dashboard.queries.selection import select
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.views import Shut

#: Jobs that are looked at for their latest error, and attempts (of all types) for that of an earlier one.
JOBS_MAX = 2_000
ATTEMPTS_MAX = 2_000
FINGERPRINTS_MAX = 500
GROUPS_MAX = 50
MESSAGE_MAX = 2_000

_FINGERPRINTS = (
    "WITH RECURSIVE known(name) AS (SELECT min(name) FROM main.{0} WHERE kind = 'fingerprint' UNION ALL "
    "SELECT (SELECT min(name) FROM main.{0} WHERE kind = 'fingerprint' AND name > known.name) FROM known "
    "WHERE name IS NOT NULL) SELECT name FROM known WHERE name IS NOT NULL LIMIT ?"
)


class ErrorGroup(msgspec.Struct):
    """Errors with the same fingerprint; the message and the job are those of the last.

    `count`: attempts that failed of it, and jobs that did without one; `jobs`: in how many jobs; `dead`: how many of
    these have failed for good, of it.
    """

    fingerprint: str
    error_type: str
    message: str
    count: int
    jobs: int
    dead: int
    first_at: str | None
    last_at: str | None
    job_id: str


class ErrorSample(msgspec.Struct):
    """What errors were looked for in, the latest so many; null: in all there are.

    `jobs` of the type that have one; `attempts` of all types that failed before another.
    """

    jobs: int | None
    attempts: int | None


class Errors(NamedTuple):
    """The errors of a type, the most frequent first; whether these are all; what was looked at."""

    groups: list[ErrorGroup]
    exact: bool
    sample: ErrorSample


class _Error(msgspec.Struct):
    type: str
    message: str = ""
    fingerprint: str = ""


class _Group:
    def __init__(self) -> None:
        self.count = self.dead = 0
        self.jobs: set[str] = set()
        self.first_ms, self.last_ms = 2**62, 0
        self.last = ("", "")

    def add(self, at_ms: int, job_id: str, message: str, *, dead: bool) -> None:
        self.count += 1
        self.dead += dead
        self.jobs.add(job_id)
        self.first_ms = min(self.first_ms, at_ms)
        if (at_ms, job_id) >= (self.last_ms, self.last[0]):
            self.last_ms, self.last = at_ms, (job_id, message)


_read = msgspec.json.Decoder(_Error).decode


def errors_of(connection: sqlite3.Connection, kind: str, sets: RememberedSets | None = None) -> Errors:
    """Return what jobs of a type failed of, and what of it was looked at."""
    latest, all_jobs = _with_latest(connection, kind, sets)
    earlier, all_attempts = _with_earlier(connection, kind)
    show(connection, {*latest, *earlier})
    groups: dict[tuple[str, str], _Group] = {}
    for job_id, at_ms, dead, text in (*_latest(connection, latest), *_earlier(connection, earlier)):
        error = _read(text)
        group = groups.setdefault((error.fingerprint, error.type), _Group())
        group.add(at_ms, job_id, error.message[:MESSAGE_MAX], dead=bool(dead))
    found = sorted(groups.items(), key=lambda item: (-item[1].count, -item[1].last_ms, item[0]))
    views = [_view(*cause, group) for cause, group in found[:GROUPS_MAX]]
    sample = ErrorSample(None if all_jobs else len(latest), None if all_attempts else ATTEMPTS_MAX)
    return Errors(views, all_jobs and all_attempts and len(found) <= GROUPS_MAX, sample)


def _view(fingerprint: str, error_type: str, group: _Group) -> ErrorGroup:
    job_id, message = group.last
    times = (write_time(group.first_ms), write_time(group.last_ms))
    return ErrorGroup(fingerprint, error_type, message, group.count, len(group.jobs), group.dead, *times, job_id)


def _with_latest(connection: sqlite3.Connection, kind: str, sets: RememberedSets | None) -> tuple[list[int], bool]:
    """Return the jobs of the type whose latest error is known, and whether these are all."""
    known = set(_names(connection, "postings"))
    if picture_of(connection) is not None:
        known.update(_names(connection, "postings_history"))
    if not known:
        return [], True
    wanted = JobFilter(type=(kind,), fingerprint=tuple(sorted(known)[:FINGERPRINTS_MAX]))
    numbers = list(islice(select(connection, sets, wanted, Shut()).numbers("DESC"), JOBS_MAX + 1))
    return numbers[:JOBS_MAX], len(numbers) <= JOBS_MAX and len(known) <= FINGERPRINTS_MAX


def _names(connection: sqlite3.Connection, table: str) -> list[str]:
    return [name for (name,) in connection.execute(_FINGERPRINTS.format(table), (FINGERPRINTS_MAX + 1,))]


def _with_earlier(connection: sqlite3.Connection, kind: str) -> tuple[list[int], bool]:
    """Return the jobs of the type that had an attempt fail before their latest, and whether these are all.

    An attempt does not know the type of its job, so those of all types count.
    """
    picture = picture_of(connection)
    end = EVERYTHING[1] if picture is None else max(picture.ends.values(), default=0)
    numbers = connection.execute(
        "SELECT n FROM main.attempts WHERE outcome IN ('failed', 'lost') AND n < ? ORDER BY n DESC LIMIT ?",
        (end, ATTEMPTS_MAX + 1),
    ).fetchall()
    jobs = {n for (n,) in numbers[:ATTEMPTS_MAX]}
    of_type = connection.execute(
        "SELECT n FROM json_each(?) CROSS JOIN main.jobs ON n = value WHERE jobs.type = ?", (as_json(jobs), kind)
    )
    return [n for (n,) in of_type], len(numbers) <= ATTEMPTS_MAX


def _latest(connection: sqlite3.Connection, numbers: Iterable[int]) -> list[tuple[str, int, int, str]]:
    return connection.execute(
        "SELECT jobs.id, CASE WHEN outcome IN ('failed', 'lost') THEN attempt_ended_at_ms ELSE finished_at_ms END, "
        "phase = 'dead', error FROM json_each(?) JOIN jobs ON n = value WHERE error IS NOT NULL",
        (as_json(numbers),),
    ).fetchall()


def _earlier(connection: sqlite3.Connection, numbers: Iterable[int]) -> list[tuple[str, int, int, str]]:
    return connection.execute(
        "SELECT jobs.id, a.ended_at_ms, 0, a.error FROM json_each(?) JOIN attempts AS a ON a.n = value "
        "JOIN jobs ON jobs.n = a.n WHERE a.outcome IN ('failed', 'lost') AND a.error IS NOT NULL",
        (as_json(numbers),),
    ).fetchall()
