"""One job as the pass knows it: where it is in its life, and what of that must be true of keys and of the read model.

It is a second, independent reading of the rules in `jobs.py`: there an event that does not fit changes nothing, here it
is a finding. A job that has ended keeps an :class:`End`, and all jobs that ended alike share one, so an ended job costs
its id and a place in a dictionary: about 130 bytes.
"""

from __future__ import annotations

from typing import NamedTuple, final

import msgspec

from journeyman.proposals import place

HOUR_MS = 3_600_000

BLOCKED, SCHEDULED, READY, RUNNING, CANCELLING, FAILED, ORPHANED, RETRYING, WITHDRAWN = range(9)

#: How each phase reads in a sentence: "job … was released while it …".
IN_WORDS = (
    "waits for its parents",
    "waits to be released",
    "stands in line",
    "runs",
    "runs and is to be cancelled",
    "has failed and waits for what follows",
    "has lost its worker and waits for what follows",
    "waits to be tried again",
    "waits to be cancelled",
)

#: The phase that the read model shows. What is to be cancelled keeps the phase that it had.
SHOWN = ("blocked", "scheduled", "ready", "running", "cancelling", "retrying", "retrying", "retrying", "")
SHOWN_AT_END = {"completed": "completed", "failed": "dead", "cancelled": "cancelled"}


@final
class End(NamedTuple):
    """How a job ended, and what it was. Shared by all jobs of which the same is true.

    ends: every way in which one of its generations ended, the last one last. attempt: the last that counts; last: the
    last that was started, which is another where it was given back. hour: in which hour since 1970.
    """

    ends: tuple[str, ...]
    generation: int
    attempt: int
    last: int
    line: tuple[str, str]
    priority: int
    hour: int


@final
class Life(msgspec.Struct, gc=False):
    """A job that has not ended.

    line: its queue and type. attempt: the last that counts. last: the last that was started. moves: as in `jobs.py`.
    placed: the priority of the line it stands in. spent: the attempt that is over while the job was not released again.
    parents: those that its next release is judged by. entry: the number of the entry that submitted it. resolved: how
    parents in other partitions ended, as their logs have said.
    """

    line: tuple[str, str]
    priority: int
    phase: int
    due_ms: int
    entry: int
    parents: tuple[str, ...] = ()
    run_anyway: bool = False
    generation: int = 1
    attempt: int = 0
    last: int = 0
    moves: int = 0
    placed: int = 0
    worker: str = ""
    spent: int = 0
    in_line: bool = False
    ends: tuple[str, ...] = ()
    resolved: dict[str, str] | None = None

    @property
    def held(self) -> bool:
        """Whether a worker has authority over it."""
        return self.phase in (RUNNING, CANCELLING)

    @property
    def next_move(self) -> int:
        """The number that its next place in a line has."""
        if self.phase == READY or (self.phase == WITHDRAWN and self.in_line):
            return self.moves + 1
        return self.moves if self.phase in (SCHEDULED, WITHDRAWN) else 0

    @property
    def stands(self) -> bool:
        """Whether it has a place in a line, also where its cancellation is asked for and not decided."""
        return self.phase == READY or (self.phase == WITHDRAWN and self.in_line)

    def place(self, job_id: str) -> str:
        """Return its place in a line, as the key of that line holds it."""
        return place(job_id, self.attempt + 1, self.moves, self.generation)

    def hold(self) -> str:
        """Return what the key of holds says of it; nothing where nobody holds it and no attempt is spent."""
        if self.held:
            return f"{self.attempt}:{self.worker}"
        return f"{self.spent}:" if self.spent else ""


def words_of(end: End) -> str:
    """Return how a job ended, as the verb of a sentence: "after it …"."""
    return {"completed": "completed", "failed": "failed for good", "cancelled": "was cancelled"}[end.ends[-1]]
