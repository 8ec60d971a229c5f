"""The partitions of one ingest: what each has of its own, and which of them a request goes to."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from journeyman.clock import ServerClock
from journeyman.ids import IdMaker
from journeyman.log.api import Verdict
from journeyman.proposals import Proposal
from journeyman_ingest import routing
from journeyman_ingest.awaited_log import AwaitedLog
from journeyman_ingest.gauge import Gauge
from journeyman_ingest.group_commit import GroupCommit

#: How long single jobs may stay with one partition, so that they share its appends. A few appends fit into it.
TURN_S = 0.01


def _generator() -> random.Random:
    return random.Random(secrets.randbits(256))


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """One log, its one writer in this process, and what goes with it. Servers have clocks of their own."""

    number: int
    log: AwaitedLog
    clock: ServerClock
    commits: GroupCommit
    gauge: Gauge
    ids: IdMaker
    random: random.Random = field(default_factory=_generator)

    def new_id(self, now_ms: int) -> str:
        """Return the id of a job submitted now."""
        return self.ids.make(now_ms, self.random.getrandbits(60))

    def new_ids(self, now_ms: int, count: int) -> list[str]:
        """Return the ids of so many jobs submitted now."""
        return self.ids.make_many(now_ms, self.random.getrandbits(60), count)

    def check_writable(self) -> None:
        """Refuse every write where what it promises could not be kept, or it has not answered for long."""
        if self.gauge.no_writes is not None:
            raise self.gauge.no_writes.refusal()

    async def propose(self, proposal: Proposal, size: int = 256) -> Verdict:
        """Append one proposal in the next group commit."""
        self.check_writable()
        return await self.commits.propose(proposal, size)


class Partitions:
    """All partitions, in order."""

    def __init__(self, all_of_them: Sequence[Partition]) -> None:
        self._all = tuple(all_of_them)
        self._only = self._all[0] if len(self._all) == 1 else None
        self._last_job = self._last_batch = -1
        self._turn_ends = 0.0

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._all)

    def __iter__(self) -> Iterator[Partition]:
        """Return them in order."""
        return iter(self._all)

    def __getitem__(self, number: int) -> Partition:
        """Return one by its number."""
        return self._all[number]

    def of_job(self, job_id: str) -> Partition | None:
        """Return the partition of a job; None where there is no such, or it cannot be a job's id."""
        number = routing.by_job(job_id, len(self._all))
        return None if number is None else self._all[number]

    def for_job(self, key_digest: str, parents: Iterable[str]) -> Partition:
        """Return the partition for a single new job. Raises RefusedError where that takes none."""
        return self._only or self._choose(key_digest, parents, self._job_in_turn)

    def for_batch(self, key_digest: str = "", parents: Iterable[str] = ()) -> Partition:
        """Return the partition for the new jobs of one request. Raises RefusedError where that takes none."""
        return self._only or self._choose(key_digest, parents, self._batch_in_turn)

    def _choose(self, key_digest: str, parents: Iterable[str], in_turn: Callable[[], int]) -> Partition:
        if key_digest:
            number = routing.by_key(key_digest, len(self._all))
        else:
            wanted = routing.by_parents(parents, len(self._all))
            number = wanted if wanted is not None and self._accepts(wanted) else in_turn()
        partition = self._all[number]
        if partition.gauge.no_jobs is not None:
            raise partition.gauge.no_jobs.refusal()
        return partition

    def _accepts(self, number: int) -> bool:
        return self._all[number].gauge.accepts

    def _batch_in_turn(self) -> int:
        self._last_batch = routing.in_turn(self._last_batch, len(self._all), self._accepts)
        return self._last_batch

    def _job_in_turn(self) -> int:
        """Stay where jobs wait for an append to be answered, for then they share the next; else go on."""
        now_s = time.monotonic()
        if now_s < self._turn_ends and self._all[self._last_job].commits.busy and self._accepts(self._last_job):
            return self._last_job
        self._last_job = routing.in_turn(self._last_job, len(self._all), self._accepts)
        self._turn_ends = now_s + TURN_S
        return self._last_job
