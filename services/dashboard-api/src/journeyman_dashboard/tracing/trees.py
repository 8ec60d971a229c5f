"""Reads from the read model what the spans of jobs are made of: events, dependencies, when queues were shut.

All of it stands there as long as the jobs do, so a job's spans are the same whenever they are made, and nothing of a
job that is under way needs to be kept for them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from journeyman import events as e
from journeyman.tracing import conventions as c
from journeyman.tracing.sampling import Sampler
from journeyman.tracing.shapes import ENDS, Link, Shut, Span, Subject, root_link
from journeyman.tracing.spans import tree_of
from journeyman_dashboard.places import entry_of, index_of, read_places
from journeyman_dashboard.queries.entries import events_at, events_between, offsets_of
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.tracing.handing import End, Handed
from journeyman_dashboard.tracing.plain import records_of

#: Events of a job that are looked at: the first of these, and the last. More have only jobs that report much progress.
FIRST_MAX, LAST_MAX = 100, 1_900
#: Ends found in one step of a scan, at most.
SCANNED_MAX = 500
#: Events looked at in one step of a scan.
LOOKED_AT_MAX = 20_000


class _Row(NamedTuple):
    n: int
    id: str
    type: str
    queue: str
    traceparent: str
    tags: str | None
    generation: int
    places: bytes


_COLUMNS = "n, id, type, queue, traceparent, tags, generation, places"
_SHUTS = ("queue.paused", "breaker.opened")
_OPENS = ("queue.resumed", "breaker.closed")

#: Of which queue or type, by the first word of the event's name.
Shuts = Mapping[tuple[str, str], Sequence[Shut]]


def trees(connection: sqlite3.Connection, partition: int, ends: Sequence[End]) -> list[list[Span]]:
    """Return the spans of jobs that ended, each the root first; nothing of jobs that are not known any more."""
    read = _Read(connection, [end for end in ends if end.plain is None])
    shuts = shut_times(connection, partition)
    found = []
    for end in ends:
        job = read.job(end) if end.plain is None else end.plain
        if job is None:
            continue
        tags = msgspec.json.decode(job.tags, type=dict[str, str]) if job.tags else {}
        subject = Subject(end.job_id, job.type, job.queue, job.traceparent, tags, partition)
        shut = merged([*shuts.get(("queue", job.queue), ()), *shuts.get(("breaker", job.type), ())]) if shuts else []
        if end.plain is None:
            found.append(tree_of(subject, read.told(end), read.links(end), shut))
        else:
            found.append(tree_of(subject, records_of(end.job_id, end.plain, end.place), (), shut))
    return [tree for tree in found if tree]


class _Read:
    """What the read model says of jobs: their rows, their events, those they depended on."""

    def __init__(self, connection: sqlite3.Connection, ends: Sequence[End]) -> None:
        self._connection = connection
        self._rows = _rows(connection, {end.job_id for end in ends}) if ends else {}
        self._histories = _histories(connection, self._rows.values()) if ends else {}
        parents = {parent for told in self._histories.values() for parent in _parents(told)}
        self._parents = _rows(connection, parents) if parents else {}

    def job(self, end: End) -> _Row | None:
        return self._rows.get(end.job_id)

    def told(self, end: End) -> list[e.Record]:
        """Return a job's events up to its end."""
        history = self._histories[self._rows[end.job_id].n]
        return [record for record in history if record.offset <= end.place]

    def links(self, end: End) -> list[Link]:
        return _links(self._connection, self.told(end), self._parents, end)


def ends_between(
    connection: sqlite3.Connection, partition: int, after: e.Offset, until: e.Offset, sampler: Sampler
) -> Handed:
    """Return the sampled ends behind a place and not behind another, or of a first part of that."""
    ends: list[tuple[e.Event, End]] = []
    last = after
    for count, told in enumerate(events_between(connection, {partition: after}, {partition: until})):
        if isinstance(told.event, ENDS):
            ends.append((told.event, End(told.event.job_id, told.offset)))
        last = told.offset
        if count >= LOOKED_AT_MAX or len(ends) >= SCANNED_MAX:
            break
    else:
        last = until
    rows = _rows(connection, {end.job_id for _, end in ends})
    return Handed(
        after,
        last,
        [
            end
            for event, end in ends
            if end.job_id in rows
            and (isinstance(event, e.JobDeadLettered) or sampler.keeps_job(end.job_id, rows[end.job_id].traceparent))
        ],
    )


