"""From the projector to who sends spans: the sampled jobs that ended, batch by batch, and how far that is. Bounded.

Handing on is all that the projector's threads do for traces: they look for the events that end a job, and note the
ids of those that are sampled. One that failed for good is sampled whatever its trace.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from journeyman import events as e
from journeyman.tracing.ids import quick_chance
from journeyman.tracing.sampling import Sampler
from journeyman.tracing.shapes import ENDS
from journeyman_dashboard.rows import JobRow
from journeyman_dashboard.tracing.plain import Plain, plain_of

#: Jobs that wait to be sent, of one partition: some twenty megabytes, and a minute at a rate that few have.
WAITING_MAX = 50_000


class End(NamedTuple):
    """A job whose generation ended at a place in its partition's log. plain: see `plain.py`."""

    job_id: str
    place: e.Offset
    plain: Plain | None = None


class Handed(NamedTuple):
    """The sampled ends behind one place of a log, up to and with another."""

    before: e.Offset
    after: e.Offset
    ends: list[End]


class Figures:
    """What metrics tell. sent, left_out: jobs so far. waiting: jobs that have ended and are to be sent."""

    def __init__(self) -> None:
        self.sent = 0
        self.left_out = 0
        self.waiting = 0


class Line:
    """The jobs of one partition that wait to be sent. Empty unless `open`."""

    def __init__(self, figures: Figures, waiting_max: int = WAITING_MAX) -> None:
        self.open = False
        #: What ended before this was left out, where the line was full.
        self.lost_until = e.BEGINNING
        self._figures = figures
        self._waiting_max = waiting_max
        self._handed: deque[Handed] = deque()
        #: How many of them, from the oldest on, somebody is sending; and those of them that had to go meanwhile.
        self._lent = 0
        self._gone: list[Handed] = []
        self._waiting = 0
        self._lock = threading.Lock()

    def add(self, handed: Handed) -> None:
        """Put a batch behind the others; the oldest are left out where there is no room."""
        with self._lock:
            if not self.open:
                return
            self._handed.append(handed)
            self._count(len(handed.ends))
            while self._waiting > self._waiting_max and len(self._handed) > 1:
                oldest = self._handed.popleft()
                self._count(-len(oldest.ends))
                self.lost_until = oldest.after
                if self._lent:
                    self._lent -= 1
                    self._gone.append(oldest)
                else:
                    self._figures.left_out += len(oldest.ends)

    def all(self) -> list[Handed]:
        """Return what waits, in log order, to who sends it; `drop` says how far that came."""
        with self._lock:
            self._lent = len(self._handed)
            return list(self._handed)

    def drop(self, place: e.Offset) -> None:
        """Forget what is not behind a place: it was sent."""
        with self._lock:
            while self._handed and self._handed[0].after <= place:
                self._count(-len(self._handed.popleft().ends))
            self._figures.left_out += sum(end.place > place for gone in self._gone for end in gone.ends)
            self._lent = 0
            self._gone.clear()

    def shut(self) -> None:
        """Take in nothing more, and forget what waits."""
        with self._lock:
            self.open = False
            self._lent = 0
            self._gone.clear()
            self._handed.clear()
            self._count(-self._waiting)

    def _count(self, jobs: int) -> None:
        self._waiting += jobs
        self._figures.waiting += jobs


class Handing:
    """The lines of all partitions; what the projector calls."""

    def __init__(self, partitions: Iterable[int], sampler: Sampler) -> None:
        self.figures = Figures()
        self.lines = {partition: Line(self.figures) for partition in partitions}
        self.sampler = sampler

    def take(
        self,
        partition: int,
        before: e.Offset,
        after: e.Offset,
        batch: Sequence[e.Entry],
        jobs: Mapping[str, JobRow],
    ) -> None:
        """Hand on which jobs ended in a batch that was stored. jobs: those that it speaks of, as they are behind it."""
        line = self.lines[partition]
        if line.open:
            line.add(Handed(before, after, self._sampled(batch, jobs)))

    def _sampled(self, batch: Sequence[e.Entry], jobs: Mapping[str, JobRow]) -> list[End]:
        found = []
        ends, maybe, keeps = _ENDS, self.sampler.maybe, self.sampler.keeps_job
        for entry in batch:
            for index, event in enumerate(entry.events):
                if type(event) not in ends:
                    continue
                job = jobs.get(event.job_id)  # type: ignore[union-attr]
                if job is None:
                    continue
                if type(event) is not e.JobDeadLettered:
                    # What `keeps` would say of nearly all, without asking it.
                    if not job.traceparent and quick_chance(job.id) not in maybe:
                        continue
                    if not keeps(job.id, job.traceparent):
                        continue
                found.append(End(job.id, entry.offset._replace(index=index), plain_of(job)))
        return found


_ENDS = frozenset(ENDS)
