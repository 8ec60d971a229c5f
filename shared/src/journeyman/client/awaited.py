"""The async client: the blocking one (`sync.py`), awaited. The same flows, over httpx and asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar, Unpack

import httpx

from journeyman.client import calls, flows, over_httpx, views
from journeyman.client.calls import Call
from journeyman.client.download import Download
from journeyman.client.flows import Flow, Lost, Pause, Request
from journeyman.client.handles import AsyncJob
from journeyman.client.orders import JobOptions, NewJob
from journeyman.client.refusals import Answer
from journeyman.client.sse import Subscription

T = TypeVar("T")

Jobs: TypeAlias = list[AsyncJob]


class AsyncClient:
    """Journeyman over HTTP, for asyncio: arguments, methods and errors are those of `Client`."""

    def __init__(
        self,
        url: str | None = None,
        *,
        dashboard_url: str | None = None,
        timeout: float = 30.0,
        retries: int = flows.RETRIES,
    ) -> None:
        self._session = over_httpx.open_session(url, dashboard_url, retries)
        self._http = httpx.AsyncClient(**over_httpx.options(self._session, timeout))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    # --- writing ---------------------------------------------------------------------------------------

    async def submit(
        self, type: str, payload: Any = None, *, idempotency_key: str | None = None, **options: Unpack[JobOptions]
    ) -> AsyncJob:
        """Submit a job. With a key of your own, submitting again, even from another process, is the same job."""
        job = NewJob(type=type, payload=payload, **options)
        accepted = await self._call(calls.submit(job, idempotency_key or over_httpx.new_key()))
        return AsyncJob(self, accepted)

    async def submit_many(self, jobs: Sequence[NewJob], *, idempotency_key: str | None = None) -> Jobs:
        """Submit jobs, each batch of up to 10,000 at once; all or nothing per batch, one batch if they use refs."""
        accepted = await self._run(flows.submit_many(self._session, jobs, idempotency_key or over_httpx.new_key()))
        return [AsyncJob(self, one) for one in accepted]

    async def cancel(self, job_id: str) -> None:
        """Ask that a job does not run, or not go on. Raises ConflictError where it has ended."""
        await self._call(calls.cancel(job_id))

    async def retry(self, job_id: str) -> None:
        """Run a failed or cancelled job again, as its next generation. Raises ConflictError for others."""
        await self._call(calls.retry(job_id))

    async def reprioritise(self, job_id: str, priority: int | str) -> None:
        """Change the priority of a waiting job. Raises ConflictError where it waits no more."""
        await self._call(calls.reprioritise(job_id, priority))

    async def pause(self, queue: str) -> None:
        """Hold back the jobs of a queue; running ones go on."""
        await self._call(calls.pause(queue))

    async def resume(self, queue: str) -> None:
        """Let the jobs of a queue run again."""
        await self._call(calls.resume(queue))

    async def open_breaker(self, type: str) -> None:
        """Hold back the jobs of a type until its breaker is closed by hand; running ones go on."""
        await self._call(calls.open_breaker(type))

    async def close_breaker(self, type: str) -> None:
        """Let the jobs of a type run again, whoever or whatever had opened its breaker."""
        await self._call(calls.close_breaker(type))

    async def drain(self, worker: str) -> None:
        """Tell a worker to claim nothing more, finish what it runs, and end. Raises NotFoundError."""
        await self._call(calls.drain(worker))

    async def redrive(self, **selection: Any) -> views.RedriveView:
        """Run dead letters again: `type`, `queue`, `error_fingerprint`, `limit`, `rate_per_s`, `dry_run`."""
        return await self._call(calls.redrive(selection))

    # --- reading ---------------------------------------------------------------------------------------

    async def job(self, job_id: str) -> views.JobView:
        """Read what is known of a job."""
        return await self._call(calls.job(job_id))

    async def wait(self, job_id: str, timeout: float | None = None) -> views.JobView:
        """Return the job once it has ended, however. Raises WaitTimeoutError after `timeout` seconds."""
        return await self._run(flows.wait(self._session, job_id, timeout))

    async def result(self, job_id: str, timeout: float | None = None) -> Any:
        """Wait for a job and return what it returned. Raises JobFailedError where it failed or was cancelled."""
        return await self._run(flows.result(self._session, job_id, timeout))

    async def history(self, job_id: str) -> tuple[views.EventView, ...]:
        """Read the events of a job, in log order."""
        return (await self._call(calls.history(job_id))).items

    async def explain(self, job_id: str) -> views.ExplanationView:
        """Read why a job is where it is."""
        return await self._call(calls.explain(job_id))

    async def list(self, *, limit: int | None = None, **filters: Any) -> AsyncIterator[views.JobView]:
        """Go through the jobs that match (`status`, `queue`, `tag`, …; a list means any of), page by page."""
        cursor: str | None = None
        while limit is None or limit > 0:
            page = await self._run(flows.page(self._session, filters, cursor, limit))
            for item in page.items:
                yield item
            cursor = page.next_cursor
            limit = None if limit is None else limit - len(page.items)
            if cursor is None:
                return

    async def stats(self, window: str | None = None) -> views.StatsView:
        """Read the counts, rates and latencies of the whole system."""
        return await self._call(calls.stats(window))

    async def queues(self) -> tuple[views.QueueView, ...]:
        """Read all queues."""
        return (await self._call(calls.queues())).items

    async def breakers(self) -> tuple[views.BreakerView, ...]:
        """Read the circuit breakers of all types that ever had theirs opened."""
        return (await self._call(calls.breakers())).items

    async def workers(self) -> tuple[views.WorkerView, ...]:
        """Read all workers."""
        return (await self._call(calls.workers())).items

    async def dead_letters(self, *, limit: int = 50, cursor: str | None = None, **filters: Any) -> views.DeadLetterPage:
        """Read one page of the jobs that failed for good: those of a `type`, `queue`, `error_fingerprint`."""
        return await self._call(calls.dead_letters({**filters, "limit": limit, "cursor": cursor}))

    async def events(self, *, after: str | None = None, **filters: Any) -> AsyncIterator[views.EventView]:
        """Go through events as they happen, for ever; from the offset `after`, else from now.

        A connection that breaks is taken up where it ended. Filters: `event` (a tag), `job_id`, `type`, `queue`,
        `worker`, `status`, `tag`; a list means any of.
        """
        subscription = Subscription(self._session, filters, after)
        while True:
            reason = "the stream ended"
            asked = over_httpx.arguments(subscription.request())
            try:
                async with self._http.stream(**asked) as response:
                    if response.status_code >= 300:
                        await response.aread()
                        reason = subscription.refused(over_httpx.answer(response))
                    else:
                        async for line in response.aiter_lines():
                            if event := subscription.feed(line):
                                yield event
            except httpx.TransportError as error:
                reason = over_httpx.in_words(error)
            await asyncio.sleep(subscription.dropped(reason))

    async def export(self, **filters: Any) -> AsyncIterator[bytes]:
        """Go through all jobs that match as lines of JSON, however many: as `list`, but read as they come.

        Raises BrokenOffError where it ends before its end.
        """
        download = Download(self._session, filters)
        while True:
            asked = over_httpx.arguments(download.request())
            try:
                async with self._http.stream(**asked) as response:
                    if response.status_code < 300:
                        async for data in response.aiter_bytes():
                            for line in download.take(data):
                                yield line
                        download.ended()
                        return
                    await response.aread()
                    reason = download.refused(over_httpx.answer(response))
            except httpx.TransportError as error:
                reason = over_httpx.in_words(error)
            await asyncio.sleep(download.dropped(reason))

    async def fetch(self, call: Call[Any]) -> bytes:
        """Make any call of `journeyman.client.calls` and return the JSON as the server wrote it."""
        return await self._run(flows.fetch(self._session, call))

    # --- running flows ---------------------------------------------------------------------------------

    async def _call(self, call: Call[T]) -> T:
        return await self._run(flows.exchange(self._session, call))

    async def _run(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                step = flow.send(await self._pause(step) if isinstance(step, Pause) else await self._send(step))
        except StopIteration as end:
            value: T = end.value
            return value

    async def _pause(self, pause: Pause) -> float:
        if pause.seconds > 0:
            await asyncio.sleep(pause.seconds)
        return time.monotonic()

    async def _send(self, request: Request) -> Answer | Lost:
        try:
            return over_httpx.answer(await self._http.request(**over_httpx.arguments(request)))
        except httpx.TransportError as error:
            return over_httpx.lost(error)