def _rows(connection: sqlite3.Connection, ids: Iterable[str]) -> dict[str, _Row]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM jobs WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608 - constants
        (as_json(ids),),
    )
    return {row.id: row for row in map(_Row._make, rows)}


def _histories(connection: sqlite3.Connection, rows: Iterable[_Row]) -> dict[int, list[e.Record]]:
    """Return the events of jobs, in log order."""
    places: dict[int, list[int]] = {row.n: [] for row in rows}
    for n, earlier in connection.execute(
        "SELECT n, places FROM places WHERE n IN (SELECT value FROM json_each(?)) ORDER BY n, first", (as_json(places),)
    ):
        places[n] += read_places(earlier)
    for row in rows:
        places[row.n] += read_places(row.places)
    looked_at = {n: _bounded(all_of) for n, all_of in places.items()}
    events = events_at(connection, (place for wanted in looked_at.values() for place in wanted))
    offsets = offsets_of(connection, map(entry_of, events))
    return {n: list(_records(wanted, events, offsets)) for n, wanted in looked_at.items()}


def _bounded(places: list[int]) -> list[int]:
    return places if len(places) <= FIRST_MAX + LAST_MAX else places[:FIRST_MAX] + places[-LAST_MAX:]


def _records(
    places: Iterable[int], events: Mapping[int, e.Event], offsets: Mapping[int, tuple[int, e.Offset]]
) -> Iterator[e.Record]:
    for place in places:
        if place in events:
            _, (ms, seq, _) = offsets[entry_of(place)]
            yield e.Record(e.Offset(ms, seq, index_of(place)), ms, events[place])


# --- dependencies ----------------------------------------------------------------------------------------


def _parents(told: Iterable[e.Record]) -> Sequence[str]:
    for record in told:
        if isinstance(record.event, e.JobSubmitted):
            return record.event.depends_on
    return ()


def _links(
    connection: sqlite3.Connection, told: Sequence[e.Record], parents: Mapping[str, _Row], end: End
) -> list[Link]:
    links = []
    for parent in _parents(told):
        if parent in parents:
            row = parents[parent]
            generation = row.generation if row.generation == 1 else _generation_at(connection, row, end.place)
            links.append(root_link(row.id, row.traceparent, generation, c.LINK_DEPENDENCY))
    return links


def _generation_at(connection: sqlite3.Connection, row: _Row, place: e.Offset) -> int:
    """Return which generation of a job was the latest at a time; in another partition too, as far as clocks agree."""
    redriven = [
        record.event.generation
        for record in _histories(connection, [row])[row.n]
        if isinstance(record.event, e.JobRedriven) and record.at_ms <= place.ms
    ]
    return max(redriven, default=1)


# --- when no worker could take a job ---------------------------------------------------------------------


def shut_times(connection: sqlite3.Connection, partition: int) -> Shuts:
    """Return when queues were paused and breakers open, as far as that is remembered.

    Exact up to two changes a minute; of more, the first and the last.
    """
    changes: dict[tuple[str, str], set[tuple[int, int, int, bool]]] = {}
    for event, subject, *places in connection.execute(
        "SELECT event, subject, first_ms, first_seq, first_idx, ms, seq, idx FROM notable "
        "WHERE partition = ? AND event IN (?, ?, ?, ?)",
        (partition, *_SHUTS, *_OPENS),
    ):
        of = changes.setdefault((event.partition(".")[0], subject), set())
        of.add((*places[:3], event in _SHUTS))
        of.add((*places[3:], event in _SHUTS))
    return {subject: list(_in_turn(sorted(each))) for subject, each in changes.items()}


def _in_turn(changes: Iterable[tuple[int, int, int, bool]]) -> Iterator[Shut]:
    since_ms: int | None = None
    for ms, _, _, shuts in changes:
        if shuts:
            since_ms = ms if since_ms is None else since_ms
        elif since_ms is not None:
            yield Shut(since_ms, ms)
            since_ms = None
    if since_ms is not None:
        yield Shut(since_ms, None)


def merged(shuts: Iterable[Shut]) -> list[Shut]:
    """Return times in order, those that meet as one."""
    found: list[Shut] = []
    for shut in sorted(shuts, key=lambda shut: shut.since_ms):
        last = found[-1] if found else None
        if last is None or (last.until_ms is not None and last.until_ms < shut.since_ms):
            found.append(shut)
        elif last.until_ms is not None:
            found[-1] = Shut(last.since_ms, None if shut.until_ms is None else max(last.until_ms, shut.until_ms))
    return found
