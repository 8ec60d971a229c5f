"""Counts every job by the log alone, as it goes: submitted once, ended once, nothing of strangers. Pure.

What it remembers is bounded by the jobs that are open, however long it goes on: a job that has ended is forgotten, and
a second end is then one of a job that nobody knows.
"""

from __future__ import annotations

from collections import Counter

from journeyman import events as e

#: Jobs that never ended are named, up to so many.
NAMED_MAX = 10

#: How each last event of a job is called.
ENDS: dict[type[e.Event], str] = {
    e.JobSucceeded: "completed",
    e.JobDeadLettered: "failed",
    e.JobCancelled: "cancelled",
}


class Ledger:
    """Takes what was accepted and what the log says, in any order of the two."""

    def __init__(self) -> None:
        self.accepted_count = 0
        self.events = 0
        self.trims = 0
        self.trimmed_entries = 0
        #: Jobs by how they ended.
        self.ended: Counter[str] = Counter()
        #: Other things that happened: retries, lost attempts, progress.
        self.seen: Counter[str] = Counter()
        self._unseen: set[str] = set()
        self._early: set[str] = set()
        #: Open jobs, and what the log said of each last.
        self._open: dict[str, str] = {}
        self._wrong: Counter[str] = Counter()

    @property
    def open_count(self) -> int:
        """Jobs that were accepted or submitted and have not ended."""
        return len(self._open) + len(self._unseen)

    def accepted(self, job_ids: list[str]) -> None:
        """Note the ids of an answer."""
        self.accepted_count += len(job_ids)
        for job_id in job_ids:
            if job_id in self._early:
                self._early.discard(job_id)
            else:
                self._unseen.add(job_id)

    def take(self, entry: e.Entry) -> None:
        """Note what one entry of the log says."""
        self.events += len(entry.events)
        self._wrong["entries that cannot be read"] += bool(entry.undecodable)
        for event in entry.events:
            match event:
                case e.JobSubmitted():
                    self._submitted(event.job_id)
                case e.JobSucceeded() | e.JobDeadLettered() | e.JobCancelled():
                    self._ended(event.job_id, ENDS[type(event)])
                case e.JobRetryScheduled() | e.JobLost() | e.JobProgressed():
                    self.seen[e.tag_of(event)] += 1
                    self._open[event.job_id] = e.tag_of(event)
                case e.JobReleased() | e.JobStarted() | e.JobFailed() | e.JobReturned() | e.JobBlocked():
                    self._open[event.job_id] = e.tag_of(event)
                case e.WorkerLost() | e.SchedulerElected():
                    self.seen[e.tag_of(event)] += 1
                case e.LogTrimmed():
                    self.trims += 1
                    self.trimmed_entries += event.entries
                case _:
                    pass

    def _submitted(self, job_id: str) -> None:
        if job_id in self._open:
            self._wrong["submitted twice"] += 1
        self._open[job_id] = "job.submitted"
        if job_id in self._unseen:
            self._unseen.discard(job_id)
        else:
            self._early.add(job_id)

    def _ended(self, job_id: str, how: str) -> None:
        if self._open.pop(job_id, None) is None:
            self._wrong["ended twice, or without having been submitted"] += 1
            return
        self.ended[how] += 1

    def complaints(self) -> list[str]:
        """Return what is wrong once nothing is under way any more, in words."""
        found = dict(self._wrong)
        found["accepted and never submitted"] = len(self._unseen)
        found["submitted and never accepted"] = len(self._early)
        found["that never ended"] = len(self._open)
        named = [f"{job_id} never ended, last was {tag}" for job_id, tag in list(self._open.items())]
        return [f"{count:,} {what}" for what, count in found.items() if count] + named[:NAMED_MAX]
