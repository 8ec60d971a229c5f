"""When to refuse rather than lose: backlog, memory headroom, a server that is gone or no longer durable.

Every server is asked once a second, however many partitions it has; requests are judged by the last answer, plus
what was accepted since. Where queues have quotas (`quotas.py`), each partition is asked how many jobs wait, too. The
backlog is that of all partitions together; memory, durability and silence are a partition's own (`gauge.py`). Only new
jobs are refused under pressure: cancelling, changing, retrying and the like go on, as they shrink the backlog or hardly
add to it. A question that fails means that its partitions are lost; the asking goes on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from http import HTTPStatus

from journeyman.errors import JourneymanError
from journeyman_ingest.awaited_log import Looked
from journeyman_ingest.errors import LATER_S, RefusedError
from journeyman_ingest.gauge import Obstacle
from journeyman_ingest.partitions import Partition
from journeyman_ingest.quotas import Quotas

_log = logging.getLogger(__name__)

#: How often the servers are asked.
EVERY_S = 1.0

#: How long one may take to answer before it counts as lost.
ANSWER_S = 2.0


class Pressure:
    """What is known of the log's health. Call `look` once, then `run` for good."""

    def __init__(self, partitions: Iterable[Partition], backlog_max: int, quotas: Quotas) -> None:
        self._partitions = tuple(partitions)
        self._backlog_max = backlog_max
        self.quotas = quotas
        self._looked_at = time.monotonic()
        self._open_jobs = 0
        #: What stands in the way of new jobs in every partition.
        self._obstacle: Obstacle | None = None
        self.draining = False

    async def look(self) -> None:
        """Ask every server how it is."""
        before = self._open_jobs
        await asyncio.gather(*map(_look_at, _by_home(self._partitions)))
        if self.quotas.enabled:
            await self._count()
        accepted_meanwhile = self._open_jobs - before
        self._open_jobs = sum(partition.gauge.open_jobs for partition in self._partitions) + accepted_meanwhile
        obstacles = [partition.gauge.no_jobs for partition in self._partitions]
        self._obstacle = None if None in obstacles else obstacles[0]

    async def _count(self) -> None:
        """Ask how many jobs wait. Where a partition does not answer, the last answers stand."""
        accepted = self.quotas.accepted()
        try:
            async with asyncio.timeout(ANSWER_S):
                found = await asyncio.gather(*[partition.log.depths() for partition in self._partitions])
        except (JourneymanError, TimeoutError) as error:
            _log.warning("could not count the jobs that wait: %s", error)
            return
        depths: Counter[str] = Counter()
        for one in found:
            depths.update(one)
        now_s = time.monotonic()
        self.quotas.look(depths, accepted, now_s - self._looked_at)
        self._looked_at = now_s

    async def run(self) -> None:
        """Ask every second, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.look()
            except Exception:  # noqa: BLE001 - the asking goes on; it is logged
                _log.exception("asking the log for its health failed")
                for partition in self._partitions:
                    partition.gauge.lost("asking for its health failed")

    def accepted(self, jobs: int) -> None:
        """Count jobs accepted since the last look."""
        self._open_jobs += jobs

    def readiness(self) -> tuple[bool, str]:
        """Tell whether this process can append durably to every partition, and what stands in the way."""
        if self.draining:
            return False, "shutting down"
        for partition in self._partitions:
            able, detail = partition.gauge.readiness()
            if not able:
                return False, detail if len(self._partitions) == 1 else f"{partition.gauge.name}: {detail}"
        return True, detail

    def check_room(self, jobs: int = 1) -> None:
        """Refuse new jobs where they could not be kept in any partition, or where too many are open already."""
        if self._obstacle is not None:
            raise self._obstacle.refusal()
        if self._open_jobs + jobs > self._backlog_max:
            raise RefusedError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "backlog-full",
                f"{self._open_jobs} jobs are open; the limit is {self._backlog_max}",
                retry_after_s=LATER_S,
            )


def _by_home(partitions: Iterable[Partition]) -> Iterable[list[Partition]]:
    """Return the partitions server by server; each by itself where its server is not known."""
    homes: dict[object, list[Partition]] = {}
    for partition in partitions:
        home = partition.log.home
        homes.setdefault(partition if home is None else home, []).append(partition)
    return homes.values()


async def _look_at(together: Sequence[Partition]) -> None:
    """Look at the partitions of one server."""
    first, *others = together
    found: Sequence[Looked | Exception]
    try:
        async with asyncio.timeout(ANSWER_S):
            found = await first.log.look([partition.log for partition in others])
    except (JourneymanError, TimeoutError) as error:
        found = [error] * len(together)
    for partition, looked in zip(together, found, strict=True):
        if isinstance(looked, Exception):
            partition.gauge.lost(str(looked) or "it does not answer")
        else:
            partition.clock.calibrate(looked.now_ms)
            partition.gauge.found(looked.health)
