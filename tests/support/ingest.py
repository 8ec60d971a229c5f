"""Ingest as tests meet it: the HTTP application in this process, over any log, called from plain test functions."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from journeyman.blobs import BlobStore, FileBlobStore
from journeyman.events import BEGINNING, Error, Event, JobCancelled, JobDeadLettered, Record
from journeyman.ids import partition_of
from journeyman.log.api import Log
from journeyman.log.async_redis_log import AsyncRedisLog
from journeyman.log.connect import open_logs
from journeyman.log.memory_log import MemoryLog
from journeyman.proposals import Bury, Discard, Proposal
from journeyman.settings import Settings
from journeyman_ingest.app import build_app
from journeyman_ingest.awaited_log import AwaitedLog
from journeyman_ingest.intake import Intake, running
from support.awaited_log import AwaitedMemoryLog

T = TypeVar("T")


class Api:
    """A running ingest: `post`, `get`, `patch`, `delete` as of httpx, and what stands behind it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, client: httpx.AsyncClient, intake: Intake) -> None:
        self._loop = loop
        self.client = client
        self.intake = intake

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop of the application."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request and return the answer."""
        return self.run(self.client.request(method, path, **options))

    def post(self, path: str, **options: Any) -> httpx.Response:
        """Send a POST."""
        return self.request("POST", path, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Send a GET."""
        return self.request("GET", path, **options)

    def patch(self, path: str, **options: Any) -> httpx.Response:
        """Send a PATCH."""
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        """Send a DELETE."""
        return self.request("DELETE", path, **options)

    def submit(self, **fields: Any) -> str:
        """Submit one job that must be accepted, and return its id."""
        answer = self.post("/jobs", json={"type": "synthetic", **fields})
        assert answer.status_code == 202, answer.text
        job_id: str = answer.json()["id"]
        return job_id


@contextmanager
def serving(
    open_them: Callable[[], Coroutine[Any, Any, Sequence[AwaitedLog]]],
    directory: Path,
    settings: Settings | None = None,
    *,
    patience_s: float = 10.0,
    blobs: BlobStore | None = None,
) -> Iterator[Api]:
    """Run ingest over the logs that `open_them` opens on its loop, one a partition.

    Its blobs are in `blobs`, or in `directory`.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="ingest")
    thread.start()
    ended: asyncio.Event = asyncio.Event()

    async def live(ready: asyncio.Future[Api]) -> None:
        logs = await open_them()
        try:
            async with running(
                settings or Settings(), logs, blobs or FileBlobStore(directory / "blobs"), patience_s=patience_s
            ) as intake:
                transport = httpx.ASGITransport(build_app(intake), raise_app_exceptions=False)  # type: ignore[arg-type]
                async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as client:
                    ready.set_result(Api(loop, client, intake))
                    await ended.wait()
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            raise
        finally:
            for log in logs:
                await log.close()

    async def begin() -> tuple[Api, asyncio.Task[None]]:
        ready: asyncio.Future[Api] = loop.create_future()
        task = asyncio.create_task(live(ready))
        return await ready, task

    async def end(task: asyncio.Task[None]) -> None:
        ended.set()
        await task

    try:
        api, task = asyncio.run_coroutine_threadsafe(begin(), loop).result(30)
        try:
            yield api
        finally:
            asyncio.run_coroutine_threadsafe(end(task), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def records(log: Log) -> list[Record]:
    """Return everything in a log, in order."""
    found: list[Record] = []
    after = BEGINNING
    while entries := log.read(after, count=1000):
        found += [record for entry in entries for record in entry.records()]
        after = entries[-1].offset
    return found


def events(log: Log) -> list[Event]:
    """Return the events in a log, in order."""
    return [record.event for record in records(log)]


@contextmanager
def serving_over(url: str, directory: Path, *, partitions: int = 1) -> Iterator[Api]:
    """Run ingest over the server at `url`, or over logs in memory where that is empty."""
    settings = Settings(redis_url=url or "redis://nowhere", durability="memory", partitions=partitions)

    async def open_them() -> Sequence[AwaitedLog]:
        if url:
            return await AsyncRedisLog.opened_all(lambda: open_logs(settings))
        return [AwaitedMemoryLog(MemoryLog(partition=number)) for number in range(partitions)]

    with serving(open_them, directory, settings) as api:
        yield api


def log_of(api: Api, partition: int = 0) -> Log:
    """Return the log of a partition, for threads."""
    log: Log = api.intake.partitions[partition].log.sync  # type: ignore[assignment]
    return log


def end(api: Api, job_id: str, how: str, fingerprint: str = "f00d") -> None:
    """End a waiting job as the scheduler would: `failed` (a dead letter) or `cancelled`."""
    log = log_of(api, partition_of(job_id))
    error = Error("ValueError", "no", "", fingerprint)
    over: tuple[Event, Any] = (
        (JobCancelled(job_id), Discard(job_id, 0, 1))
        if how == "cancelled"
        else (
            JobDeadLettered(job_id, 3, "attempts_exhausted", error),
            Bury(job_id, 3, 1, "synthetic", "default", error.type, error.fingerprint),
        )
    )
    epoch = log.elect("test", lease_ms=60_000).epoch
    assert epoch is not None
    appended = log.commit(
        [Proposal((over[0],), None, (over[1],))], epoch=epoch, number=len(records(log)), cursor=log.end()
    )
    assert appended.verdicts[0].accepted


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Check that an answer is a problem document of a status, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["title"]
    assert body["type"]
    return body
