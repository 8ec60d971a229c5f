"""What follows from a job's parents, here and in other partitions. Pure; a part of `decide.py`.

A parent in another partition is asked about by a message to its log, and answers with one (docs/adr/0009). Both sides
follow one rule: tell the other log first; note it here when it has been acknowledged (`Given.told`).
"""

from __future__ import annotations

from collections.abc import Iterable

from journeyman import events as e
from journeyman import jobs
from journeyman.conclusions import Conclusions, Given
from journeyman.messages import answer, lives_within, watch
from journeyman.watchers import UNSURE, WAITS, Edge, Watchers

UNKNOWN = "unknown"

_ENDED = {
    "failed": "failed",
    "cancelled": "was cancelled",
    "reopened": "had failed or been cancelled, and is being tried again",
}


def conclude_blocked(out: Conclusions, job_id: str, job: jobs.Blocked, given: Given) -> None:
    """Say what becomes of a job that waits for parents."""
    broken = _broken(job, given)
    if broken is not None:
        parent, status = broken
        if status == UNKNOWN:
            error = e.Error("UnknownDependency", f"no job {parent} is known, or it ended too long ago")
            out.cancel(job_id, job, "unknown_dependency", error)
        else:
            words = _ENDED.get(status, status)
            error = e.Error("DependencyFailed", f"job {parent}, which this one depends on, {words}")
            out.cancel(job_id, job, "dependency", error)
    elif job.untold:
        _watch(out, job_id, job, given)
    elif not job.unmet and job.due_ms <= given.now_ms:
        out.release(job_id, job)
    elif job.unsure or not job.unmet:
        out.plain(e.JobBlocked(job_id, tuple(sorted(job.unmet))))


def _broken(job: jobs.Blocked, given: Given) -> tuple[str, str] | None:
    """Return the parent that ends the job, and how it ended. One that nobody knows comes first, whatever the policy."""
    broken = job.broken
    for parent in sorted(job.unsure):
        status = given.outcomes.get(parent)
        if status is None:
            return parent, UNKNOWN
        if status != "completed" and not job.plan.run_anyway:
            broken = broken or (parent, status)
    for parent in sorted(job.untold):
        if not lives_within(parent, given.limits.partitions):
            return parent, UNKNOWN
    return broken


def _watch(out: Conclusions, job_id: str, job: jobs.Blocked, given: Given) -> None:
    """Tell the partitions of its parents; note it when all of them know."""
    edges = [Edge(job_id, parent) for parent in sorted(job.untold)]
    missing = [edge for edge in edges if edge not in given.told]
    out.messages += [watch(edge) for edge in missing]
    if not missing:
        out.noted += edges
        out.plain(e.JobBlocked(job_id, tuple(sorted(job.unmet))))


def conclude_owed(out: Conclusions, watchers: Watchers, owed: Iterable[Edge], given: Given) -> None:
    """Say to the children in other partitions how their parents ended; note it for each that was told."""
    for edge in owed:
        status = watchers.status(edge)
        if status is None or status == WAITS:
            continue
        if status == UNSURE:
            status = given.outcomes.get(edge.parent, UNKNOWN)
        if edge in given.told or not lives_within(edge.child, given.limits.partitions):
            out.noted.append(edge)
            out.plain(e.DependencyResolved(edge.child, edge.parent, given.told.get(edge, status)))
        else:
            out.messages.append(answer(edge, status))
