"""Folds a batch of log entries into changes of rows. Pure: what it needs is handed in, what it says is returned.

A batch touches each job's row once, however many of its events are in it, and an entry's events are kept together as
they came: what a job costs is mostly one row. Folding the same entries in batches of any split gives the same rows:
nothing here looks at a clock or at where a batch begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec

from journeyman import events as e
from journeyman_dashboard.describing import DescribedRow, described
from journeyman_dashboard.notable import OF_JOBS as NOTABLE_OF_JOBS
from journeyman_dashboard.notable import Notes
from journeyman_dashboard.places import FULL, INDEX_BITS, first_place
from journeyman_dashboard.postings import SetChanges, lives_in, tag_name
from journeyman_dashboard.rows import BUCKET_MS, JobRow, Rollup, RollupKey
from journeyman_dashboard.transitions import TRANSITIONS, AttemptRow

#: (queue, type, priority, phase)
CounterKey: TypeAlias = tuple[str, str, int, str]

_JOB_EVENTS = frozenset({e.JobSubmitted, e.DependencyWatched, e.DependencyResolved, *TRANSITIONS})
_json = msgspec.json.Encoder(order="sorted").encode
_pack = msgspec.msgpack.Encoder().encode


class Next(NamedTuple):
    """The numbers of the next new job and of the next entry."""

    n: int = 1
    e: int = 1


class Changes:
    """What a batch changes, as rows per table. Also where transitions leave their by-products."""

    def __init__(self, known: dict[str, JobRow], following: Next, partition: int = 0) -> None:
        self.partition = partition
        self.jobs = known
        self.known = list(known.values())
        self._before = [(row.priority, row.phase, row.duration_ms, row.fingerprint) for row in self.known]
        self.new: list[JobRow] = []
        self._next_n, self._next_e = following
        #: Rows of `entries` and of `commits`.
        self.entries: list[tuple[int, int, int, int, int, int]] = []
        self.commits: list[tuple[int, bytes]] = []
        self.places: list[tuple[int, int, bytes]] = []
        self.attempts: list[AttemptRow] = []
        self.worked: dict[str, list[int]] = {}
        self.dependencies: list[tuple[int, int, str, int]] = []
        #: (child's number, parent) of dependencies whose end the child's log says.
        self.heard: list[tuple[int, str]] = []
        self.tagged: dict[tuple[str, str], list[int]] = {}
        self.queues: dict[str, tuple[int, int, int]] = {}
        #: In log order: state, reason, since_ms, until_ms, failures, calls, probes, type, partition.
        self.breakers: list[tuple[str, str, int, int, int, int, int, str, int]] = []
        #: In log order: rows of workers that joined; (state, reason, at_ms, worker, partition) of those that changed.
        self.workers: list[tuple[Any, ...]] = []
        self.described: list[DescribedRow] = []
        self.scaling: list[tuple[Any, ...]] = []
        self.quarantine: list[tuple[int, int, int, int, str]] = []
        self.notes = Notes()
        self.rollups: dict[RollupKey, Rollup] = {}
        self.counters: dict[CounterKey, int] = {}
        self.sets = SetChanges()

    @property
    def following(self) -> Next:
        """The numbers that come after this batch."""
        return Next(self._next_n, self._next_e)

    def rollup(self, row: JobRow, at_ms: int) -> Rollup:
        """Return the rollup of the row's queue and type for the bucket of `at_ms`."""
        key = (at_ms - at_ms % BUCKET_MS, row.queue, row.type)
        found = self.rollups.get(key)
        if found is None:
            found = self.rollups[key] = Rollup(born_e=self._next_e - 1)
        return found

    def add(self, row: JobRow) -> None:
        """Take in a new job, whose number is the next."""
        self._next_n += 1
        self.new.append(row)
        self.jobs[row.id] = row

    @property
    def next_n(self) -> int:
        """The number of the next new job."""
        return self._next_n

    def number_of(self, _job_id: str) -> int:
        """Return the number of a new job."""
        return self._next_n

    def next_entry(self) -> int:
        """Return the number of the next entry, and count on."""
        self._next_e += 1
        return self._next_e - 1

    def settle(self) -> None:
        """Say, when all is folded, how counters and sets change: what was before against what is now."""
        appeared: dict[CounterKey, list[int]] = {}
        moved: dict[tuple[CounterKey, int, str], list[int]] = {}
        durations: list[tuple[int, int, int]] = []
        for row in self.new:
            key = (row.queue, row.type, row.priority, row.phase)
            if key in appeared:
                appeared[key].append(row.n)
            else:
                appeared[key] = [row.n]
            durations.append((row.n, -1, row.duration_ms))
            if row.fingerprint:
                self.sets.gain((row.n,), [("fingerprint", row.fingerprint)])
        for row, (priority, phase, duration_ms, fingerprint) in zip(self.known, self._before, strict=True):
            if row.phase != phase or row.priority != priority:
                before = (row.queue, row.type, priority, phase)
                moved.setdefault((before, row.priority, row.phase), []).append(row.n)
            if row.duration_ms != duration_ms:
                durations.append((row.n, duration_ms, row.duration_ms))
            if row.fingerprint != fingerprint:
                if fingerprint:
                    self.sets.lose((row.n,), [("fingerprint", fingerprint)])
                if row.fingerprint:
                    self.sets.gain((row.n,), [("fingerprint", row.fingerprint)])
        self._count_in(appeared)
        self._count_on(moved)
        if self.partition:
            self.sets.gain_all("partition", str(self.partition), (row.n for row in self.new))
        for worker, numbers in self.worked.items():
            self.sets.gain_all("worker", worker, numbers)
        for tag, numbers in self.tagged.items():
            self.sets.gain_all("tag", tag_name(*tag), numbers)
        self.sets.durations(durations)

    def _count_in(self, appeared: dict[CounterKey, list[int]]) -> None:
        for key, numbers in appeared.items():
            queue, kind, priority, phase = key
            self._count(key, len(numbers))
            sets = [("queue", queue), ("type", kind), ("priority", str(priority)), ("phase", phase)]
            self.sets.gain(numbers, sets)

    def _count_on(self, moved: dict[tuple[CounterKey, int, str], list[int]]) -> None:
        for (before, priority, phase), numbers in moved.items():
            self._count(before, -len(numbers))
            self._count((before[0], before[1], priority, phase), len(numbers))
            was, now = (
                {("priority", str(before[2])), ("phase", before[3])},
                {("priority", str(priority)), ("phase", phase)},
            )
            self.sets.lose(numbers, was - now)
            self.sets.gain(numbers, now - was)

    def _count(self, key: CounterKey, number: int) -> None:
        self.counters[key] = self.counters.get(key, 0) + number


