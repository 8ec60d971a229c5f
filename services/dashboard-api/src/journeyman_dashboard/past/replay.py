"""Folds events again: those of single jobs up to a moment, and all entries between a checkpoint and a moment.

With the transitions that folded them first, so what comes out is what was there. Numbers are given, not counted: jobs
and entries have those that they got at first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from journeyman.events import Entry, Event, Offset
from journeyman_dashboard.places import entry_of, index_of, read_places
from journeyman_dashboard.projection import Changes, Next, fold_events, spoken_of
from journeyman_dashboard.queries.entries import event_in, parts_of
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.rows import JobRow

_decode_all = msgspec.msgpack.Decoder(list[Event | None]).decode
_ENTRIES_AT_ONCE = 500


class Known(NamedTuple):
    """A job that there is: its number, and the places of its events."""

    n: int
    places: list[int]


class Replayed(Changes):
    """What events changed when they are folded again."""

    def __init__(self, known: dict[str, JobRow], numbers: Mapping[str, int]) -> None:
        super().__init__(known, Next())
        self._numbers = numbers

    def number_of(self, job_id: str) -> int:
        """Return the number that a job got; a negative one for a job that has been forgotten."""
        return self._numbers.get(job_id) or -self._next_n


def known_jobs(connection: sqlite3.Connection, column: str, values: Iterable[object]) -> dict[str, Known]:
    """Return by id, of the jobs that have one of these values in a column (`n` or `id`), what replaying them needs."""
    found = {
        job_id: Known(n, read_places(places))
        for n, job_id, places in connection.execute(
            f"SELECT jobs.n, jobs.id, places FROM json_each(?) JOIN main.jobs ON jobs.{column} = value",  # noqa: S608 - constants
            (as_json(values),),
        )
    }
    by_n = {job.n: job for job in found.values()}
    for n, earlier in connection.execute(
        "SELECT places.n, places FROM json_each(?) CROSS JOIN places ON places.n = value ORDER BY places.n, first DESC",
        (as_json(by_n),),
    ):
        by_n[n].places[:0] = read_places(earlier)
    return found


def replay_jobs(connection: sqlite3.Connection, jobs: Mapping[str, Known], ends: Mapping[str, int]) -> Replayed:
    """Fold the events of some jobs, each up to an entry (`ends`), and return their rows as new ones."""
    wanted: dict[int, list[int]] = {}
    for job_id, job in jobs.items():
        end = ends[job_id]
        for place in job.places:
            if entry_of(place) <= end:
                wanted.setdefault(entry_of(place), []).append(place)
    changes = Replayed({}, {job_id: job.n for job_id, job in jobs.items()})
    numbers = sorted(wanted)
    for start in range(0, len(numbers), _ENTRIES_AT_ONCE):
        rows = connection.execute(
            "SELECT e, partition, ms, seq, data FROM json_each(?) CROSS JOIN entries ON e = value "
            "JOIN commits USING (e) ORDER BY e",
            (as_json(numbers[start : start + _ENTRIES_AT_ONCE]),),
        )
        for e, partition, ms, seq, data in rows:
            parts = parts_of(data)
            changes.partition = partition
            events = [(index_of(place), event_in(parts, place)) for place in sorted(wanted[e])]
            fold_events(e, ms, seq, events, changes)
    return changes


class Stretch(NamedTuple):
    """The entries behind a checkpoint that are part of a moment."""

    numbers: list[int]
    partitions: list[int]
    entries: list[Entry]

    def jobs(self) -> set[str]:
        """Return the ids of the jobs that they speak of."""
        return spoken_of(self.entries, "\x7f")


def read_stretch(connection: sqlite3.Connection, after_e: int, last_e: Mapping[int, int]) -> Stretch:
    """Return the entries behind a checkpoint, up to the last in each partition."""
    stretch = Stretch([], [], [])
    rows = connection.execute(
        "SELECT e, partition, ms, seq, data FROM entries JOIN commits USING (e) WHERE e > ? AND e <= ? ORDER BY e",
        (after_e, max(last_e.values(), default=0)),
    )
    for e, partition, ms, seq, data in rows:
        if e <= last_e.get(partition, 0):
            stretch.numbers.append(e)
            stretch.partitions.append(partition)
            stretch.entries.append(Entry(Offset(ms, seq), _decode_all(data)))
    return stretch


def replay_stretch(stretch: Stretch, before: dict[str, JobRow], jobs: Mapping[str, Known]) -> Replayed:
    """Fold a stretch. before: the rows of the jobs that it speaks of, as they were when it began; changed in place."""
    changes = Replayed(before, {job_id: job.n for job_id, job in jobs.items()})
    for e, partition, entry in zip(stretch.numbers, stretch.partitions, stretch.entries, strict=True):
        changes.partition = partition
        fold_events(e, entry.offset.ms, entry.offset.seq, enumerate(entry.events), changes)
    changes.settle()
    return changes


def existing(rows: Iterable[JobRow]) -> Sequence[JobRow]:
    """Return those rows whose jobs have not been forgotten."""
    return [row for row in rows if row.n > 0]
