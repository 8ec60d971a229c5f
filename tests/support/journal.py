"""Reading a system's log in tests: what happened, in order, and whether the promises hold."""

from __future__ import annotations

from collections.abc import Sequence

from journeyman import events as e
from journeyman.log.connect import open_log
from journeyman.log.redis_log import RedisLog
from journeyman.settings import Settings
from journeyman.verify import Report, Verifier
from support.waiting import wait_for


class Journal:
    """The log of a running system."""

    def __init__(self, settings: Settings) -> None:
        self.log: RedisLog = open_log(settings)

    def close(self) -> None:
        """Hang up."""
        self.log.close()

    def records(self, after: e.Offset = e.BEGINNING) -> list[e.Record]:
        """Return every event, in log order."""
        records: list[e.Record] = []
        while entries := self.log.read(after, count=500):
            for entry in entries:
                records += entry.records()
            after = entries[-1].offset
        return records

    def of(self, job_id: str) -> list[e.Event]:
        """Return the events of one job."""
        return [record.event for record in self.records() if getattr(record.event, "job_id", None) == job_id]

    def report(self) -> Report:
        """Check every promise over the whole log."""
        verifier = Verifier()
        offset = e.BEGINNING
        while entries := self.log.read(offset, count=500):
            for entry in entries:
                verifier.take(entry)
            offset = entries[-1].offset
        return verifier.report()

    def completed(self) -> set[str]:
        """Return the jobs that have completed."""
        return {record.event.job_id for record in self.records() if isinstance(record.event, e.JobSucceeded)}

    def await_completed(self, job_ids: Sequence[str], timeout_s: float) -> None:
        """Wait until all these jobs have completed."""
        wanted = set(job_ids)
        wait_for(
            lambda: wanted <= self.completed(), f"{len(wanted)} jobs to complete", timeout_s=timeout_s, every_s=0.1
        )
