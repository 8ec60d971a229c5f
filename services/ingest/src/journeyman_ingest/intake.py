"""One running ingest: what its routes share, how a job gets from a request into the log, start and end.

`Intake` holds the adapters; `submit` and `submit_batch` are the rhythm of the hot path: check for room, choose a
partition, make an id, put what is large aside, append, answer. Whatever goes wrong in between is an exception with
an answer (`problem_kinds.refusal_of`), and nothing was appended, or the client is told that it is not known.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec

from journeyman.admission import admit
from journeyman.blobs import INLINE_MAX, BlobStore
from journeyman.clock import ServerClock
from journeyman.errors import ServerUnavailableError
from journeyman.events import Blob, JobSubmitted
from journeyman.ids import IdMaker
from journeyman.proposals import Proposal
from journeyman.settings import Settings
from journeyman.submission import REF, JobRequest, to_submitted
from journeyman.submission_order import resolve_batch
from journeyman_ingest.awaited_log import AwaitedLog
from journeyman_ingest.bodies import BodyReader
from journeyman_ingest.errors import RefusedError
from journeyman_ingest.gauge import Gauge
from journeyman_ingest.group_commit import BOUNDS, PATIENCE_S, GroupCommit
from journeyman_ingest.idempotency import remembered
from journeyman_ingest.metrics import Metrics
from journeyman_ingest.partitions import Partition, Partitions
from journeyman_ingest.pressure import Pressure
from journeyman_ingest.quotas import Quotas
from journeyman_ingest.replies import place, rfc3339
from journeyman_ingest.server_figures import ServerFigures

_encode = msgspec.json.Encoder().encode

#: Bytes and jobs from which a batch is read and prepared in a thread, so that other requests are answered meanwhile:
#: what takes about a millisecond. Below, two threads that take turns cost more than they save.
THREADED_BYTES = 256 * 1024
THREADED_JOBS = 2_000
#: With an idempotency key each job is written out once more, to tell whether a later request is the same.
THREADED_JOBS_KEYED = 200

#: Large payloads written at once.
BLOB_WRITES_MAX = 8


class Submitted(msgspec.Struct, frozen=True):
    """The answer to a submitted job."""

    id: str
    type: str
    queue: str
    priority: int
    status: str
    submitted_at: str
    durability: str


class SubmittedBatch(msgspec.Struct, frozen=True):
    """The answer to a batch: ids in the order of the request."""

    ids: list[str]


class Receipt(msgspec.Struct, frozen=True):
    """An answer's body, where the last of its events stands (in words), and whether it was given before."""

    answer: bytes
    written: str
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """What the headers of a request say of the jobs in it."""

    key_digest: str = ""
    traceparent: str = ""


