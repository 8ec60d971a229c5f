"""Which events a person wants to know of, and what is kept of them. Pure.

`noting.py` writes it, `queries/notable.py` reads it, `notable_words.py` says it. What is alike within a minute is one:
of the same type and error, of the same queue, workers that come or go. It is told with how often it happened and the
latest of them. So a storm of dead letters is a line a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from journeyman import events as e
from journeyman_dashboard.rows import JobRow

MINUTE_MS = 60_000
#: Characters kept of what others wrote.
TEXT_MAX = 200
#: Stands for all that are not told by themselves; see `noting.py`. No subject is this.
OTHERS = "\n"

#: Partition, event, minute: what is counted together.
Group: TypeAlias = tuple[int, str, int]
#: ms, seq, index.
Place: TypeAlias = tuple[int, int, int]


class Links(msgspec.Struct, frozen=True):
    """What an event is of; void where it is not of one."""

    job_id: str = ""
    type: str = ""
    queue: str = ""
    worker: str = ""
    fingerprint: str = ""


class Noted(msgspec.Struct):
    """Events that are alike. subject: what makes them alike. links, facts: of the latest."""

    subject: str
    first: Place
    last: Place
    count: int
    links: Links
    facts: dict[str, Any]

    def add(self, other: Noted) -> None:
        """Take in more of the same, which began later."""
        self.count += other.count
        if other.last > self.last:
            self.last, self.links, self.facts = other.last, other.links, other.facts


#: What is alike, what it is of, what else is to be told.
_Note: TypeAlias = tuple[str, Links, dict[str, Any]]


class Notes:
    """What is notable in a batch, in log order."""

    def __init__(self) -> None:
        self.groups: dict[Group, dict[str, Noted]] = {}

    def job(self, event: Any, row: JobRow, partition: int, place: Place) -> None:
        """Note an event of a job, one of `OF_JOBS`."""
        self._add(event, OF_JOBS[type(event)](event, row), partition, place)

    def system(self, event: Any, partition: int, place: Place) -> None:
        """Note an event that is of no job, where it is notable."""
        noted = _OF_SYSTEM.get(type(event))
        if noted is not None:
            self._add(event, noted(event), partition, place)

    def _add(self, event: e.Event, note: _Note, partition: int, place: Place) -> None:
        subject, links, facts = note
        group = self.groups.setdefault((partition, e.tag_of(event), place[0] // MINUTE_MS), {})
        one = Noted(subject, place, place, 1, links, facts)
        known = group.get(subject)
        if known is None:
            group[subject] = one
        else:
            known.add(one)


def _dead_lettered(event: e.JobDeadLettered, row: JobRow) -> _Note:
    error = event.error
    if event.reason == "redrive_stopped":
        return event.reason, Links(row.id, row.type, row.queue), {"reason": event.reason}
    facts = {"reason": event.reason, "error": error.type[:TEXT_MAX], "message": error.message[:TEXT_MAX]}
    links = Links(row.id, row.type, row.queue, "", error.fingerprint[:TEXT_MAX])
    poison = "poison" if event.reason == "poison" else ""
    return f"{row.type}\n{poison}\n{links.fingerprint}", links, facts | _seen(event.evidence)


def _lost(event: e.JobLost, row: JobRow) -> _Note:
    facts = {"reason": event.reason[:TEXT_MAX], "running": event.running}
    return row.type, Links(row.id, row.type, row.queue, event.worker), facts | _seen(event.evidence)


def _redriven(event: e.JobRedriven, row: JobRow) -> _Note:
    facts = {"redrive": event.redrive, "stop_on_failures": event.stop_on_failures}
    return event.redrive or row.type, Links(row.id, row.type, row.queue), facts


#: Called for a job's event with the job's row.
OF_JOBS: dict[type[e.Event], Callable[[Any, JobRow], _Note]] = {
    e.JobDeadLettered: _dead_lettered,
    e.JobLost: _lost,
    e.JobRedriven: _redriven,
}


def _opened(event: e.BreakerOpened) -> _Note:
    return (
        event.type,
        Links(type=event.type),
        {
            "reason": event.reason,
            "failures": event.failures,
            "calls": event.calls,
        },
    )


def _half_opened(event: e.BreakerHalfOpened) -> _Note:
    return event.type, Links(type=event.type), {"probes": event.probes}


def _closed(event: e.BreakerClosed) -> _Note:
    return event.type, Links(type=event.type), {"reason": event.reason}


def _queue(event: e.QueuePaused | e.QueueResumed) -> _Note:
    return event.queue, Links(queue=event.queue), {}


def _joined(event: e.WorkerJoined) -> _Note:
    return "", Links(worker=event.worker), {"host": event.host[:TEXT_MAX], "slots": event.slots}


def _draining(event: e.WorkerDraining) -> _Note:
    return "", Links(worker=event.worker), {"by": event.by}


def _left(event: e.WorkerLeft) -> _Note:
    return "", Links(worker=event.worker), {}


def _worker_lost(event: e.WorkerLost) -> _Note:
    facts = {"reason": event.reason[:TEXT_MAX], "running": len(event.running or ())}
    return event.worker, Links(worker=event.worker), facts | _seen(event.evidence)


def _scaled(event: e.FleetScaled) -> _Note:
    facts = {"previous": event.previous, "desired": event.desired, "reason": event.reason[:TEXT_MAX]}
    return f"{event.previous} {event.desired}", Links(), facts


def _elected(event: e.SchedulerElected) -> _Note:
    return "", Links(), {"epoch": event.epoch, "scheduler": event.scheduler[:TEXT_MAX]}


def _trimmed(event: e.LogTrimmed) -> _Note:
    return (
        "",
        Links(),
        {
            "entries": event.entries,
            "segment": event.segment,
            "expired": [name[:TEXT_MAX] for name in event.expired[:3]],
        },
    )


def _quarantined(event: e.LogQuarantined) -> _Note:
    return (
        event.reader[:TEXT_MAX],
        Links(),
        {
            "offset": event.offset,
            "reason": event.reason[:TEXT_MAX],
            "reader": event.reader[:TEXT_MAX],
        },
    )


_OF_SYSTEM: dict[type[e.Event], Callable[[Any], _Note]] = {
    e.BreakerOpened: _opened,
    e.BreakerHalfOpened: _half_opened,
    e.BreakerClosed: _closed,
    e.QueuePaused: _queue,
    e.QueueResumed: _queue,
    e.WorkerJoined: _joined,
    e.WorkerDraining: _draining,
    e.WorkerLeft: _left,
    e.WorkerLost: _worker_lost,
    e.FleetScaled: _scaled,
    e.SchedulerElected: _elected,
    e.LogTrimmed: _trimmed,
    e.LogQuarantined: _quarantined,
}


def _seen(evidence: e.Evidence | None) -> dict[str, Any]:
    """Return what is told of how a worker died; the lines that it wrote are in the job's history."""
    if evidence is None:
        return {}
    return {
        "evidence": {
            "host": evidence.host[:TEXT_MAX],
            "pid": evidence.pid,
            "signal": evidence.signal,
            "exit_code": evidence.exit_code,
            "out_of_memory": evidence.out_of_memory,
            "rss_bytes": evidence.rss_bytes,
        }
    }
