"""Walks jobs in the order of their numbers, without meeting those that the filters exclude, as far as indices can.

A *source* is a stretch of one index in which the numbers are in order: the jobs of one group (phase, queue, type,
priority), those of one group and worker, those with one tag, or all. `counters` says which groups there are, so any
filters on these four columns are a choice of groups, and their jobs are those groups' stretches, merged: what is
read is what is returned, however many jobs there are and however few match. What no source can answer is left to a
sieve, which looks at candidates as the walk finds them.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from journeyman_dashboard.queries.filters import Condition, JobFilter, both, grouped, searched, worked_on
from journeyman_dashboard.queries.lookup import as_json

#: Jobs with a tag are counted up to here to learn whether the tag or something else narrows more.
TAGGED_MAX = 10_000
#: A tag of fewer jobs than this is where to begin, whatever else is wanted.
RARE = 1_000
#: Share of all jobs from which on groups are taken to narrow less than a common tag.
COMMON = 0.05
#: Candidates that the sieve takes at once, at most.
CHUNK_MAX = 4_096


class Group(NamedTuple):
    """Jobs that `counters` counts together."""

    phase: str
    queue: str
    type: str
    priority: int
    jobs: int


class Source(NamedTuple):
    """A stretch of an index: what stands behind FROM and WHERE, and the values."""

    table: str
    where: str
    values: tuple[Any, ...]


class Walk(NamedTuple):
    """Where to go, and what is left to look at on the way: of a job's row, and of its tags."""

    sources: Sequence[Source]
    rows: Condition = Condition()
    tags: Sequence[tuple[str, str]] = ()

    @property
    def sifts(self) -> bool:
        """Whether anything is left to look at."""
        return bool(self.rows.terms or self.tags)


def groups_of(connection: sqlite3.Connection, wanted: JobFilter, paused: Iterable[str]) -> list[Group]:
    """Return the groups that have the wanted phase, queue, type and priority."""
    condition = grouped(wanted, paused)
    found = connection.execute(
        f"SELECT phase, queue, type, priority, count FROM counters WHERE {condition.sql()}",  # noqa: S608 - constants
        condition.values,
    )
    return [Group(*row) for row in found]


def plan(
    connection: sqlite3.Connection,
    wanted: JobFilter,
    groups: Sequence[Group],
    paused: Iterable[str],
    *,
    priority: int | None = None,
) -> Walk:
    """Choose the sources. priority: only jobs of that one, which is that of all the groups."""
    inside = grouped(wanted, paused)
    if priority is not None:
        inside.add("priority = ?", priority)
    if wanted.tags and _begins_with_tags(connection, wanted, groups, narrowed=bool(inside.terms)):
        rows = both(inside, worked_on(wanted), searched(wanted))
        return Walk([_of_tag(*tag) for tag in wanted.tags], rows)
    if wanted.worker:
        sources = [_of_group(group, worker) for worker in wanted.worker for group in groups]
        sources.append(_earlier(wanted, inside))
    else:
        sources = [_of_group(group) for group in groups] if inside.terms else [Source("jobs NOT INDEXED", "1", ())]
    return Walk(sources, searched(wanted), wanted.tags)


def _of_group(group: Group, worker: str | None = None) -> Source:
    where = "phase = ? AND queue = ? AND type = ? AND priority = ?"
    values = (group.phase, group.queue, group.type, group.priority)
    if worker is None:
        return Source("jobs INDEXED BY jobs_by_group", where, values)
    return Source("jobs INDEXED BY jobs_by_worker", f"worker = ? AND worker <> '' AND {where}", (worker, *values))


def _earlier(wanted: JobFilter, inside: Condition) -> Source:
    """Return the jobs of which one of the workers had an attempt that is not the latest, as another had that one."""
    names = as_json(wanted.worker)
    had = "n IN (SELECT a.n FROM attempts a WHERE a.worker IN (SELECT value FROM json_each(?)))"
    other = "worker NOT IN (SELECT value FROM json_each(?))"
    return Source("jobs NOT INDEXED", f"{had} AND {other} AND {inside.sql()}", (names, names, *inside.values))


