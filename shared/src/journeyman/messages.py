"""What a scheduler tells the log of another partition, as data, and how a repetition is recognised. Pure.

A message may be sent any number of times: its idempotency key is made of its kind and the edge it speaks of, so the
log appends it once, and acknowledges it every time with what the first one said (docs/adr/0009).
"""

from __future__ import annotations

from typing import NamedTuple

from journeyman import events as e
from journeyman import ids
from journeyman.proposals import Idempotency, Proposal
from journeyman.watchers import Edge

#: How long a repetition is recognised: far longer than a change of leaders takes. What is repeated later is appended
#: again, and changes nothing where it is folded.
KEPT_MS = 3_600_000

#: What a message says that asks for an answer. All others say a status.
WATCHING = "watching"


class Message(NamedTuple):
    """What to say to the log of `partition`, about `edge`."""

    edge: Edge
    partition: int
    says: str

    def proposal(self) -> Proposal:
        """Return what to append there."""
        child, parent = self.edge
        event: e.DependencyEvent
        if self.says == WATCHING:
            event = e.DependencyWatched(parent, child)
        else:
            event = e.DependencyResolved(child, parent, self.says)
        # Clients' keys are hex digests; this is none.
        key = f"{e.tag_of(event)}:{child}:{parent}"
        return Proposal((event,), None, (), Idempotency(key, "", self.says, KEPT_MS))


def watch(edge: Edge) -> Message:
    """Say to the parent's partition that the child waits for it."""
    return Message(edge, ids.partition_of(edge.parent), WATCHING)


def answer(edge: Edge, status: str) -> Message:
    """Say to the child's partition how the parent ended."""
    return Message(edge, ids.partition_of(edge.child), status)


def lives_within(job_id: str, partitions: int) -> bool:
    """Tell whether this could be a job of one of so many partitions."""
    return ids.is_job_id(job_id) and ids.partition_of(job_id) < partitions
