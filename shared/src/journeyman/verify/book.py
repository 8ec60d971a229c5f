"""What a pass knows at each moment: the jobs, the workers, the queues that are paused, whose commit this is."""

from __future__ import annotations

from journeyman import events as e
from journeyman.ids import is_job_id, time_of
from journeyman.verify.findings import Findings, Violation
from journeyman.verify.life import HOUR_MS, End, Life

#: How far the time in a job's id may be from the time of its submission; see the scheduler's trimmer.
ID_AGE_MAX_MS = HOUR_MS


class Book:
    """State of a pass. The modules of this package write it; anybody may read it.

    partition: whose log it is; None where nobody has said. whole: the log begins with its first entry ever, whatever it
    says about having been trimmed. kept_ms: how long keys of requests and ends of jobs are remembered.
    """

    def __init__(self, partition: int | None, whole: bool, kept_ms: int) -> None:
        self.partition = partition
        self.whole = whole
        self.kept_ms = kept_ms
        self.findings = Findings()
        self.lives: dict[str, Life | End] = {}
        self.unfinished = 0
        #: Ended jobs by the hour in which they ended, as the keys of ends have them: completed and cancelled.
        self.ended_in: dict[int, int] = {}
        #: The dead letters there are.
        self.dead = 0
        #: Workers that the log has spoken of, and whether they are there.
        self.workers: dict[str, bool] = {}
        self.paused: set[str] = set()
        #: Types whose breaker is open: who opened it, and how many jobs may start all the same.
        self.shut: dict[str, tuple[str, int]] = {}
        self.trimmed = False
        #: How many entries the log says were taken from its beginning.
        self.trimmed_entries = 0
        #: The time of the first entry; jobs older than that may have been submitted before it.
        self.first_ms = 0
        #: Where the pass is.
        self.entry = 0
        self.ms = 0
        self.seq = 0
        self.index = 0
        #: Whether the present entry is a scheduler's commit.
        self.decided = False
        #: The job whose release the event before stands for.
        self.echo = ""
        self._ends: dict[End, End] = {}
        self._lines: dict[tuple[str, str], tuple[str, str]] = {}

    @property
    def at(self) -> e.Offset:
        """Where the pass is."""
        return e.Offset(self.ms, self.seq, self.index)

    def blame(self, promise: str, detail: str) -> None:
        """Note that what stands here breaks a promise."""
        self.findings.add(Violation(promise, self.at, detail))

    def blame_unless_trimmed(self, promise: str, job_id: str, detail: str) -> None:
        """Note what breaks a promise, unless the submission of this job may have been trimmed."""
        violation = Violation(promise, self.at, detail)
        if self.may_be_older(job_id):
            self.findings.add_if_whole(violation)
        else:
            self.findings.add(violation)

    def blame_if_whole(self, promise: str, detail: str) -> None:
        """Note what breaks a promise where nothing was trimmed."""
        self.findings.add_if_whole(Violation(promise, self.at, detail))

    def may_be_older(self, job_id: str) -> bool:
        """Tell whether a job may have been submitted before the first entry."""
        return not is_job_id(job_id) or time_of(job_id) <= self.first_ms + ID_AGE_MAX_MS

    def line(self, queue: str, type_: str) -> tuple[str, str]:
        """Return the one copy of a queue with a type."""
        key = (queue, type_)
        return self._lines.setdefault(key, key)

    def end(self, job_id: str, life: Life, how: str) -> None:
        """Let a job end."""
        hour = self.ms // HOUR_MS
        end = End((*life.ends, how), life.generation, life.attempt, life.last, life.line, life.priority, hour)
        self.lives[job_id] = self._ends.setdefault(end, end)
        self.unfinished -= 1
        if how == "failed":
            self.dead += 1
        else:
            self.ended_in[hour] = self.ended_in.get(hour, 0) + 1

    def reopen(self, job_id: str, end: End, life: Life) -> None:
        """Let a job that had ended live again."""
        self.lives[job_id] = life
        self.unfinished += 1
        if end.ends[-1] == "failed":
            self.dead -= 1
        else:
            self.ended_in[end.hour] -= 1
