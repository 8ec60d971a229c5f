"""One scheduler's rhythm over any log: read, fold, decide, commit.

    follow   read a page of the log and fold it; a standby does only this, and is warm when its turn comes
    settle   decide about what is on the agenda and commit it, under an epoch

A leader decides only on a state into which its own last commit has been folded back: the state is at all times
the fold of a prefix of the log, for the leader as for a standby, a restart, or anybody who reads the log later.
What was refused is looked at again after a moment (`AGAIN_MS`), in case the fact that beat it is not of a
kind that puts the job on the agenda by itself.

What other partitions must be told goes through an outbox, and what follows from it here is decided when it was
acknowledged (docs/adr/0009). That too is looked at only between two pages, so there is one thread that decides.

Speaks to the `Log` protocol only: the scheduler's process runs it on a server, the testing helper in memory.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import NamedTuple

from journeyman import decide, failpoints
from journeyman.decide import Limits, Round
from journeyman.errors import SettingsError
from journeyman.events import Offset
from journeyman.log.api import Log
from journeyman.outbox import Outbox
from journeyman.partition import Partition
from journeyman.proposals import Proposal, ShutBy
from journeyman.watchers import Edge

#: Entries read at a time. Each may hold 1,000 events, and all are in memory at once.
PAGE = 64
AGAIN_MS = 1_000
#: How soon to look whether a neighbour has acknowledged what it is being told.
HEAR_MS = 3


class Settled(NamedTuple):
    """What one commit did: proposals accepted and refused, and the server's time."""

    accepted: int
    refused: int
    now_ms: int


class _Commit(NamedTuple):
    concluded: Round
    number: int
    cursor: Offset


def _no_neighbours(partition: int) -> Log:
    raise SettingsError(f"nothing leads to partition {partition}")


