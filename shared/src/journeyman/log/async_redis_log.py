"""The same log for an event loop: the calls of :class:`RedisLog` that ingest makes, awaited.

The calls run on a few threads, so that there is one implementation to trust instead of two. Group commit keeps the
hops between loop and thread few.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from journeyman.events import JobSubmitted
from journeyman.log.api import Appended, StoredOutcome
from journeyman.log.redis_log import Health, RedisLog
from journeyman.proposals import Proposal

P = ParamSpec("P")
R = TypeVar("R")

#: One for the appends, which come one at a time, and a few for look-ups.
THREADS = 6


class AsyncRedisLog:
    """Awaits what `RedisLog` does. The calls a service with an event loop needs; see `api.Log` for what they do."""

    def __init__(self, log: RedisLog, threads: ThreadPoolExecutor) -> None:
        self.sync = log
        self.partition = log.partition
        self._threads = threads

    @classmethod
    async def opened(cls, opening: Callable[[], RedisLog]) -> AsyncRedisLog:
        """Return the log that `opening` opens, on a thread, and that will be called on such."""
        threads = ThreadPoolExecutor(THREADS, thread_name_prefix="log")
        try:
            log = await asyncio.get_running_loop().run_in_executor(threads, opening)
        except BaseException:
            threads.shutdown(wait=False)
            raise
        return cls(log, threads)

    async def _run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: call(*args, **kwargs))

    async def close(self) -> None:
        """Close every connection, after the calls under way."""
        await asyncio.to_thread(self._threads.shutdown)
        self.sync.close()

    async def append(self, proposals: Sequence[Proposal], *, caller: str, number: int) -> Appended:
        """See `api.Log.append`."""
        return await self._run(self.sync.append, proposals, caller=caller, number=number)

    async def now_ms(self) -> int:
        """See `api.Log.now_ms`."""
        return await self._run(self.sync.now_ms)

    async def bodies(self, job_ids: Sequence[str]) -> Mapping[str, JobSubmitted]:
        """See `api.Log.bodies`."""
        return await self._run(self.sync.bodies, job_ids)

    async def outcomes(self, job_ids: Sequence[str]) -> Mapping[str, StoredOutcome]:
        """See `api.Log.outcomes`."""
        return await self._run(self.sync.outcomes, job_ids)

    async def health(self) -> Health:
        """See `RedisLog.health`."""
        return await self._run(self.sync.health)
