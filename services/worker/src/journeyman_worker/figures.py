"""What a worker process counts, kept where its parent can read it, while the process lives and when it has died.

A small file mapped into memory: counting is an addition there, once a claim, a commit of outcomes or a heartbeat, and
never once a job. Only the parent tells Prometheus, so that a process that is replaced takes no count with it.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from journeyman.events import JobFailed, JobReturned, JobSucceeded
from journeyman.log.api import Outcome
from journeyman_worker.clock import monotonic_ms

_WORD = 8


class Counts(NamedTuple):
    """What only ever grows. claims: that were answered. refused: outcomes that came too late."""

    claims: int = 0
    claimed: int = 0
    succeeded: int = 0
    failed: int = 0
    returned: int = 0
    commits: int = 0
    refused: int = 0

    def plus(self, other: Counts) -> Counts:
        """Return the sum."""
        return Counts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class State(NamedTuple):
    """How the process is. open: threads that take jobs. heard_ms: last answer to a heartbeat, monotonic; 0 for none."""

    slots: int = 0
    running: int = 0
    memory: int = 0
    open: int = 0
    heard_ms: int = 0


class Household(NamedTuple):
    """A parent's view. counts: of all its children ever. children: how the living ones are."""

    counts: Counts
    children: list[State]
    started: int
    died: int


_COUNTS = {name: index for index, name in enumerate(Counts._fields)}
_STATE = {name: len(_COUNTS) + index for index, name in enumerate(State._fields)}
_SIZE = (len(_COUNTS) + len(_STATE)) * _WORD


def figures_of(report: Path) -> Path:
    """Return where the figures of the process with this report file are."""
    return report.with_suffix(".figures")


class Figures:
    """The writing side. Without a path nobody reads it."""

    def __init__(self, path: Path | None = None) -> None:
        memory: bytearray | mmap.mmap = bytearray(_SIZE)
        if path is not None:
            with path.open("w+b") as file:
                file.truncate(_SIZE)
                memory = mmap.mmap(file.fileno(), _SIZE)
        self._words = memoryview(memory).cast("Q")
        self._lock = Lock()

    def claimed(self, jobs: int) -> None:
        """Count a claim that was answered with so many jobs."""
        with self._lock:
            self._words[_COUNTS["claims"]] += 1
            self._words[_COUNTS["claimed"]] += jobs

    def said(self, outcomes: Sequence[Outcome], accepted: Sequence[bool]) -> None:
        """Count a commit of outcomes. A refused one is counted as that, and by its kind too."""
        kinds = [type(outcome.event) for outcome in outcomes]
        words = self._words
        with self._lock:
            words[_COUNTS["commits"]] += 1
            words[_COUNTS["succeeded"]] += kinds.count(JobSucceeded)
            words[_COUNTS["failed"]] += kinds.count(JobFailed)
            words[_COUNTS["returned"]] += kinds.count(JobReturned)
            words[_COUNTS["refused"]] += accepted.count(False)

    def measured(self, slots: int, running: int, memory: int, open_: int) -> None:
        """Note how the process is, for a heartbeat. open_: threads that take jobs."""
        words = self._words
        words[_STATE["slots"]], words[_STATE["open"]] = slots, open_
        words[_STATE["running"]] = running
        words[_STATE["memory"]] = memory

    def heard(self) -> None:
        """Note that a heartbeat was answered."""
        self._words[_STATE["heard_ms"]] = now_ms()


def now_ms() -> int:
    """Return the time that a parent and its children on one machine share."""
    return int(monotonic_ms())


def read_figures(path: Path) -> tuple[Counts, State]:
    """Return what a process has counted and how it is; nothing where it left no figures."""
    try:
        words = memoryview(path.read_bytes()).cast("Q")
        return Counts(*words[: len(_COUNTS)]), State(*words[len(_COUNTS) :])
    except (OSError, TypeError):
        return Counts(), State()
