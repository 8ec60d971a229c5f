"""A worker inside the test's process, on a log in memory or on a real server, and eyes on that log."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from journeyman.admission import admit
from journeyman.blobs import FileBlobStore
from journeyman.events import (
    BEGINNING,
    Event,
    JobCancelRequested,
    JobReleased,
    JobReturned,
    JobStarted,
    JobSubmitted,
    Record,
)
from journeyman.ids import IdMaker
from journeyman.log.api import Log
from journeyman.log.connect import opener
from journeyman.log.doorbells import Doorbells
from journeyman.log.memory_log import MemoryLog
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Interrupt, Open, Proposal
from journeyman.settings import Settings
from journeyman_worker.bells import Bells, OneBell
from journeyman_worker.broker import JourneymanBroker
from journeyman_worker.seat import Courier
from journeyman_worker.station import Connections, Station
from support.waiting import wait_for

E = TypeVar("E")
AnyLog = MemoryLog | RedisLog


def settings_for(url: str, directory: Path, **more: Any) -> Settings:
    return Settings(redis_url=url, durability="memory", data_dir=str(directory), **more)


class Kit:
    """The logs of all partitions (mostly one), a broker that submits to them, and workers on demand."""

    def __init__(self, logs: Sequence[AnyLog], open_log: Callable[[int], AnyLog], directory: Path) -> None:
        self.logs = logs
        #: The one that is looked at.
        self.log = logs[0]
        self.blobs = FileBlobStore(directory / "blobs")
        self.broker = JourneymanBroker(logs=logs, blobs=self.blobs)
        self._open_log = open_log
        self._numbers = count(1)
        self._ids = [IdMaker(log.partition) for log in logs]

    def of(self, partition: int) -> Kit:
        """Return the same kit, looking at another partition."""
        other = copy(self)
        other.log = self.logs[partition]
        return other

    @contextmanager
    def worker(self, couriers: Callable[[Log], Courier] | None = None, **options: Any) -> Iterator[Station]:
        """Run a worker until the end of the block, where it is drained in haste."""
        connections = Connections(self.logs, self._open_log, self._bells, self.blobs, couriers)
        defaults: dict[str, Any] = {"threads": 4, "heartbeat_timeout_ms": 2_000, "drain_timeout_ms": 5_000}
        station = Station(self.broker, connections, **{**defaults, **options})
        thread = Thread(target=station.run, name="station", daemon=True)
        thread.start()
        try:
            wait_for(lambda: station.session, "the worker to join")
            yield station
        finally:
            if thread.is_alive():
                station.signals.ask()
                station.signals.ask()
            thread.join(20)
            assert not thread.is_alive(), "the worker did not end"

    def _bells(self, worker: str) -> Bells:
        if len(self.logs) == 1:
            return OneBell(self.log.doorbell(worker))
        return Doorbells([log for log in self.logs if isinstance(log, RedisLog)], worker)

    def append(self, *events: Event, **more: Any) -> None:
        self.log.append([Proposal(events, **more)], caller="test", number=next(self._numbers))

    def new_ids(self, count: int) -> list[str]:
        """Return ids of jobs that nobody has submitted yet."""
        return self._ids[self.log.partition].make_many(self.log.now_ms(), secrets.randbits(60), count)

    def submit_many(self, type_: str, count: int) -> list[str]:
        """Submit so many jobs of a type at once, and return their ids."""
        now_ms = self.log.now_ms()
        job_ids = self.new_ids(count)
        jobs = [JobSubmitted(job_id, type_) for job_id in job_ids]
        self.log.append([admit(jobs, now_ms)], caller="test", number=next(self._numbers))
        return job_ids

    def cancel(self, job_id: str) -> None:
        self.append(JobCancelRequested(job_id), guard=Open(job_id), effects=(Interrupt(job_id),))

    # --- what the log says -----------------------------------------------------------------------------

    def records(self) -> list[Record]:
        records: list[Record] = []
        after = BEGINNING
        while entries := self.log.read(after, count=1_000):
            after = entries[-1].offset
            for entry in entries:
                records += entry.records()
        return records

    def events(self, kind: type[E]) -> list[E]:
        return [record.event for record in self.begun() if isinstance(record.event, kind)]

    def begun(self) -> list[Record]:
        """Return what happened, without the claims of jobs that no thread took in time and that went back."""
        kept: list[Record] = []
        for record in self.records():
            event = record.event
            if isinstance(event, JobReturned) and event.reason == "unstarted":
                claims = (isinstance(one.event, JobStarted) and one.event.job_id == event.job_id for one in kept[::-1])
                del kept[len(kept) - 1 - next(back for back, is_claim in enumerate(claims) if is_claim)]
            else:
                kept.append(record)
        return kept

    def story(self, job_id: str) -> list[str]:
        """Return the names of what happened to a job, without its submission."""
        return [
            type(record.event).__name__
            for record in self.begun()
            if getattr(record.event, "job_id", None) == job_id
            and not isinstance(record.event, (JobSubmitted, JobReleased))
        ]

    def wait_for_event(self, kind: type[E], job_id: str = "", *, count: int = 1) -> E:
        """Wait until the log has `count` events of a kind (of a job, if named), and return the last."""

        def found() -> list[E]:
            events = [event for event in self.events(kind) if not job_id or getattr(event, "job_id", "") == job_id]
            return events if len(events) >= count else []

        return wait_for(found, f"{count} {kind.__name__} {job_id}")[-1]


def memory_kit(directory: Path) -> Kit:
    log = MemoryLog()
    return Kit([log], lambda _: log, directory)


@contextmanager
def server_kit(url: str, directory: Path, partitions: int = 1) -> Iterator[Kit]:
    opened = opener(settings_for(url, directory))
    logs = [opened(partition) for partition in range(partitions)]
    try:
        yield Kit(logs, opened, directory)
    finally:
        for log in logs:
            log.close()
