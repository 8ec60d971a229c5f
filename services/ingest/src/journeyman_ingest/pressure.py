"""When to refuse rather than lose: backlog, memory headroom, a server that is gone or no longer durable.

The log is asked once a second; requests are judged by the last answer, plus what was accepted since. Only new
jobs are refused under pressure: cancelling, changing, retrying and the like go on, as they shrink the backlog or
hardly add to it. A question that fails is a server that is lost; the asking goes on.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus

from journeyman.clock import ServerClock
from journeyman.errors import JourneymanError
from journeyman.settings import Settings
from journeyman_ingest.awaited_log import AwaitedLog, LogHealth
from journeyman_ingest.errors import RefusedError

_log = logging.getLogger(__name__)

#: How often the log is asked.
EVERY_S = 1.0

#: How long it may take to answer before it counts as lost.
ANSWER_S = 2.0

#: When a client should come again: after the next look, or when workers have had time to work.
SOON_S = 1
LATER_S = 5


class Pressure:
    """What is known of the log's health. `settle` after the first look, then `run` for good."""

    def __init__(self, log: AwaitedLog, clock: ServerClock, settings: Settings) -> None:
        self._log = log
        self._clock = clock
        self._backlog_max = settings.backlog_max
        self._headroom = settings.memory_headroom
        self._health: LogHealth | None = None
        self._lost = "the log has not been asked yet"
        self._open_jobs = 0
        self.draining = False

    async def look(self) -> None:
        """Ask the log how it is."""
        before = self._open_jobs
        try:
            async with asyncio.timeout(ANSWER_S):
                health = await self._log.health()
                self._clock.calibrate(await self._log.now_ms())
        except (JourneymanError, TimeoutError) as error:
            if not self._lost:
                _log.warning("the log is not available: %s", error)
            self._lost = str(error) or "the log does not answer"
            return
        if self._lost and self._health is not None:
            _log.info("the log is available again")
        self._lost = ""
        self._health = health
        self._open_jobs = health.open_jobs + (self._open_jobs - before)

    async def run(self) -> None:
        """Ask every second, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.look()
            except Exception:  # noqa: BLE001 - the asking goes on; it is logged
                _log.exception("asking the log for its health failed")
                self._lost = "asking the log for its health failed"

    def accepted(self, jobs: int) -> None:
        """Count jobs accepted since the last look."""
        self._open_jobs += jobs

    def readiness(self) -> tuple[bool, str]:
        """Tell whether this process can append durably, and what stands in the way."""
        if self.draining:
            return False, "shutting down"
        if self._lost or self._health is None:
            return False, self._lost
        if not self._health.durable:
            return False, self._health.detail or "the server cannot keep the promised durability"
        return True, self._health.detail or "appending durably"

    def check_writable(self) -> None:
        """Refuse every write where what it promises could not be kept."""
        health = self._health
        if health is not None and not health.durable:
            raise _unavailable("not-durable", health.detail or "the server cannot keep the promised durability")

    def check_room(self, jobs: int = 1) -> None:
        """Refuse new jobs where they could not be kept, or where too many are open already."""
        self.check_writable()
        if self._open_jobs + jobs > self._backlog_max:
            raise RefusedError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "backlog-full",
                f"{self._open_jobs} jobs are open; the limit is {self._backlog_max}",
                retry_after_s=LATER_S,
            )
        health = self._health
        if health is not None and 0 < health.maxmemory * self._headroom <= health.used_memory:
            raise _unavailable(
                "memory-full", f"the server uses {health.used_memory} of {health.maxmemory} bytes", LATER_S
            )


def _unavailable(kind: str, detail: str, retry_after_s: int = SOON_S) -> RefusedError:
    return RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, kind, detail, retry_after_s=retry_after_s)