def _of_tag(key: str, value: str) -> Source:
    return Source("tags", "key = ? AND value = ?", (key, value))


def _begins_with_tags(
    connection: sqlite3.Connection, wanted: JobFilter, groups: Sequence[Group], *, narrowed: bool
) -> bool:
    """Tell whether fewer jobs have the tags than are in the groups, or were with the workers, as far as is known."""
    tagged = 0
    for tag in wanted.tags:
        tagged += count_source(connection, _of_tag(*tag), (0, 2**62), TAGGED_MAX)
    if tagged < RARE or not (narrowed or wanted.worker):
        return True
    if wanted.worker:
        return False
    inside = sum(group.jobs for group in groups)
    if tagged < TAGGED_MAX:
        return tagged < inside
    total: int = connection.execute("SELECT coalesce(sum(count), 0) FROM counters").fetchone()[0]
    return inside > total * COMMON


# --- going -----------------------------------------------------------------------------------------------


def count_source(connection: sqlite3.Connection, source: Source, span: tuple[int, int], most: int) -> int:
    """Count the jobs of one source with numbers in a span (from, before), up to `most`."""
    found: int = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM {source.table} WHERE {source.where} AND n >= ? AND n < ? LIMIT ?)",  # noqa: S608 - constants
        (*source.values, *span, most),
    ).fetchone()[0]
    return found


def numbers(connection: sqlite3.Connection, walk: Walk, span: tuple[int, int], direction: str) -> Iterator[int]:
    """Yield the numbers that lie in a span (from, before) and pass the sieve, in order, each once."""
    candidates = _merged(connection, walk.sources, span, direction)
    if not walk.sifts:
        yield from candidates
        return
    size = 128
    while chunk := list(islice(candidates, size)):
        passed = _sifted(connection, walk, chunk)
        yield from (n for n in chunk if n in passed)
        size = min(size * 2, CHUNK_MAX)


def _sifted(connection: sqlite3.Connection, walk: Walk, candidates: list[int]) -> set[int]:
    """Return those candidates that have one of the tags and whose rows are as wanted."""
    given = "n IN (SELECT value FROM json_each(?))"
    passed = set(candidates)
    if walk.tags:
        statement = f"SELECT n FROM tags WHERE key = ? AND value = ? AND {given}"  # noqa: S608 - constants
        numbers_ = as_json(passed)
        passed = {n for tag in walk.tags for (n,) in connection.execute(statement, (*tag, numbers_))}
    if walk.rows.terms and passed:
        statement = f"SELECT n FROM jobs NOT INDEXED WHERE {given} AND {walk.rows.sql()}"  # noqa: S608 - constants
        passed = {n for (n,) in connection.execute(statement, (as_json(passed), *walk.rows.values))}
    return passed


def _merged(
    connection: sqlite3.Connection, sources: Sequence[Source], span: tuple[int, int], direction: str
) -> Iterator[int]:
    """Merge sources. One is opened when the walk comes to its first number, so most of many are only looked at."""
    sign = -1 if direction == "DESC" else 1

    def go(source: Source, limit: int) -> sqlite3.Cursor:
        return connection.execute(
            f"SELECT n FROM {source.table} WHERE {source.where} AND n >= ? AND n < ? ORDER BY n {direction} LIMIT ?",  # noqa: S608 - constants
            (*source.values, *span, limit),
        )

    ahead = [(sign * n, index) for index, source in enumerate(sources) for (n,) in go(source, 1).fetchall()]
    heapq.heapify(ahead)
    opened: dict[int, sqlite3.Cursor] = {}
    last: int | None = None
    while ahead:
        key, index = ahead[0]
        if index not in opened:
            opened[index] = go(sources[index], -1)
            opened[index].fetchone()
        following = opened[index].fetchone()
        if following is None:
            heapq.heappop(ahead)
        else:
            heapq.heapreplace(ahead, (sign * following[0], index))
        if key != last:
            yield sign * key
        last = key
