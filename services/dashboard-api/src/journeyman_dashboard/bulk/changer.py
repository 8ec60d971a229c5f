"""Has the logs change the jobs of a bulk, some at a time, and counts what was done and what was refused.

A log that does not answer is asked again for `PATIENCE_S`, with the same number, so nothing is done twice; after
that it fails.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

from journeyman.errors import ServerUnavailableError
from journeyman.events import Offset, write_position
from journeyman.ids import is_job_id, partition_of
from journeyman.job_changes import REFUSALS
from journeyman.log.api import Appended
from journeyman.proposals import Proposal
from journeyman_dashboard.bulk.orders import Bulk, Meant, proposal
from journeyman_dashboard.partitions import DashboardLog, Partition

PATIENCE_S = 60.0
BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Changer:
    """Changes jobs for one bulk, and counts."""

    def __init__(self, bulk: Bulk, partitions: dict[int, Partition]) -> None:
        self._bulk = bulk
        self._partitions = partitions
        self._number = 0
        self._offsets: dict[int, Offset] = {}

    async def change(self, jobs: Sequence[Meant], count: int) -> None:
        """Change some jobs, `count` of which were meant: what the read model has forgotten meanwhile is refused."""
        refused: Counter[str] = Counter()
        homes: dict[int, list[Meant]] = {}
        for job in jobs:
            home = partition_of(job.job_id) if is_job_id(job.job_id) else -1
            if home in self._partitions:
                homes.setdefault(home, []).append(job)
            else:
                refused[REFUSALS["unknown"]] += 1
        if forgotten := count - len(jobs):
            refused[REFUSALS["unknown"]] += forgotten
        bulk = self._bulk
        for home, those in homes.items():
            self._number += 1
            done = await self._patiently(home, those, refused)
            bulk.done += done
            bulk.left -= len(those)
        bulk.left -= count - sum(map(len, homes.values()))
        for reason, number in refused.items():
            bulk.refused[reason] = bulk.refused.get(reason, 0) + number
        bulk.offset = write_position(self._offsets) if self._offsets else ""

    async def _patiently(self, home: int, jobs: list[Meant], refused: Counter[str]) -> int:
        deadline, failures = time.monotonic() + PATIENCE_S, 0
        while True:
            try:
                said, offset = await asyncio.to_thread(self._append, self._partitions[home].log(), jobs, self._number)
                break
            except ServerUnavailableError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
                failures += 1
        if offset is not None:
            self._offsets[home] = offset
        for reason in said:
            if reason:
                refused[REFUSALS.get(reason, reason)] += 1
        return said.count("")

    def _append(self, log: DashboardLog, jobs: list[Meant], number: int) -> tuple[list[str], Offset | None]:
        """Have a log change jobs; return the reason of each refusal, `""` for what was done, and where that stands."""
        order = self._bulk.order
        outcomes = log.outcomes([job.job_id for job in jobs]) if order.action == "retry" else {}
        wishes = [proposal(order, self._bulk.id, job, outcomes.get(job.job_id)) for job in jobs]
        proposals = [wish for wish in wishes if isinstance(wish, Proposal)]
        appended = log.append(proposals, caller=self._bulk.id, number=number) if proposals else Appended(0, [])
        verdicts = iter(appended.verdicts)
        said = []
        for wish in wishes:
            verdict = None if isinstance(wish, str) else next(verdicts)
            said.append(str(wish) if verdict is None else "" if verdict.accepted else verdict.reason)
        return said, max((one.offset for one in appended.verdicts if one.offset is not None), default=None)
