"""What the claimer knows of the line between it and the worker threads, and of the jobs that wait there."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from journeyman_worker.runner.attempt import Attempt
from journeyman_worker.runner.message import JobMessage

#: A job claimed ahead that has not started after this goes back, and is back a millisecond later. Where the pocket is
#: being emptied and the job is about to start, it may stay until `HELD_MAX_MS`.
STALE_MS = 3.0
HELD_MAX_MS = 4.0
#: Where one thread works alone, the others are let in before that if a job has run for so long.
STALE_ALONE_MS = 2.5
LONG_MS = 1.5


class Pocket(Protocol):
    """The line between the claimer and the worker threads."""

    def put(self, item: JobMessage) -> None:
        """Add a message."""
        ...

    def qsize(self) -> int:
        """Return how many messages wait."""
        ...


class Gate(Protocol):
    """What lets threads take from the line."""

    def let(self, threads: int) -> None:
        """Let so many of them, and no others."""
        ...


class Batch(NamedTuple):
    """Jobs of one claim in the pocket. claimed: when. judged_at: when to see whether any of them still waits.

    started: how many messages had been taken from the pocket when it was claimed. end: how many will have been with its
    last.
    """

    claimed: float
    judged_at: float
    started: int
    end: int

    def is_soon_gone(self, started: int, now: float) -> bool:
        """Tell whether, at the present rate, the last of them starts before it has been held for too long."""
        left_ms = self.claimed + HELD_MAX_MS - now
        return (self.end - started) * (now - self.claimed) <= left_ms * (started - self.started)


class Desk(Protocol):
    """Who answers for the claimed jobs: the worker's session."""

    @property
    def attempts(self) -> dict[tuple[str, int], Attempt]:
        """Claimed jobs that have not ended."""
        ...

    @property
    def running(self) -> dict[int, Attempt]:
        """What runs at the moment, by thread."""
        ...

    def take_back(self) -> None:
        """Empty the pocket and hand its jobs back."""
        ...

    def lose(self) -> None:
        """Hear that the worker was declared lost."""
        ...
