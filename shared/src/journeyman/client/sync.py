"""The blocking client: runs the flows over httpx, one connection pool per client, safe to share between threads."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar, Unpack

import httpx

from journeyman.client import calls, flows, over_httpx, views
from journeyman.client.calls import Call
from journeyman.client.download import Download
from journeyman.client.flows import Flow, Lost, Pause, Request
from journeyman.client.handles import Job
from journeyman.client.orders import JobOptions, NewJob
from journeyman.client.refusals import Answer
from journeyman.client.sse import Subscription

T = TypeVar("T")

Jobs: TypeAlias = list[Job]


class Client:
    """Journeyman over HTTP.

    url: of ingest; default `JOURNEYMAN_INGEST_URL`, else port 8000 of this machine. dashboard_url: default
    `JOURNEYMAN_DASHBOARD_URL`, else port 8001 of the same host. timeout: seconds for one HTTP request.
    retries: how often a request is repeated that met a refusal for now (429, 503) or a broken connection.

    Reads see this client's own writes. All methods raise ProblemError (NotFoundError, ConflictError, …) for what
    the server refuses and UnreachableError where no answer comes.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        dashboard_url: str | None = None,
        timeout: float = 30.0,
        retries: int = flows.RETRIES,
    ) -> None:
        self._session = over_httpx.open_session(url, dashboard_url, retries)
        self._http = httpx.Client(**over_httpx.options(self._session, timeout))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # --- writing ---------------------------------------------------------------------------------------

    def submit(
        self, type: str, payload: Any = None, *, idempotency_key: str | None = None, **options: Unpack[JobOptions]
    ) -> Job:
        """Submit a job. With a key of your own, submitting again, even from another process, is the same job."""
        job = NewJob(type=type, payload=payload, **options)
        return Job(self, self._call(calls.submit(job, idempotency_key or over_httpx.new_key())))

    def submit_many(self, jobs: Sequence[NewJob], *, idempotency_key: str | None = None) -> Jobs:
        """Submit jobs, each batch of up to 10,000 at once; all or nothing per batch, one batch if they use refs."""
        accepted = self._run(flows.submit_many(self._session, jobs, idempotency_key or over_httpx.new_key()))
        return [Job(self, one) for one in accepted]

    def cancel(self, job_id: str) -> None:
        """Ask that a job does not run, or not go on. Raises ConflictError where it has ended."""
        self._call(calls.cancel(job_id))

    def retry(self, job_id: str) -> None:
        """Run a failed or cancelled job again, as its next generation. Raises ConflictError for others."""
        self._call(calls.retry(job_id))

    def reprioritise(self, job_id: str, priority: int | str) -> None:
        """Change the priority of a waiting job. Raises ConflictError where it waits no more."""
        self._call(calls.reprioritise(job_id, priority))

    def pause(self, queue: str) -> None:
        """Hold back the jobs of a queue; running ones go on."""
        self._call(calls.pause(queue))

    def resume(self, queue: str) -> None:
        """Let the jobs of a queue run again."""
        self._call(calls.resume(queue))

    def open_breaker(self, type: str) -> None:
        """Hold back the jobs of a type until its breaker is closed by hand; running ones go on."""
        self._call(calls.open_breaker(type))

    def close_breaker(self, type: str) -> None:
        """Let the jobs of a type run again, whoever or whatever had opened its breaker."""
        self._call(calls.close_breaker(type))

    def drain(self, worker: str) -> None:
        """Tell a worker to claim nothing more, finish what it runs, and end. Raises NotFoundError."""
        self._call(calls.drain(worker))

    def redrive(self, **selection: Any) -> views.RedriveView:
        """Run dead letters again: `type`, `queue`, `error_fingerprint`, `limit`, `rate_per_s`, `dry_run`."""
        return self._call(calls.redrive(selection))

    # --- reading ---------------------------------------------------------------------------------------

    def job(self, job_id: str) -> views.JobView:
        """Read what is known of a job."""
        return self._call(calls.job(job_id))

    def wait(self, job_id: str, timeout: float | None = None) -> views.JobView:
        """Return the job once it has ended, however. Raises WaitTimeoutError after `timeout` seconds."""
        return self._run(flows.wait(self._session, job_id, timeout))

    def result(self, job_id: str, timeout: float | None = None) -> Any:
        """Wait for a job and return what it returned. Raises JobFailedError where it failed or was cancelled."""
        return self._run(flows.result(self._session, job_id, timeout))

    def history(self, job_id: str) -> tuple[views.EventView, ...]:
        """Read the events of a job, in log order."""
        return self._call(calls.history(job_id)).items

    def explain(self, job_id: str) -> views.ExplanationView:
        """Read why a job is where it is."""
        return self._call(calls.explain(job_id))

    def list(self, *, limit: int | None = None, **filters: Any) -> Iterator[views.JobView]:
        """Go through the jobs that match (`status`, `queue`, `tag`, …; a list means any of), page by page."""
        cursor: str | None = None
        while limit is None or limit > 0:
            page = self._run(flows.page(self._session, filters, cursor, limit))
            yield from page.items
            cursor = page.next_cursor
            limit = None if limit is None else limit - len(page.items)
            if cursor is None:
                return

    def stats(self, window: str | None = None) -> views.StatsView:
        """Read the counts, rates and latencies of the whole system."""
        return self._call(calls.stats(window))

    def queues(self) -> tuple[views.QueueView, ...]:
        """Read all queues."""
        return self._call(calls.queues()).items

    def breakers(self) -> tuple[views.BreakerView, ...]:
        """Read the circuit breakers of all types that ever had theirs opened."""
        return self._call(calls.breakers()).items

    def workers(self) -> tuple[views.WorkerView, ...]:
        """Read all workers."""
        return self._call(calls.workers()).items

    def dead_letters(self, *, limit: int = 50, cursor: str | None = None, **filters: Any) -> views.DeadLetterPage:
        """Read one page of the jobs that failed for good: those of a `type`, `queue`, `error_fingerprint`."""
        return self._call(calls.dead_letters({**filters, "limit": limit, "cursor": cursor}))

    def events(self, *, after: str | None = None, **filters: Any) -> Iterator[views.EventView]:
        """Go through events as they happen, for ever; from the offset `after`, else from now.

        A connection that breaks is taken up where it ended. Filters: `event` (a tag), `job_id`, `type`, `queue`,
        `worker`, `status`, `tag`; a list means any of.
        """
        subscription = Subscription(self._session, filters, after)
        while True:
            reason = "the stream ended"
            asked = over_httpx.arguments(subscription.request())
            try:
                with self._http.stream(**asked) as response:
                    if response.status_code >= 300:
                        response.read()
                        reason = subscription.refused(over_httpx.answer(response))
                    else:
                        for line in response.iter_lines():
                            if event := subscription.feed(line):
                                yield event
            except httpx.TransportError as error:
                reason = over_httpx.in_words(error)
            time.sleep(subscription.dropped(reason))

    def export(self, **filters: Any) -> Iterator[bytes]:
        """Go through all jobs that match as lines of JSON, however many: as `list`, but read as they come.

        Raises BrokenOffError where it ends before its end.
        """
        download = Download(self._session, filters)
        while True:
            asked = over_httpx.arguments(download.request())
            try:
                with self._http.stream(**asked) as response:
                    if response.status_code < 300:
                        for data in response.iter_bytes():
                            yield from download.take(data)
                        return download.ended()
                    response.read()
                    reason = download.refused(over_httpx.answer(response))
            except httpx.TransportError as error:
                reason = over_httpx.in_words(error)
            time.sleep(download.dropped(reason))

    def fetch(self, call: Call[Any]) -> bytes:
        """Make any call of `journeyman.client.calls` and return the JSON as the server wrote it."""
        return self._run(flows.fetch(self._session, call))

    # --- running flows ---------------------------------------------------------------------------------

    def _call(self, call: Call[T]) -> T:
        return self._run(flows.exchange(self._session, call))

    def _run(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                step = flow.send(self._pause(step) if isinstance(step, Pause) else self._send(step))
        except StopIteration as end:
            value: T = end.value
            return value

    def _pause(self, pause: Pause) -> float:
        if pause.seconds > 0:
            time.sleep(pause.seconds)
        return time.monotonic()

    def _send(self, request: Request) -> Answer | Lost:
        try:
            return over_httpx.answer(self._http.request(**over_httpx.arguments(request)))
        except httpx.TransportError as error:
            return over_httpx.lost(error)
