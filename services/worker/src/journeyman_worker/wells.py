"""Partitions as sources of jobs: which of them to ask, for how many jobs, and when to look into a dry one again.

Within a partition the log keeps strict priority. Across partitions there is none: they are asked in turn, each for its
share. So a low priority of one partition may start before a high one of another, and a busy partition never keeps the
others waiting.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

from journeyman.log.api import Claimed
from journeyman_worker.claim_size import POLL_FIRST_MS, next_poll_ms
from journeyman_worker.pace import in_step
from journeyman_worker.runner.message import JobMessage

#: Outcomes that a partition may leave unaccepted before nothing more is claimed from it.
UNSAID_MAX = 5_000
#: A claim is not split into less. Every call has its price, for the worker, the server and the scheduler that hears of
#: it, whatever it brings: of claims split into four, a job costs half as much again.
SHARE_LEAST = 200
#: How soon after a job was brought there is a claim, as nobody rings before that. The job's thread goes first.
AGAIN_MS = 1.0


class Source(Protocol):
    """A worker's seat in a partition, as far as claims go."""

    @property
    def joined(self) -> bool:
        """Whether the partition knows the worker."""
        ...

    def unsaid(self) -> int:
        """Return how many outcomes the log has not accepted yet."""
        ...

    def claim(self, number: int, count: int, received: int, offer: bool = False) -> Claimed:
        """Claim jobs; see `journeyman.log.api`."""
        ...

    def accept(self, claimed: Claimed) -> list[JobMessage]:
        """Make messages of claimed jobs."""
        ...

    def look(self) -> None:
        """Ask the log what else the doorbell may have meant."""
        ...


class Well:
    """One source, and what is known of it. Times are monotonic milliseconds."""

    __slots__ = ("asked", "asked_at", "dry", "news", "number", "poll_at", "poll_ms", "rang", "received", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.number = 0
        #: The number under which there were jobs last.
        self.received = 0
        #: The last claim brought less than it asked for, and the bell has not rung since.
        self.dry = False
        #: The bell rang since the last claim was sent.
        self.news = False
        #: The bell rang for something that was not seen to yet.
        self.rang = False
        self.poll_ms = POLL_FIRST_MS
        self.poll_at = 0.0
        #: How many jobs the claim under way asks for; 0 where none is.
        self.asked = 0
        self.asked_at = 0.0

    def is_open(self) -> bool:
        """Tell whether it makes sense to claim from it now."""
        return not self.dry and not self.asked and self.source.joined and self.source.unsaid() < UNSAID_MAX

    def ring(self) -> None:
        """Note that the bell rang."""
        self.rang = self.news = True
        self.dry = False
        self.poll_ms = POLL_FIRST_MS

    def hear(self) -> None:
        """Note that there may be more in it than the last claim has brought."""
        self.news = True
        self.dry = False

    def ask(self, count: int, now: float) -> int:
        """Note that a claim goes out; return its number."""
        self.asked, self.asked_at, self.news = count, now, False
        self.number += 1
        return self.number

    def answered(self, found: int, now: float, server_ms: int) -> None:
        """Note that the claim brought so many jobs."""
        self.dry = found < self.asked and not self.news
        self.asked = 0
        self.poll_at = now + in_step(self.poll_ms, server_ms)
        if found:
            self.received = self.number
            self.poll_ms = POLL_FIRST_MS

    def brought(self, now: float) -> None:
        """Note that a job was brought as the reply to a claim that was never sent. The next one is, in a moment."""
        self.number += 1
        self.received = self.number
        self.dry = True
        self.poll_ms, self.poll_at = POLL_FIRST_MS / 2, now + AGAIN_MS

    def poll(self, now: float) -> None:
        """Where it is dry and was not asked for long, ask it again."""
        if self.dry and now >= self.poll_at:
            self.dry = False
            self.poll_ms = next_poll_ms(self.poll_ms, random.random())


def shares(count: int, wells: Sequence[Well]) -> list[tuple[Well, int]]:
    """Split a claim among the first of them, as evenly as it goes, into shares of `SHARE_LEAST` at least."""
    asked = wells[: max(1, count // SHARE_LEAST)]
    each, more = divmod(count, len(asked))
    return [(well, each + (index < more)) for index, well in enumerate(asked)]
