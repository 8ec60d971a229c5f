"""Which partition a request goes to. Pure.

A job's id says where it lives, so what is asked of a job has one place to go. New jobs are free to go anywhere:

- with an idempotency key, where its digest says, so that a repetition meets the first answer;
- with parents, to the first of them, so that most dependencies stay within one log;
- else to the next one in turn that accepts jobs. (`partitions.py` says how long a turn is.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from journeyman.ids import is_job_id, partition_of

#: Hexadecimal digits of a digest that count: enough for an even spread over all the partitions there may be.
DIGITS = 16


def by_key(key_digest: str, partitions: int) -> int:
    """Return the partition that remembers an idempotency key."""
    return int(key_digest[:DIGITS], 16) % partitions


def by_job(job_id: str, partitions: int) -> int | None:
    """Return the partition a job lives in; None where there is no such, or it cannot be a job's id."""
    partition = partition_of(job_id) if is_job_id(job_id) else partitions
    return partition if partition < partitions else None


def by_parents(parents: Iterable[str], partitions: int) -> int | None:
    """Return the partition of the first parent that has one. References within a batch have none yet."""
    return next((home for parent in parents if (home := by_job(parent, partitions)) is not None), None)


def in_turn(last: int, partitions: int, accepts: Callable[[int], bool]) -> int:
    """Return the next partition after `last` that accepts jobs; where none does, the next."""
    for step in range(1, partitions + 1):
        partition = (last + step) % partitions
        if accepts(partition):
            return partition
    return (last + 1) % partitions