class Scheduling:
    """Folds a log and decides on it. Not for two threads at once.

    outbox: what leads to the other partitions; none where there is only one.
    """

    def __init__(
        self,
        log: Log,
        limits: Limits,
        *,
        heartbeat_timeout_ms: int,
        partition: Partition | None = None,
        outbox: Outbox | None = None,
    ) -> None:
        self.log = log
        self.partition = partition or Partition()
        self._limits = limits
        self._heartbeat_timeout_ms = heartbeat_timeout_ms
        #: Events folded so far.
        self.folded = 0
        #: Entries they stood in.
        self.entries = 0
        self._number = 0
        self._now_ms = 0
        self._unanswered: _Commit | None = None
        self._own: Offset = self.partition.offset
        #: (time in ms, job id or nothing, type or nothing): what to look at again.
        self._again: list[tuple[int, str, str]] = []
        self._outbox = outbox or Outbox(_no_neighbours, "")
        #: What neighbours have acknowledged and is not noted here yet.
        self._told: dict[Edge, str] = {}

    def follow(self) -> int:
        """Read and fold up to a page of entries; return how many. Less than `PAGE` means: caught up."""
        entries = self.log.read_on(self.partition.offset, count=PAGE)
        for entry in entries:
            self.partition.apply(entry)
            self.folded += len(entry.events)
        self.entries += len(entries)
        return len(entries)

    def begin_term(self) -> None:
        """Start a new epoch: commits are numbered afresh, and what an earlier one left unanswered is decided anew."""
        self._number = 0
        if self._unanswered is not None:
            decide.reopen(self.partition, self._unanswered.concluded)
            self._unanswered = None
        self._outbox.forget()
        self._told.clear()
        decide.look_again_at_edges(self.partition)

    def idle_ms(self, now_ms: int, most_ms: int) -> int:
        """Return how long nothing needs deciding unless something is appended: 0 to `most_ms`."""
        if self._has_agenda() or self.partition.offset < self._own:
            return 0
        due = [most_ms]
        timer = decide.next_due_ms(self.partition)
        if timer is not None:
            due.append(timer - now_ms)
        if self._again:
            due.append(self._again[0][0] - now_ms)
        hear = self._outbox.wait_ms(now_ms, HEAR_MS)
        if hear is not None:
            due.append(hear)
        return max(min(due), 0)

    def silent(self, now_ms: int) -> list[str]:
        """Return the workers that have not been heard of for longer than they may be silent."""
        return self.log.silent(max(now_ms, self._now_ms) - self._heartbeat_timeout_ms)

    def settle(self, epoch: int, now_ms: int, *, silent: Sequence[str] = ()) -> Settled | None:
        """Decide and commit one round; None where nothing was to decide or the last commit is not read back yet.

        silent: workers to declare lost, if they still have not been heard of.
        Raises EpochPassedError when somebody else leads; `begin_term` brings back what was under way, so nothing is
        forgotten.
        """
        if self._unanswered is not None:
            return self._commit(epoch, now_ms)
        partition = self.partition
        if partition.offset < self._own:
            return None
        # The estimate of the server's time may lag. What the log says has been; no round is earlier than the last.
        now_ms = self._now_ms = max(now_ms, self._now_ms, partition.offset.ms)
        decide.advance(partition, now_ms, self._limits)
        self._look_again(now_ms)
        self._hear(now_ms)
        since_ms = now_ms - self._heartbeat_timeout_ms
        if not (self._has_agenda() or partition.undecodable or silent):
            return None
        outcomes = self._outcomes(decide.unsure_parents(partition))
        concluded = decide.decide(partition, now_ms, self._limits, outcomes, silent, since_ms, self._told)
        decide.settle(partition, concluded)
        for job_id in concluded.postponed:
            heapq.heappush(self._again, (now_ms + AGAIN_MS, job_id, ""))
        self._outbox.put(concluded.messages)
        if not concluded.proposals:
            return Settled(0, 0, now_ms) if concluded.messages else None
        self._number += 1
        self._unanswered = _Commit(concluded, self._number, partition.offset)
        return self._commit(epoch, now_ms)

    def _has_agenda(self) -> bool:
        partition = self.partition
        return bool(partition.agenda or partition.watchers.owed or partition.breakers.agenda)

    def _hear(self, now_ms: int) -> None:
        """Send what waits to be told, and look again at what was acknowledged."""
        if self._outbox.idle:
            # Whatever is told and was not noted by now belongs to children that have ended.
            if self._told and not self.partition.agenda and not self.partition.watchers.owed:
                self._told.clear()
            return
        for edge, said in self._outbox.turn(now_ms).items():
            if decide.look_again(self.partition, edge):
                self._told[edge] = said

    def _outcomes(self, parents: list[str]) -> dict[str, str]:
        """Return how parents ended that had ended before their child came; `reopened`: badly, and redriven since."""
        if not parents:
            return {}
        outcomes = {job_id: ended.status for job_id, ended in self.log.outcomes(parents).items()}
        others = [job_id for job_id in parents if job_id not in outcomes]
        return outcomes | dict.fromkeys(self.log.bodies(others), "reopened")

    def _commit(self, epoch: int, now_ms: int) -> Settled:
        """Send the commit under way; after a lost reply, the very same one again."""
        commit = self._unanswered
        assert commit is not None
        concluded, number, cursor = commit
        failpoints.hit("scheduler.before_commit")
        reply = self.log.commit(concluded.proposals, epoch=epoch, number=number, cursor=cursor)
        failpoints.hit("scheduler.after_commit")
        self._unanswered = None
        refused = 0
        for edge in concluded.noted:
            self._told.pop(edge, None)
        for proposal, verdict in zip(concluded.proposals, reply.verdicts, strict=True):
            if verdict.offset is not None:
                self._own = max(self._own, verdict.offset._replace(index=0))
            if not verdict.accepted:
                refused += 1
                job_id = getattr(proposal.guard, "job_id", "")
                type_ = proposal.guard.type if isinstance(proposal.guard, ShutBy) else ""
                if job_id or type_:
                    heapq.heappush(self._again, (now_ms + AGAIN_MS, job_id, type_))
        return Settled(len(reply.verdicts) - refused, refused, reply.now_ms)

    def state_fact(self, fact: Proposal, epoch: int, now_ms: int) -> None:
        """Commit a fact that is the scheduler's to state and needs no deciding."""
        self._number += 1
        self._unanswered = _Commit(Round([fact], [], []), self._number, self.partition.offset)
        self._commit(epoch, now_ms)

    def _look_again(self, now_ms: int) -> None:
        while self._again and self._again[0][0] <= now_ms:
            _, job_id, type_ = heapq.heappop(self._again)
            if job_id in self.partition.jobs:
                self.partition.note(job_id, True)
            elif type_:
                self.partition.breakers.agenda[type_] = None
