"""A `MemoryLog` behind `await`, for the services with an event loop; and one that can be made to fail like a server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from journeyman.errors import JourneymanError
from journeyman.events import JobSubmitted
from journeyman.log.api import Appended, StoredOutcome
from journeyman.log.async_redis_log import Looked
from journeyman.log.memory_log import MemoryLog
from journeyman.log.redis_log import Health
from journeyman.proposals import Proposal


class AwaitedMemoryLog:
    """The calls of a `MemoryLog`, awaited.

    `failures` are raised by the coming appends, one each (None: that one succeeds). With `lose_replies` the append has
    happened nevertheless, as when a connection breaks before the reply. While `gate` is clear, appends wait.
    `condition` replaces what a look finds.
    """

    def __init__(self, log: MemoryLog | None = None) -> None:
        self.sync = log or MemoryLog()
        self.partition = self.sync.partition
        #: What is equal for logs on one server: nothing else is on this one.
        self.home: object | None = None
        self.failures: list[JourneymanError | None] = []
        self.lose_replies = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.condition: Health | JourneymanError | None = None
        self.appends: list[int] = []

    async def append(self, proposals: Sequence[Proposal], *, caller: str, number: int) -> Appended:
        """Append, or fail as told."""
        await self.gate.wait()
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None and not self.lose_replies:
            raise failure
        appended = self.sync.append(proposals, caller=caller, number=number)
        if failure is not None:
            raise failure
        self.appends.append(len(proposals))
        return appended

    async def bodies(self, job_ids: Sequence[str]) -> Mapping[str, JobSubmitted]:
        """See `Log.bodies`."""
        return self.sync.bodies(job_ids)

    async def outcomes(self, job_ids: Sequence[str]) -> Mapping[str, StoredOutcome]:
        """See `Log.outcomes`."""
        return self.sync.outcomes(job_ids)

    async def now_ms(self) -> int:
        """See `Log.now_ms`."""
        return self.sync.now_ms()

    async def depths(self) -> Mapping[str, int]:
        """Count the places in the lines of each queue."""
        found: dict[str, int] = {}
        for (queue, _, _), places in self.sync.derived.lines.items():
            found[queue] = found.get(queue, 0) + len(places)
        return found

    async def look(self, others: Sequence[AwaitedMemoryLog] = ()) -> list[Looked | Exception]:
        """Say how the log is, or what the test says. No others are on this server."""
        assert not others
        if isinstance(self.condition, JourneymanError):
            raise self.condition
        return [Looked(self.sync.now_ms(), self.condition or self.sync.health())]

    async def close(self) -> None:
        """Nothing to close."""
