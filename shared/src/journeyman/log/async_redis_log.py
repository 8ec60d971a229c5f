"""The same log for an event loop: the calls of :class:`RedisLog` that ingest makes, awaited.

The calls run on a few threads, so that there is one implementation to trust instead of two. Group commit keeps the
hops between loop and thread few. Each partition has threads of its own: a server that hangs holds up no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, ParamSpec, TypeVar

from redis import exceptions as x

from journeyman.events import JobSubmitted
from journeyman.log.api import Appended, StoredOutcome
from journeyman.log.cluster import Cluster, slot_of
from journeyman.log.depths import depths
from journeyman.log.redis_log import Health, RedisLog
from journeyman.log.refusals import translate, translated
from journeyman.log.slot_connections import SlotPool
from journeyman.proposals import Proposal

P = ParamSpec("P")
R = TypeVar("R")

#: One for the appends, which come one at a time, and a few for look-ups. They are started when they are needed.
THREADS = 6


class Looked(NamedTuple):
    """What a look at a partition found: its server's time, and how it is."""

    now_ms: int
    health: Health


class AsyncRedisLog:
    """Awaits what `RedisLog` does. The calls a service with an event loop needs; see `api.Log` for what they do."""

    def __init__(self, log: RedisLog, threads: ThreadPoolExecutor) -> None:
        self.sync = log
        self.partition = log.partition
        self._threads = threads
        self._home: object | None = None

    @classmethod
    async def opened_all(cls, opening: Callable[[], Sequence[RedisLog]]) -> list[AsyncRedisLog]:
        """Return the logs that `opening` opens, on a thread, each to be called on threads of its own."""
        logs = await asyncio.to_thread(opening)
        return [cls(log, ThreadPoolExecutor(THREADS, thread_name_prefix=f"log {log.partition}")) for log in logs]

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

    @property
    def home(self) -> object | None:
        """What is equal for logs on one server; None where that is not known, so before the first look at a cluster."""
        return self._home if _cluster_of(self.sync) else "the only server"

    async def depths(self) -> dict[str, int]:
        """Return how many jobs wait in each queue of this partition."""
        return await self._run(depths, self.sync)

    async def look(self, others: Sequence[AsyncRedisLog] = ()) -> list[Looked | Exception]:
        """Look at this partition and at others of the same home, and ask their server once for what is true of all.

        Returns what was found, this partition's first. An error of ours in its place says that a partition is away.
        """
        together = (self, *others)
        for log in together:
            log._home = None
        found = []
        for log, (looked, home) in zip(together, await self._run(_look, [log.sync for log in together]), strict=True):
            log._home = home
            found.append(looked)
        return found


def _cluster_of(log: RedisLog) -> Cluster | None:
    pool = log.client.connection_pool
    return pool.connection_kwargs["cluster"] if isinstance(pool, SlotPool) else None


@translated
def _look(logs: Sequence[RedisLog]) -> list[tuple[Looked | Exception, object | None]]:
    """Return what is found of logs on one server, and where each of them is now."""
    health, now_ms = logs[0].health(), logs[0].now_ms()
    found: list[tuple[Looked | Exception, object | None]] = []
    for log, open_jobs in zip(logs, _open_jobs(logs, health.open_jobs), strict=True):
        cluster = _cluster_of(log)
        if isinstance(open_jobs, Exception):
            found.append((open_jobs, None))
        else:
            home = cluster.home(slot_of(log.partition)) if cluster else None
            found.append((Looked(now_ms, health._replace(open_jobs=open_jobs)), home))
    return found


def _open_jobs(logs: Sequence[RedisLog], first: int) -> Iterator[int | Exception]:
    """Count the open jobs of each partition; of the first they are known."""
    yield first
    others = logs[1:]
    if not _cluster_of(logs[0]):
        with logs[0].client.pipeline(transaction=False) as pipe:
            for log in others:
                pipe.hlen(log.keys.bodies)
            yield from map(int, pipe.execute())
        return
    for log in others:
        # Over its own connections: the slot may have left for another node since the last look.
        try:
            yield int(log.client.hlen(log.keys.bodies))
        except x.RedisError as error:
            yield translate(error)