def spoken_of(entries: Iterable[e.Entry], last_id: str) -> set[str]:
    """Return the ids of the jobs whose rows `fold` needs to know, if they exist: all that these entries speak of.

    last_id: no job with a higher id exists. Ids rise, so this is why a new job is not looked for.
    """
    return {
        event.job_id  # type: ignore[union-attr]
        for entry in entries
        for event in entry.events
        if type(event) in _JOB_EVENTS and event.job_id <= last_id  # type: ignore[union-attr]
    }


def fold(entries: Sequence[e.Entry], known: dict[str, JobRow], following: Next, partition: int = 0) -> Changes:
    """Fold entries of one partition, in log order.

    known: the rows of those of `spoken_of(entries)` that exist; they are changed in place.
    """
    changes = Changes(known, following, partition)
    for entry in entries:
        if entry.events:
            _fold_entry(entry, changes)
        for undecodable in entry.undecodable:
            changes.quarantine.append((partition, *undecodable.offset, undecodable.reason))
    changes.settle()
    return changes


def _fold_entry(entry: e.Entry, changes: Changes) -> None:
    number, first_n = changes.next_entry(), changes.next_n
    ms, seq, _ = entry.offset
    jobs = fold_events(number, ms, seq, enumerate(entry.events), changes)
    changes.entries.append((number, changes.partition, ms, seq, jobs, first_n))
    changes.commits.append((number, _pack(entry.events)))


def fold_events(number: int, ms: int, seq: int, events: Iterable[tuple[int, e.Event | None]], changes: Changes) -> int:
    """Fold events of an entry, each with its index in it. Return of how many jobs they are."""
    first = number << INDEX_BITS
    jobs, transitions = changes.jobs, TRANSITIONS.get
    touched: set[int] = set()
    for index, event in events:
        kind = type(event)
        transition = transitions(kind)  # type: ignore[arg-type]
        if transition is not None:
            row = jobs.get(event.job_id)  # type: ignore[union-attr]
            if row is not None:
                transition(row, event, ms, changes)
                if kind is e.JobSucceeded and row.phase == "completed" and not row.success:
                    row.success = first + index
            elif kind is e.JobRedriven:
                row = _revived(event, ms, changes)  # type: ignore[arg-type]
            else:
                continue
            if kind in NOTABLE_OF_JOBS:
                changes.notes.job(event, row, changes.partition, (ms, seq, index))
        elif kind is e.JobSubmitted:
            row = _submitted(event, ms, first + index, changes)  # type: ignore[arg-type]
        elif kind in _EDGES:
            row = _edge(event, changes)  # type: ignore[arg-type]
            if row is None:
                continue
        else:
            if event is not None:
                _SYSTEM.get(kind, _nothing)(event, (ms, seq, index), changes)  # type: ignore[arg-type]
                changes.notes.system(event, changes.partition, (ms, seq, index))
            continue
        touched.add(row.n)
        row.places += (first + index).to_bytes(8, "big")
        if len(row.places) > FULL:
            changes.places.append((row.n, first_place(row.places), row.places[:FULL]))
            row.places = row.places[FULL:]
    return len(touched)


