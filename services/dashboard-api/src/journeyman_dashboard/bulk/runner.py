"""Runs bulks: finds the jobs that are meant, has the logs change them chunk by chunk, and counts.

Nothing ends unsaid: whatever stops a bulk, it says so, and how far it had come.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence

import msgspec

from journeyman.errors import JourneymanError
from journeyman_dashboard.bulk.changer import Changer
from journeyman_dashboard.bulk.ledger import KEPT_MAX, Ledger
from journeyman_dashboard.bulk.orders import JOBS_MAX, Bulk, Meant, Order
from journeyman_dashboard.params import write_time
from journeyman_dashboard.partitions import Partition
from journeyman_dashboard.queries.filters import JobFilter
from journeyman_dashboard.queries.remembered import RememberedSets
from journeyman_dashboard.queries.searching import matching
from journeyman_dashboard.queries.statuses import count_by_status, statuses_of
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.reading import Readings

#: Jobs in one step.
CHUNK = 500
#: Bulks under way at once.
RUNNING_MAX = 4
#: Jobs whose statuses are counted in one query.
COUNTED_AT_ONCE = 50_000
TOO_MANY = f"more than {JOBS_MAX} jobs are meant: narrow the filter, or give a limit"
#: With a rate, a step is of what is due in this time.
STEP_S = 0.25

_log = logging.getLogger(__name__)


class TooManyBulksError(JourneymanError):
    """As many bulks are under way as may be."""


class TooManyJobsError(JourneymanError):
    """More jobs are meant than one bulk may change."""


class Bulks:
    """The bulks of one dashboard. Lives on one event loop."""

    def __init__(
        self, partitions: Sequence[Partition], readings: Readings, reach: Reach, sets: RememberedSets, ledger: Ledger
    ) -> None:
        self._partitions = {partition.number: partition for partition in partitions}
        self._readings = readings
        self._reach = reach
        self._sets = sets
        self._ledger = ledger
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._aborting: set[str] = set()
        self._bulks: dict[str, Bulk] = {}

    async def open(self) -> None:
        """Learn of the bulks that there were."""
        self._bulks = await asyncio.to_thread(self._ledger.load)

    async def close(self) -> None:
        """Interrupt what is under way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def all(self) -> list[Bulk]:
        """Return the bulks, the latest first."""
        return list(reversed(self._bulks.values()))

    def get(self, bulk_id: str) -> Bulk | None:
        """Return a bulk."""
        return self._bulks.get(bulk_id)

    def abort(self, bulk: Bulk) -> None:
        """Have a bulk end behind the step that is under way."""
        if not bulk.over:
            self._aborting.add(bulk.id)

    async def count(self, order: Order, wanted: JobFilter | None) -> tuple[int, dict[str, int]]:
        """Count the jobs that are meant, more than a bulk may change too, and by status those that are known.

        Raises TooManyJobsError where they had to be looked at one by one.
        """
        if wanted is None:
            ids = list(dict.fromkeys(order.ids or ()))[: order.limit]
            return len(ids), await self._readings.run(statuses_of, ids, "id")
        if order.limit is None and not wanted.searched():
            by_status = await self._readings.run(count_by_status, wanted, self._sets)
            return sum(by_status.values()), by_status
        numbers = await self._numbers(order, wanted)
        found: Counter[str] = Counter()
        for start in range(0, len(numbers), COUNTED_AT_ONCE):
            found.update(await self._readings.run(statuses_of, numbers[start : start + COUNTED_AT_ONCE], "n"))
        return len(numbers), dict(found)

    async def begin(self, order: Order, wanted: JobFilter | None) -> Bulk:
        """Begin a bulk. Raises TooManyBulksError."""
        if len(self._tasks) >= RUNNING_MAX:
            raise TooManyBulksError(f"{RUNNING_MAX} bulks are under way already")
        now_ms = self._reach.now_ms()
        bulk_id = f"b-{now_ms:013d}-{secrets.token_hex(4)}"
        bulk = Bulk(id=bulk_id, order=order, named=len(order.ids or ()), created_at=write_time(now_ms))
        self._bulks[bulk.id] = bulk
        for old in [one for one in self._bulks.values() if one.over][: max(len(self._bulks) - KEPT_MAX, 0)]:
            del self._bulks[old.id]
            await asyncio.to_thread(self._ledger.forget, old)
        await self._save(bulk)
        task = self._tasks[bulk.id] = asyncio.create_task(self._run(bulk, wanted))
        task.add_done_callback(lambda _: self._tasks.pop(bulk.id, None))
        return bulk

    async def _save(self, bulk: Bulk) -> None:
        copy = msgspec.structs.replace(bulk, refused=dict(bulk.refused))
        await asyncio.to_thread(self._ledger.save, copy)

    async def _run(self, bulk: Bulk, wanted: JobFilter | None) -> None:
        try:
            await self._change_all(bulk, wanted)
            bulk.state = "aborted" if bulk.id in self._aborting else "done"
        except asyncio.CancelledError:
            bulk.state, bulk.detail = "interrupted", "the dashboard was stopped"
            _log.warning("bulk %s was interrupted: %d of %s jobs were done", bulk.id, bulk.done, bulk.matched)
        except Exception as error:  # noqa: BLE001 - the runner of a loop: whatever it is, the bulk says so
            bulk.state, bulk.detail = "failed", str(error)
            _log.warning("bulk %s failed: %s", bulk.id, error, exc_info=not isinstance(error, JourneymanError))
        finally:
            self._aborting.discard(bulk.id)
            bulk.ended_at = write_time(self._reach.now_ms())
            await self._save(bulk)

    async def _change_all(self, bulk: Bulk, wanted: JobFilter | None) -> None:
        order = bulk.order
        given = list(dict.fromkeys(order.ids or ()))[: order.limit]
        numbers = [] if wanted is None else (await self._numbers(order, wanted, bulk))[: order.limit]
        bulk.matched = bulk.left = len(given) or len(numbers)
        bulk.state = "running"
        await self._save(bulk)
        size = CHUNK if order.rate_per_s is None else max(1, min(CHUNK, int(order.rate_per_s * STEP_S)))
        changer = Changer(bulk, self._partitions)
        began = time.monotonic()
        for start in range(0, bulk.matched, size):
            if order.rate_per_s is not None:
                await self._wait_until(bulk, began + start / order.rate_per_s)
            if bulk.id in self._aborting:
                return
            jobs = await self._readings.run(_meant, given[start : start + size], numbers[start : start + size])
            await changer.change(jobs, min(size, bulk.matched - start))
            await self._save(bulk)

    async def _wait_until(self, bulk: Bulk, at: float) -> None:
        while (left_s := at - time.monotonic()) > 0 and bulk.id not in self._aborting:
            await asyncio.sleep(min(left_s, STEP_S))

    async def _numbers(self, order: Order, wanted: JobFilter, bulk: Bulk | None = None) -> list[int]:
        """Return the numbers of the jobs that are meant, the oldest first."""
        found: list[int] = []
        behind: int | None = 0
        enough = JOBS_MAX + 1 if order.limit is None else order.limit
        while behind is not None and len(found) < enough and (bulk is None or bulk.id not in self._aborting):
            more, behind = await self._readings.run(matching, wanted, behind, self._sets)
            found += more
        if order.limit is None and len(found) > JOBS_MAX:
            raise TooManyJobsError(TOO_MANY)
        return found[: order.limit]


def _meant(connection: sqlite3.Connection, ids: Sequence[str], numbers: Sequence[int]) -> list[Meant]:
    column, values = ("id", as_json(ids)) if ids else ("n", as_json(numbers))
    rows = connection.execute(
        f"SELECT jobs.id, error_type, fingerprint FROM json_each(?) JOIN jobs ON jobs.{column} = value",  # noqa: S608 - constants
        (values,),
    )
    known = {job_id: Meant(job_id, *rest) for job_id, *rest in rows}
    return [known.get(job_id) or Meant(job_id) for job_id in ids] if ids else list(known.values())
