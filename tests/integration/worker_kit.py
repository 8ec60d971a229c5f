"""A worker inside the test's process, on a log in memory or on a real server, and eyes on that log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from journeyman.blobs import FileBlobStore
from journeyman.events import BEGINNING, Event, JobCancelRequested, JobReleased, JobSubmitted, Record
from journeyman.log.connect import open_log
from journeyman.log.memory_log import MemoryLog
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Interrupt, Open, Proposal
from journeyman.settings import Settings
from journeyman_worker.broker import JourneymanBroker
from journeyman_worker.station import Connections, Station
from support.waiting import wait_for

E = TypeVar("E")
AnyLog = MemoryLog | RedisLog


def settings_for(url: str, directory: Path, **more: Any) -> Settings:
    return Settings(redis_url=url, durability="memory", data_dir=str(directory), **more)


class Kit:
    """A log, a broker that submits to it, and workers on demand."""

    def __init__(self, log: AnyLog, another_log: Callable[[], AnyLog], directory: Path) -> None:
        self.log = log
        self.blobs = FileBlobStore(directory / "blobs")
        self.broker = JourneymanBroker(log=log, blobs=self.blobs)
        self._another_log = another_log
        self._number = 0

    @contextmanager
    def worker(self, **options: Any) -> Iterator[Station]:
        """Run a worker until the end of the block, where it is drained in haste."""
        connections = Connections(self.log, self._another_log, self.log.doorbell, self.blobs)
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

    def append(self, *events: Event, **more: Any) -> None:
        self._number += 1
        self.log.append([Proposal(events, **more)], caller="test", number=self._number)

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
        return [record.event for record in self.records() if isinstance(record.event, kind)]

    def story(self, job_id: str) -> list[str]:
        """Return the names of what happened to a job, without its submission."""
        return [
            type(record.event).__name__
            for record in self.records()
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
    return Kit(log, lambda: log, directory)


@contextmanager
def server_kit(url: str, directory: Path) -> Iterator[Kit]:
    settings = settings_for(url, directory)
    log = open_log(settings)
    try:
        yield Kit(log, lambda: open_log(settings), directory)
    finally:
        log.close()
