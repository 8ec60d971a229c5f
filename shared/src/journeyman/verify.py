"""Does a log keep the promises? One linear pass over its entries, and the offset of whatever breaks one.

    I2  one submission per idempotency key within its time, one per job id
    I3  an outcome comes only from the attempt that has authority at that offset
    I4  one end per generation, and nothing after it
    I5  epochs of scheduler commits never fall, and what only a scheduler may say stands in such a commit
    I6  the fold of the log is in one piece: every event fits the state the ones before it left
    I8  no start before the parents ended well enough, nor before the due time, nor without a release

Of a trimmed log the beginnings of some lives are gone; what cannot be judged without them is left unjudged. Parents
are judged for a job's first generation: who redrives a job wants it to run.

Pure. `Verifier` takes entries in order, so it works on a live log, an archive, or a simulated one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from journeyman import events as e
from journeyman.codec import as_written, encode_event, is_full, width
from journeyman.jobs import is_elsewhere

IDEMPOTENCY_KEPT_MS = 86_400_000


class Violation(NamedTuple):
    """A promise that does not hold: which, where, and in words."""

    promise: str
    offset: e.Offset
    detail: str


class Report(NamedTuple):
    """What a pass found. `undecodable`: what was stepped over; it is reported, and is no violation by itself."""

    events: int
    jobs: int
    unfinished: int
    violations: list[Violation]
    undecodable: list[e.Undecodable]


class _Life:
    """What the pass must know of one job."""

    __slots__ = (
        "attempt",
        "due_ms",
        "ended",
        "ends",
        "generation",
        "holder",
        "lowest",
        "parents",
        "released",
        "resolved",
        "run_anyway",
    )

    def __init__(self, event: e.JobSubmitted) -> None:
        self.parents = event.depends_on
        self.run_anyway = event.on_dependency_failure == "run"
        self.due_ms = event.due_ms
        self.generation = 1
        #: The attempt it was released for; 0 for none.
        self.released = 0
        self.attempt = 0
        self.lowest = 1
        self.holder = ""
        self.ended = ""
        #: Every way in which a generation of it ended.
        self.ends: list[str] = []
        #: How parents in other partitions ended, as their log has said.
        self.resolved: dict[str, str] = {}


class Verifier:
    """Takes entries in log order; `report` may be asked at any time."""

    def __init__(self) -> None:
        self._lives: dict[str, _Life] = {}
        self._keys: dict[str, e.Offset] = {}
        #: The key of the request whose jobs were submitted last, while nothing else has been said.
        self._batch = ""
        self._previous = e.Entry(e.BEGINNING, [])
        self._epoch = 0
        self._events = 0
        self._last = e.BEGINNING
        self._unfinished = 0
        self._trimmed = False
        self._unborn: list[Violation] = []
        self._violations: list[Violation] = []
        self._undecodable: list[e.Undecodable] = []

    def take(self, entry: e.Entry) -> None:
        """Check the next entry."""
        self._undecodable += entry.undecodable
        if entry.offset[:2] <= self._last[:2]:
            self._blame("I6", entry.offset, f"entry {entry.offset.entry} does not come after {self._last.entry}")
        self._last = entry.offset
        if entry.epoch is not None:
            if entry.epoch < self._epoch:
                self._blame("I5", entry.offset, f"a commit of epoch {entry.epoch} follows one of epoch {self._epoch}")
            self._epoch = max(self._epoch, entry.epoch)
        for index, event in enumerate(entry.events):
            if event is None:
                continue
            self._events += 1
            if self._batch and not isinstance(event, (e.JobSubmitted, e.JobReleased)):
                self._batch = ""
            if entry.epoch is None and type(event) in _DECISIONS:
                self._blame("I5", entry.offset._replace(index=index), f"{e.tag_of(event)}, and no scheduler said it")
            check = _CHECKS.get(type(event))
            if check is not None:
                check(self, e.Record(e.Offset(entry.offset.ms, entry.offset.seq, index), entry.offset.ms, event))
        self._previous = entry

    def report(self) -> Report:
        """Return what has been found so far."""
        unborn = [] if self._trimmed else self._unborn
        violations = sorted([*self._violations, *unborn], key=lambda violation: violation.offset)
        return Report(self._events, len(self._lives), self._unfinished, violations, list(self._undecodable))

    def _blame(self, promise: str, offset: e.Offset, detail: str) -> None:
        self._violations.append(Violation(promise, offset, detail))

    def _life(self, record: e.Record) -> _Life | None:
        """Return the job's life; None, and a violation, where its submission is missing from an untrimmed log.

        That the log was trimmed is said at its end, after everything that the trimming orphaned.
        """
        job_id: str = record.event.job_id  # type: ignore[union-attr]
        life = self._lives.get(job_id)
        if life is None:
            what = f"{e.tag_of(record.event)} of job {job_id}, which was never submitted"
            self._unborn.append(Violation("I6", record.offset, what))
        return life

    # --- one check per event ---------------------------------------------------------------------------

    def _submitted(self, record: e.Record) -> None:
        event = record.event
        assert isinstance(event, e.JobSubmitted)
        if event.job_id in self._lives:
            self._blame("I2", record.offset, f"job {event.job_id} was submitted before")
            return
        if event.idempotency:
            self._check_key(event, record)
        # One request is one run of submissions, over as many full commits as it takes.
        self._batch = event.idempotency
        self._lives[event.job_id] = _Life(event)
        self._unfinished += 1

    def _check_key(self, event: e.JobSubmitted, record: e.Record) -> None:
        first = self._keys.get(event.idempotency)
        if first is None or record.at_ms - first.ms >= IDEMPOTENCY_KEPT_MS:
            self._keys[event.idempotency] = record.offset
        elif self._batch != event.idempotency or (record.offset.index == 0 and not self._goes_on(event)):
            self._blame("I2", record.offset, f"two submissions with one idempotency key, the first at {first}")

    def _goes_on(self, event: e.JobSubmitted) -> bool:
        """Tell whether the entry before was so full that its request goes on with this submission in the next."""
        events = as_written(self._previous.events)
        length = sum(len(encode_event(one)) for one in events)
        return is_full(len(self._previous.events), length, width(event), len(encode_event(event)))

    def _released(self, record: e.Record) -> None:
        event = record.event
        assert isinstance(event, e.JobReleased)
        life = self._life(record)
        if life is None:
            return
        if life.ended:
            self._blame("I4", record.offset, f"job {event.job_id} was released after it {life.ended}")
        if life.holder:
            self._blame("I3", record.offset, f"job {event.job_id} was released while {life.holder} held it")
        life.released = event.attempt

    def _started(self, record: e.Record) -> None:
        event = record.event
        assert isinstance(event, e.JobStarted)
        life = self._life(record)
        if life is None:
            return
        if life.ended:
            self._blame("I4", record.offset, f"job {event.job_id} started after it {life.ended}")
        if life.holder:
            self._blame("I3", record.offset, f"attempt {event.attempt} started while {life.holder} held the job")
        if event.attempt < life.lowest:
            self._blame("I3", record.offset, f"attempt {event.attempt} of job {event.job_id} started again")
        if not life.released:
            self._blame("I8", record.offset, f"job {event.job_id} started without having been released")
        elif life.released != event.attempt:
            self._blame("I3", record.offset, f"attempt {event.attempt} started, released was {life.released}")
        if record.at_ms < life.due_ms:
            self._blame("I8", record.offset, f"job {event.job_id} started {life.due_ms - record.at_ms} ms too early")
        self._check_parents(event.job_id, life, record)
        life.holder, life.attempt, life.lowest, life.released = event.worker, event.attempt, event.attempt, 0

    def _check_parents(self, job_id: str, life: _Life, record: e.Record) -> None:
        for parent in life.parents:
            known = self._lives.get(parent)
            if is_elsewhere(parent, job_id):
                self._check_resolved(job_id, parent, life, record)
            elif known is None:
                what = f"job {job_id} started, and its parent {parent} was never submitted"
                self._unborn.append(Violation("I8", record.offset, what))
            elif not known.ends:
                self._blame("I8", record.offset, f"job {job_id} started before its parent {parent} ended")
            elif "completed" not in known.ends and not life.run_anyway:
                self._blame("I8", record.offset, f"job {job_id} started although its parent {parent} {known.ends[-1]}")
        life.parents = ()

    def _check_resolved(self, job_id: str, parent: str, life: _Life, record: e.Record) -> None:
        status = life.resolved.get(parent)
        if status is None:
            what = f"job {job_id} started before it was told how its parent {parent}, in another partition, ended"
            self._blame("I8", record.offset, what)
        elif status == "unknown" or not (status == "completed" or life.run_anyway):
            self._blame("I8", record.offset, f"job {job_id} started although its parent {parent} was {status}")

    def _dependency_resolved(self, record: e.Record) -> None:
        """Take another log's word for how a parent ended; of a parent in this log, check what was said."""
        event = record.event
        assert isinstance(event, e.DependencyResolved)
        child, parent = self._lives.get(event.job_id), self._lives.get(event.parent)
        if child is not None:
            child.resolved.setdefault(event.parent, event.status)
        if parent is not None and event.status in _ENDS and event.status not in parent.ends:
            what = f"job {event.job_id} was told that {event.parent} {event.status}, which it has not"
            self._blame("I8", record.offset, what)

    def _outcome(self, record: e.Record) -> None:
        event = record.event
        assert isinstance(event, (e.JobSucceeded, e.JobFailed, e.JobReturned, e.JobLost, e.JobProgressed))
        life = self._life(record)
        if life is None:
            return
        if life.ended:
            self._blame("I4", record.offset, f"{e.tag_of(event)} of job {event.job_id} after it {life.ended}")
            return
        if (life.holder, life.attempt) != (event.worker, event.attempt):
            who = f"{life.holder}, attempt {life.attempt}" if life.holder else "nobody"
            self._blame("I3", record.offset, f"{e.tag_of(event)} by {event.worker}, while {who} held the job")
            return
        if isinstance(event, e.JobProgressed):
            return
        life.holder = ""
        if isinstance(event, e.JobReturned):
            life.released = event.attempt if event.back else 0
        else:
            life.lowest = event.attempt + 1
        if isinstance(event, e.JobSucceeded):
            self._end(life, "completed")

    def _terminal(self, record: e.Record) -> None:
        event = record.event
        assert isinstance(event, (e.JobDeadLettered, e.JobCancelled))
        life = self._life(record)
        if life is None:
            return
        if life.ended:
            self._blame("I4", record.offset, f"{e.tag_of(event)} of job {event.job_id} after it {life.ended}")
            return
        if life.holder:
            self._blame("I3", record.offset, f"{e.tag_of(event)} while {life.holder} held the job")
        self._end(life, "failed" if isinstance(event, e.JobDeadLettered) else "cancelled")

    def _end(self, life: _Life, how: str) -> None:
        life.ended = how
        life.ends.append(how)
        self._unfinished -= 1

    def _retry_scheduled(self, record: e.Record) -> None:
        event = record.event
        assert isinstance(event, e.JobRetryScheduled)
        life = self._life(record)
        if life is not None:
            life.due_ms = event.due_ms

    def _redriven(self, record: e.Record) -> None:
        event = record.event
        assert isinstance(event, e.JobRedriven)
        life = self._life(record)
        if life is None:
            return
        if life.ended not in ("failed", "cancelled"):
            self._blame("I4", record.offset, f"job {event.job_id} was redriven while it was {life.ended or 'open'}")
        if event.generation != life.generation + 1:
            self._blame("I4", record.offset, f"generation {event.generation} follows {life.generation}")
        life.generation, life.ended, life.due_ms, life.released = event.generation, "", event.due_ms, 0
        life.parents = ()
        self._unfinished += 1

    def _elected(self, record: e.Record) -> None:
        event = record.event
        assert isinstance(event, e.SchedulerElected)
        if event.epoch < self._epoch:
            self._blame("I5", record.offset, f"epoch {event.epoch} was elected after epoch {self._epoch}")

    def _log_trimmed(self, _record: e.Record) -> None:
        self._trimmed = True


