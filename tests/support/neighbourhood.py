"""Several partitions in memory that depend on each other, over wires that can be cut; and what must be so of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from journeyman import events as e
from journeyman.errors import ServerUnavailableError
from journeyman.ids import partition_of
from journeyman.log.api import Appended
from journeyman.log.memory_log import MemoryLog
from journeyman.proposals import Proposal
from journeyman.watchers import Edge
from support.simulated_workers import SimulatedWorker
from support.simulation import LIMITS, World

ENDS = {e.JobSucceeded: "completed", e.JobDeadLettered: "failed", e.JobCancelled: "cancelled"}


class Neighbourhood:
    """As many worlds as there are partitions, and one clock.

    away: partitions that no other reaches. lose: what becomes of the next message: its request or its reply is lost.
    """

    def __init__(self, partitions: int) -> None:
        limits = msgspec.structs.replace(LIMITS, partitions=partitions)
        self.away: set[int] = set()
        self.lose = ""
        self.worlds = [World(number, lambda to: Wire(self, to), limits) for number in range(partitions)]
        #: Jobs that were redriven: these run whatever became of their parents.
        self.redriven: set[str] = set()
        self._read = [0] * partitions
        self._ends: dict[str, list[str]] = {}
        self._bodies: dict[str, e.JobSubmitted] = {}

    def world_of(self, job_id: str) -> World:
        return self.worlds[partition_of(job_id)]

    def look(self) -> None:
        """Read what is new in every log."""
        for number, world in enumerate(self.worlds):
            events = world.events()
            for event in events[self._read[number] :]:
                if isinstance(event, e.JobSubmitted):
                    self._bodies.setdefault(event.job_id, event)
                elif isinstance(event, e.JobRedriven):
                    self.redriven.add(event.job_id)
                elif type(event) in ENDS:
                    self._ends.setdefault(event.job_id, []).append(ENDS[type(event)])  # type: ignore[union-attr]
            self._read[number] = len(events)
            world.look()

    def claim(self, worker: SimulatedWorker, count: int) -> None:
        """Let a worker claim, and fail where a job starts too early: parents ended, and well enough."""
        self.look()
        claimed = worker.claim(count)
        for job in claimed.jobs if claimed else ():
            body = self._bodies[job.body.job_id]
            if body.job_id in self.redriven:
                continue
            for parent in body.depends_on:
                ends = self._ends.get(parent)
                assert ends, f"{body.job_id} started before its parent {parent} ended"
                assert "completed" in ends or body.on_dependency_failure == "run", f"{body.job_id}: {parent} {ends}"

    def edges(self) -> list[Counter[tuple[str, Edge]]]:
        """Return how often each log says what about each edge between partitions."""
        counts: list[Counter[tuple[str, Edge]]] = []
        for world in self.worlds:
            count: Counter[tuple[str, Edge]] = Counter()
            for event in world.events():
                if isinstance(event, e.DependencyWatched):
                    count["watched", Edge(event.child, event.job_id)] += 1
                elif isinstance(event, e.DependencyResolved):
                    count["resolved", Edge(event.job_id, event.parent)] += 1
            counts.append(count)
        return counts

    def assert_every_edge_was_told_once(self) -> None:
        """Fail unless every edge that was told was answered, once in either log, with the same words."""
        counts = self.edges()
        watched = {edge for count in counts for what, edge in count if what == "watched"}
        for edge in watched:
            here, there = partition_of(edge.child), partition_of(edge.parent)
            assert here != there
            assert counts[there]["watched", edge] == 1
            assert [count["resolved", edge] for count in (counts[here], counts[there])] == [1, 1]
            assert self._said(edge, here) == self._said(edge, there)
        assert {edge for count in counts for _, edge in count} == watched
        for world in self.worlds:
            assert world.onlooker.watchers.of == {}

    def _said(self, edge: Edge, partition: int) -> str:
        for event in self.worlds[partition].events():
            if isinstance(event, e.DependencyResolved) and (event.job_id, event.parent) == edge:
                return event.status
        raise AssertionError(f"nothing was said of {edge}")


class Wire(MemoryLog):
    """The log of a partition, as its neighbours reach it."""

    def __init__(self, neighbourhood: Neighbourhood, to: int) -> None:
        self._all = neighbourhood
        self.partition = to

    def append(self, proposals: Sequence[Proposal], *, caller: str, number: int) -> Appended:
        lose, self._all.lose = self._all.lose, ""
        if lose == "request" or self.partition in self._all.away:
            raise ServerUnavailableError("the neighbour cannot be reached")
        reply = self._all.worlds[self.partition].log.append(proposals, caller=caller, number=number)
        if lose == "reply":
            raise ServerUnavailableError("the reply was lost")
        return reply