def _submitted(event: e.JobSubmitted, at_ms: int, place: int, changes: Changes) -> JobRow:
    known = changes.jobs.get(event.job_id)
    if known is not None:
        return known
    n = changes.number_of(event.job_id)
    row = JobRow(
        n,
        event.job_id,
        event.type,
        event.queue,
        at_ms,
        event.timeout_ms,
        _json(event.tags).decode() if event.tags else None,
        event.traceparent,
        len(event.depends_on),
        place if event.payload != "{}" or event.payload_blob is not None else 0,
        event.priority,
        "blocked" if event.depends_on else "scheduled",
        max_attempts=event.max_attempts,
        due_ms=event.due_ms,
    )
    changes.add(row)
    for position, parent in enumerate(event.depends_on):
        changes.dependencies.append((n, position, parent, 0))
    for tag in event.tags.items():
        changes.tagged.setdefault(tag, []).append(n)
    changes.rollup(row, at_ms).submitted += 1
    return row


def _revived(event: e.JobRedriven, at_ms: int, changes: Changes) -> JobRow:
    """Make a row for a job that the read model had forgotten and that lives again."""
    row = JobRow(
        changes.number_of(event.job_id),
        event.job_id,
        event.type,
        event.queue,
        at_ms,
        event.timeout_ms,
        None,
        "",
        0,
        0,
        event.priority,
        "scheduled",
        attempt=event.attempt,
        max_attempts=event.max_attempts,
        generation=event.generation,
        due_ms=event.due_ms,
    )
    changes.add(row)
    return row


_EDGES = frozenset({e.DependencyWatched, e.DependencyResolved})


def _edge(event: e.DependencyWatched | e.DependencyResolved, changes: Changes) -> JobRow | None:
    """Return the job whose history an event between partitions belongs to.

    `dependency.resolved` stands in the logs of child and parent. It is the child's, and counts in its own log alone.
    """
    row = changes.jobs.get(event.job_id)
    if isinstance(event, e.DependencyResolved) and row is not None:
        if lives_in(event.job_id) != changes.partition:
            return None
        changes.heard.append((row.n, event.parent))
    return row


# --- events that are of no job ---------------------------------------------------------------------------

_Place: TypeAlias = tuple[int, int, int]


def _paused(event: e.QueuePaused, place: _Place, changes: Changes) -> None:
    changes.queues[event.queue] = (changes.partition, 1, place[0])


def _resumed(event: e.QueueResumed, place: _Place, changes: Changes) -> None:
    changes.queues[event.queue] = (changes.partition, 0, place[0])


def _breaker(event: e.BreakerEvent, place: _Place, changes: Changes) -> None:
    match event:
        case e.BreakerOpened(type_, reason, failures, calls, until_ms):
            row = ("open", reason, place[0], until_ms, failures, calls, 0)
        case e.BreakerHalfOpened(type_, probes):
            row = ("half_open", "", place[0], 0, 0, 0, probes)
        case e.BreakerClosed(type_, reason):
            row = ("closed", reason, place[0], 0, 0, 0, 0)
    changes.breakers.append((*row, type_, changes.partition))


def _joined(event: e.WorkerJoined, place: _Place, changes: Changes) -> None:
    queues, types = _json(event.queues).decode(), _json(event.types).decode()
    facts = (event.host, event.pid, event.version, queues, types, event.slots)
    changes.workers.append((event.worker, changes.partition, *facts, "joined", "", place[0], place[0]))
    changes.described += described(event, changes.partition, place[0])


def _worker_state(state: str, reason: Callable[[Any], str]) -> Callable[[Any, _Place, Changes], None]:
    def change(event: Any, place: _Place, changes: Changes) -> None:
        changes.workers.append((state, reason(event), place[0], event.worker, changes.partition))

    return change


def _scaled(event: e.FleetScaled, place: _Place, changes: Changes) -> None:
    figures = (event.backlog, event.arrival_per_s, event.service_ms)
    changes.scaling.append(
        (changes.partition, *place, event.provider, event.desired, event.previous, event.reason, *figures)
    )


def _nothing(_event: e.Event, _place: _Place, _changes: Changes) -> None:
    """Kept among the events; nothing else is said of it."""


_SYSTEM: dict[type[e.Event], Callable[[Any, _Place, Changes], None]] = {
    e.QueuePaused: _paused,
    e.QueueResumed: _resumed,
    e.BreakerOpened: _breaker,
    e.BreakerHalfOpened: _breaker,
    e.BreakerClosed: _breaker,
    e.WorkerJoined: _joined,
    e.WorkerDraining: _worker_state("draining", lambda event: str(event.by)),
    e.WorkerLeft: _worker_state("left", lambda _event: ""),
    e.WorkerLost: _worker_state("lost", lambda event: str(event.reason)),
    e.FleetScaled: _scaled,
}