#: What nobody but a scheduler may say.
_DECISIONS = frozenset({e.JobBlocked, e.JobLost, e.JobRetryScheduled, e.JobDeadLettered, e.JobCancelled})

_ENDS = frozenset({"completed", "failed", "cancelled"})

_CHECKS = {
    e.DependencyResolved: Verifier._dependency_resolved,
    e.JobSubmitted: Verifier._submitted,
    e.JobReleased: Verifier._released,
    e.JobStarted: Verifier._started,
    e.JobProgressed: Verifier._outcome,
    e.JobSucceeded: Verifier._outcome,
    e.JobFailed: Verifier._outcome,
    e.JobReturned: Verifier._outcome,
    e.JobLost: Verifier._outcome,
    e.JobRetryScheduled: Verifier._retry_scheduled,
    e.JobDeadLettered: Verifier._terminal,
    e.JobCancelled: Verifier._terminal,
    e.JobRedriven: Verifier._redriven,
    e.SchedulerElected: Verifier._elected,
    e.LogTrimmed: Verifier._log_trimmed,
}


def verify(entries: Iterable[e.Entry]) -> Report:
    """Check a whole log, given from its beginning (or, of a trimmed log, from where it now begins)."""
    verifier = Verifier()
    for entry in entries:
        verifier.take(entry)
    return verifier.report()