#: Of most requests.
NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class Intake:
    """What the routes of one ingest share."""

    settings: Settings
    partitions: Partitions
    blobs: BlobStore
    pressure: Pressure
    metrics: Metrics
    bodies: BodyReader = field(default_factory=BodyReader)
    blob_writes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(BLOB_WRITES_MAX))

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """Give a question to the log so much time and no more. Raises ServerUnavailableError after that."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                yield
        except TimeoutError:
            raise ServerUnavailableError(f"no answer within {PATIENCE_S:g} s") from None

    async def submit(self, request: JobRequest, origin: Origin) -> Receipt:
        """Submit one job."""
        self.pressure.check_room()
        if not self.pressure.quotas.enabled:
            return await self._submit(request, origin)
        with self.pressure.quotas.reserved({request.queue: 1}):
            return await self._submit(request, origin)

    async def _submit(self, request: JobRequest, origin: Origin) -> Receipt:
        partition = self.partitions.for_job(origin.key_digest, request.depends_on)
        now_ms = partition.clock.now_ms()
        size = len(memoryview(request.payload))
        blob = await self._put(bytes(request.payload)) if size > INLINE_MAX else None
        job = to_submitted(
            request,
            partition.new_id(now_ms),
            now_ms,
            payload_blob=blob,
            idempotency=origin.key_digest,
            traceparent=origin.traceparent,
        )
        if not origin.key_digest:
            offset = (await partition.commits.submit(job, 256 if blob else 256 + size)).offset
            self.pressure.accepted(1)
            return Receipt(self._answer(job, offset.ms if offset else now_ms), place(partition.number, offset))
        answer = self._answer(job, now_ms)
        kept = remembered(origin.key_digest, (request,), answer, self.settings.outcome_retention_ms)
        return await self._submit_once(partition, admit((job,), now_ms, kept), answer, 1, 512 + size)

    def _answer(self, job: JobSubmitted, at_ms: int) -> bytes:
        return _encode(
            Submitted(
                job.job_id, job.type, job.queue, job.priority, "pending", rfc3339(at_ms), self.settings.durability
            )
        )

    async def submit_batch(self, requests: Sequence[JobRequest], origin: Origin, size: int) -> Receipt:
        """Submit many jobs, all or none. `size` is that of the request, in bytes."""
        self.pressure.check_room(len(requests))
        if not self.pressure.quotas.enabled:
            return await self._submit_batch(requests, origin, size)
        with self.pressure.quotas.reserved(Counter(request.queue for request in requests)):
            return await self._submit_batch(requests, origin, size)

    async def _submit_batch(self, requests: Sequence[JobRequest], origin: Origin, size: int) -> Receipt:
        partition = self.partitions.for_batch(origin.key_digest, _parents_elsewhere(requests))
        now_ms = partition.clock.now_ms()
        job_ids = partition.new_ids(now_ms, len(requests))
        blobs = await self._put_large(requests) if size > INLINE_MAX else {}
        answer = _encode(SubmittedBatch(job_ids))

        def prepare() -> Proposal:
            jobs = resolve_batch(
                requests,
                job_ids,
                now_ms,
                payload_blobs=blobs,
                idempotency=origin.key_digest,
                traceparent=origin.traceparent,
            )
            retention_ms = self.settings.outcome_retention_ms
            kept = remembered(origin.key_digest, requests, answer, retention_ms) if origin.key_digest else None
            return admit(jobs, now_ms, kept)

        threaded_jobs = THREADED_JOBS_KEYED if origin.key_digest else THREADED_JOBS
        is_long = len(requests) >= threaded_jobs or size >= THREADED_BYTES
        proposal = await asyncio.to_thread(prepare) if is_long else prepare()
        return await self._submit_once(partition, proposal, answer, len(requests), size)

    async def _submit_once(
        self, partition: Partition, proposal: Proposal, answer: bytes, jobs: int, size: int
    ) -> Receipt:
        verdict = await partition.commits.propose(proposal, size)
        written = place(partition.number, verdict.offset)
        if verdict.replayed is not None:
            return Receipt(verdict.replayed.encode(), written, replayed=True)
        if not verdict.accepted:
            kept = proposal.idempotency
            raise RefusedError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "idempotency-key-reused" if kept and verdict.reason == "key_reused" else "invalid",
                "this idempotency key was used for another request" if kept else verdict.reason,
            )
        self.pressure.accepted(jobs)
        return Receipt(answer, written)

    async def _put(self, data: bytes) -> Blob:
        async with self.blob_writes:
            return await asyncio.to_thread(self.blobs.put, data)

    async def _put_large(self, requests: Sequence[JobRequest]) -> dict[int, Blob]:
        large = [index for index, request in enumerate(requests) if len(memoryview(request.payload)) > INLINE_MAX]

        def put_all() -> dict[int, Blob]:
            return {index: self.blobs.put(bytes(requests[index].payload)) for index in large}

        if not large:
            return {}
        async with self.blob_writes:
            return await asyncio.to_thread(put_all)


def _parents_elsewhere(requests: Sequence[JobRequest]) -> Iterator[str]:
    """Return the parents of a batch's jobs that are not in the batch."""
    return (parent for request in requests for parent in request.depends_on if not parent.startswith(REF))


@asynccontextmanager
async def running(
    settings: Settings, logs: Sequence[AwaitedLog], blobs: BlobStore, *, patience_s: float = PATIENCE_S
) -> AsyncIterator[Intake]:
    """Run an ingest over the open logs of all partitions; at the end, what waits is appended. The logs stay open."""
    metrics = Metrics()
    times = await asyncio.gather(*[log.now_ms() for log in logs])
    partitions = Partitions(
        [
            _partition(log, ServerClock(now_ms), settings, metrics, len(logs), patience_s)
            for log, now_ms in zip(logs, times, strict=True)
        ]
    )
    quotas = Quotas(settings.queue_backlog_max, settings.queue_quotas())
    pressure = Pressure(partitions, settings.backlog_max, quotas)
    await pressure.look()
    for partition in partitions:
        partition.commits.start()
    metrics.registry.register(ServerFigures(partitions, pressure, settings.memory_headroom))
    looking = asyncio.create_task(pressure.run(), name="pressure")
    try:
        yield Intake(settings, partitions, blobs, pressure, metrics)
    finally:
        pressure.draining = True
        await asyncio.gather(*[partition.commits.close() for partition in partitions])
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


def _partition(
    log: AwaitedLog, clock: ServerClock, settings: Settings, metrics: Metrics, partitions: int, patience_s: float
) -> Partition:
    name = "the log" if partitions == 1 else f"partition {log.partition}"
    gauge = Gauge(name, settings.memory_headroom)
    bounds = BOUNDS.shared_by(partitions)
    commits = GroupCommit(log, clock, metrics, patience_s=patience_s, bounds=bounds, on_trouble=gauge.stumbled)
    return Partition(log.partition, log, clock, commits, gauge, IdMaker(log.partition))
