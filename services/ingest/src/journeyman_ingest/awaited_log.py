"""The part of a partition's log that ingest uses, awaited: `AsyncRedisLog` has it, and so has an adapter for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, Self

from journeyman.events import JobSubmitted
from journeyman.log.api import Appended, DeadLetter, StoredOutcome
from journeyman.proposals import Proposal


class LogHealth(Protocol):
    """How a partition is. `durable`: the server can keep what was promised; if not, `detail` says why."""

    @property
    def used_memory(self) -> int:
        """Bytes in use."""
        ...

    @property
    def maxmemory(self) -> int:
        """Bytes allowed; 0 for no limit."""
        ...

    @property
    def open_jobs(self) -> int:
        """Jobs that have not ended."""
        ...

    @property
    def durable(self) -> bool:
        """Whether an append is as durable as promised at this moment."""
        ...

    @property
    def detail(self) -> str:
        """What stands in the way, in words."""
        ...


class Looked(Protocol):
    """What a look at a partition finds."""

    @property
    def now_ms(self) -> int:
        """The server's time."""
        ...

    @property
    def health(self) -> LogHealth:
        """What readiness, backlog and headroom are judged by."""
        ...


class DeadLetters(Protocol):
    """Where dead letters are read, on a thread."""

    def dead_letters(self) -> Iterable[DeadLetter]:
        """Return every dead letter, read in bounded steps."""
        ...


class AwaitedLog(Protocol):
    """See `journeyman.log.api.Log` for what each call means."""

    @property
    def partition(self) -> int:
        """Its number."""
        ...

    async def append(self, proposals: Sequence[Proposal], *, caller: str, number: int) -> Appended:
        """Append each proposal whose guard holds."""
        ...

    async def bodies(self, job_ids: Sequence[str]) -> Mapping[str, JobSubmitted]:
        """Return the bodies of those of these jobs that are open."""
        ...

    async def outcomes(self, job_ids: Sequence[str]) -> Mapping[str, StoredOutcome]:
        """Return how those of these jobs ended that have ended and are still remembered."""
        ...

    @property
    def sync(self) -> DeadLetters:
        """The same log for threads, for what is too much to be returned at once."""
        ...

    async def now_ms(self) -> int:
        """Return the server's time."""
        ...

    async def depths(self) -> Mapping[str, int]:
        """Return how many jobs wait in each queue."""
        ...

    @property
    def home(self) -> object | None:
        """What is equal for partitions on one server; None where that is not known."""
        ...

    async def look(self, others: Sequence[Self]) -> Sequence[Looked | Exception]:
        """Look at this partition, and at others of the same home; an error in place of one that is away."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...
