"""What the routes work with, and the live side of workers: their heartbeats, asked for at most so often.

A worker beats in every partition. What is told is the latest heartbeat, with what it runs in all of them; a partition
that does not answer in time is left out.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar

from journeyman.blobs import BlobStore
from journeyman.errors import JourneymanError
from journeyman.log.api import WorkerBeat
from journeyman_dashboard.bulk.runner import Bulks
from journeyman_dashboard.exports import Exports
from journeyman_dashboard.metrics import Metrics
from journeyman_dashboard.partitions import DashboardLog, Partition
from journeyman_dashboard.past.moments import AsOf, read_as_of
from journeyman_dashboard.queries.remembered import RememberedSets
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.reading import Readings
from journeyman_dashboard.streams import Streams

P = ParamSpec("P")
T = TypeVar("T")

BEATS_KEPT_S = 0.5
BEATS_WAIT_S = 2.0

_log = logging.getLogger(__name__)


class Heartbeats:
    """The workers' last heartbeats. None where no log's server can say."""

    def __init__(self, partitions: Sequence[Partition]) -> None:
        self._partitions = partitions
        self._asking = asyncio.Lock()
        #: Questions that wait for an answer, by partition.
        self._asked: dict[int, asyncio.Task[list[WorkerBeat]]] = {}
        self._asked_at = float("-inf")
        self._beats: Sequence[WorkerBeat] | None = None

    async def latest(self) -> Sequence[WorkerBeat] | None:
        """Return them as of the last half second."""
        async with self._asking:
            if time.monotonic() - self._asked_at > BEATS_KEPT_S:
                answers = await self._ask()
                self._beats = merged(answers) if answers else None
                self._asked_at = time.monotonic()
            return self._beats

    async def _ask(self) -> list[list[WorkerBeat]]:
        """Ask every log that is open, and return the answers that come in time."""
        for partition in self._partitions:
            if partition.opened is not None and partition.number not in self._asked:
                self._asked[partition.number] = asyncio.create_task(_beats(partition.opened))
        if not self._asked:
            return []
        done, _ = await asyncio.wait(self._asked.values(), timeout=BEATS_WAIT_S)
        self._asked = {number: task for number, task in self._asked.items() if task not in done}
        answers = []
        for task in done:
            try:
                answers.append(task.result())
            except JourneymanError as error:
                _log.warning("cannot read heartbeats: %s", error)
        return answers


async def _beats(log: DashboardLog) -> list[WorkerBeat]:
    return await asyncio.to_thread(log.beats)


def merged(answers: Iterable[Iterable[WorkerBeat]]) -> list[WorkerBeat]:
    """Return one heartbeat a worker: the latest, with what it runs according to all of them."""
    found: dict[str, WorkerBeat] = {}
    running: dict[str, list[object]] = {}
    for beat in (beat for answer in answers for beat in answer):
        if beat.worker not in found or found[beat.worker].at_ms < beat.at_ms:
            found[beat.worker] = beat
        told = beat.facts.get("running")
        running.setdefault(beat.worker, []).extend(told if isinstance(told, list) else [])
    return [beat._replace(facts={**beat.facts, "running": running[worker]}) for worker, beat in found.items()]


@dataclass(frozen=True)
class ReadModel:
    """Everything a request needs."""

    readings: Readings
    reach: Reach
    heartbeats: Heartbeats
    blobs: BlobStore
    streams: Streams
    metrics: Metrics
    bulks: Bulks
    sets: RememberedSets = field(default_factory=RememberedSets)
    exports: Exports = field(default_factory=Exports)

    def sight(self, as_of: str | None) -> Sight:
        """Return how to ask about the present, or about a moment as clients write it. Raises BadQueryError."""
        now_ms = self.reach.now_ms()
        if as_of is None:
            return Sight(self.readings, now_ms, None)
        moment = read_as_of("as_of", as_of)
        moment = moment._replace(ms=min(moment.ms, now_ms))
        return Sight(self.readings, moment.ms, moment)


@dataclass(frozen=True)
class Sight:
    """Asks questions about one moment. now_ms: its time. as_of: None for the present."""

    readings: Readings
    now_ms: int
    as_of: AsOf | None

    async def ask(self, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query; see `Readings`."""
        if self.as_of is None:
            return await self.readings.run(query, *args, **kwargs)
        return await self.readings.run_at(self.as_of, query, *args, **kwargs)
