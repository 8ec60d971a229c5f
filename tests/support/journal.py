"""Reading a system's logs in tests: what happened, in order, and whether the promises hold. All partitions, always."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from journeyman import events as e
from journeyman.ids import partition_of
from journeyman.log.connect import open_logs
from journeyman.settings import Settings
from journeyman.verify import Report, Verifier
from support.waiting import wait_for


def epochs(records: Sequence[e.Record]) -> list[int]:
    """Return the epochs of a partition's schedulers, in the order of their elections."""
    return [record.event.epoch for record in records if isinstance(record.event, e.SchedulerElected)]


class Journal:
    """The logs of a running system. Each is read once; asking again reads what has come since."""

    def __init__(self, settings: Settings) -> None:
        self.logs = open_logs(settings)
        self._entries: list[list[e.Entry]] = [[] for _ in self.logs]
        self._records: list[list[e.Record]] = [[] for _ in self.logs]

    def close(self) -> None:
        """Hang up."""
        for log in self.logs:
            log.close()

    def by_partition(self) -> list[list[e.Record]]:
        """Return every event, in log order, partition by partition."""
        for log, entries, records in zip(self.logs, self._entries, self._records, strict=True):
            while more := log.read(entries[-1].offset if entries else e.BEGINNING, count=500):
                entries.extend(more)
                records.extend(record for entry in more for record in entry.records())
        return self._records

    def records(self) -> list[e.Record]:
        """Return every event: within a partition in log order, over the partitions by the servers' time."""
        return list(heapq.merge(*self.by_partition(), key=lambda record: record.at_ms))

    def around(self, job_id: str) -> list[e.Record]:
        """Return every event of the partition that a job lives in, in log order."""
        return self.by_partition()[partition_of(job_id)]

    def of(self, job_id: str) -> list[e.Event]:
        """Return the events of one job."""
        return [record.event for record in self.around(job_id) if getattr(record.event, "job_id", None) == job_id]

    def reports(self) -> list[Report]:
        """Check every promise over each whole log."""
        self.by_partition()
        verifiers = [Verifier() for _ in self.logs]
        for verifier, entries in zip(verifiers, self._entries, strict=True):
            for entry in entries:
                verifier.take(entry)
        return [verifier.report() for verifier in verifiers]

    def unkept(self) -> list[str]:
        """Return what breaks a promise in any log, in words."""
        return [
            f"{found.promise} at {e.write_offset(partition, found.offset)}: {found.detail}"
            for partition, report in enumerate(self.reports())
            for found in report.violations
        ]

    def completed(self) -> set[str]:
        """Return the jobs that have completed."""
        return {
            record.event.job_id
            for records in self.by_partition()
            for record in records
            if isinstance(record.event, e.JobSucceeded)
        }

    def await_completed(self, job_ids: Sequence[str], timeout_s: float) -> None:
        """Wait until all these jobs have completed."""
        wanted = set(job_ids)
        wait_for(
            lambda: wanted <= self.completed(), f"{len(wanted)} jobs to complete", timeout_s=timeout_s, every_s=0.1
        )
