"""One running ingest: what its routes share, how a job gets from a request into the log, start and end.

`Intake` holds the adapters; `submit` and `submit_batch` are the rhythm of the hot path: check for room, make an id,
put what is large aside, append, answer. Whatever goes wrong in between is an exception with an answer
(`problem_kinds.refusal_of`), and nothing was appended, or the client is told that it is not known.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec

from journeyman.admission import admit
from journeyman.blobs import INLINE_MAX, BlobStore
from journeyman.clock import ServerClock
from journeyman.errors import ServerUnavailableError
from journeyman.events import Blob, JobSubmitted, Offset
from journeyman.ids import IdMaker
from journeyman.log.api import Verdict
from journeyman.proposals import Idempotency, Proposal
from journeyman.settings import Settings
from journeyman.submission import JobRequest, resolve_batch, to_submitted
from journeyman_ingest.awaited_log import AwaitedLog
from journeyman_ingest.bodies import BodyReader
from journeyman_ingest.errors import RefusedError
from journeyman_ingest.group_commit import PATIENCE_S, GroupCommit
from journeyman_ingest.idempotency import remembered
from journeyman_ingest.metrics import Metrics
from journeyman_ingest.pressure import Pressure
from journeyman_ingest.replies import rfc3339

_encode = msgspec.json.Encoder().encode

#: Jobs from which a batch is prepared in a thread, so that other requests are answered meanwhile.
THREADED_JOBS = 200

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
    """An answer's body, where the last of its events stands, and whether it was given before."""

    answer: bytes
    offset: Offset | None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """What the headers of a request say of the jobs in it."""

    key_digest: str = ""
    traceparent: str = ""


def _generator() -> random.Random:
    return random.Random(secrets.randbits(256))


@dataclass(frozen=True, slots=True)
class Intake:
    """What the routes of one ingest share."""

    settings: Settings
    log: AwaitedLog
    blobs: BlobStore
    clock: ServerClock
    commits: GroupCommit
    pressure: Pressure
    metrics: Metrics
    ids: IdMaker
    bodies: BodyReader = field(default_factory=BodyReader)
    blob_writes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(BLOB_WRITES_MAX))
    random: random.Random = field(default_factory=_generator)

    def new_id(self, now_ms: int) -> str:
        """Return the id of a job submitted now."""
        return self.ids.make(now_ms, self.random.getrandbits(60))

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """Give a question to the log so much time and no more. Raises ServerUnavailableError after that."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                yield
        except TimeoutError:
            raise ServerUnavailableError(f"no answer within {PATIENCE_S:g} s") from None

    async def propose(self, proposal: Proposal, size: int = 256) -> Verdict:
        """Append one proposal in the next group commit."""
        self.pressure.check_writable()
        return await self.commits.propose(proposal, size)

    async def submit(self, request: JobRequest, origin: Origin) -> Receipt:
        """Submit one job."""
        self.pressure.check_room()
        now_ms = self.clock.now_ms()
        size = len(memoryview(request.payload))
        blob = await self._put(bytes(request.payload)) if size > INLINE_MAX else None
        job = to_submitted(
            request,
            self.new_id(now_ms),
            now_ms,
            payload_blob=blob,
            idempotency=origin.key_digest,
            traceparent=origin.traceparent,
        )
        if not origin.key_digest:
            verdict = await self.commits.propose(admit((job,), now_ms), 256 if blob else 256 + size)
            self.pressure.accepted(1)
            return Receipt(self._answer(job, verdict.offset.ms if verdict.offset else now_ms), verdict.offset)
        answer = self._answer(job, now_ms)
        kept = remembered(origin.key_digest, (request,), answer, self.settings.outcome_retention_ms)
        return await self._submit_once(admit((job,), now_ms, kept), kept, answer, 1, 512 + size)

    def _answer(self, job: JobSubmitted, at_ms: int) -> bytes:
        return _encode(
            Submitted(
                job.job_id, job.type, job.queue, job.priority, "pending", rfc3339(at_ms), self.settings.durability
            )
        )

    async def submit_batch(self, requests: Sequence[JobRequest], origin: Origin, size: int) -> Receipt:
        """Submit many jobs, all or none. `size` is that of the request, in bytes."""
        self.pressure.check_room(len(requests))
        now_ms = self.clock.now_ms()
        job_ids = [self.new_id(now_ms) for _ in requests]
        blobs = await self._put_large(requests)
        answer = _encode(SubmittedBatch(job_ids))

        def prepare() -> tuple[Proposal, Idempotency | None]:
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
            return admit(jobs, now_ms, kept), kept

        proposal, kept = await asyncio.to_thread(prepare) if len(requests) >= THREADED_JOBS else prepare()
        return await self._submit_once(proposal, kept, answer, len(requests), size)

    async def _submit_once(
        self, proposal: Proposal, kept: Idempotency | None, answer: bytes, jobs: int, size: int
    ) -> Receipt:
        verdict = await self.commits.propose(proposal, size)
        if verdict.replayed is not None:
            return Receipt(verdict.replayed.encode(), verdict.offset, replayed=True)
        if not verdict.accepted:
            raise RefusedError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "idempotency-key-reused" if kept and verdict.reason == "key_reused" else "invalid",
                "this idempotency key was used for another request" if kept else verdict.reason,
            )
        self.pressure.accepted(jobs)
        return Receipt(answer, verdict.offset)

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


@asynccontextmanager
async def running(
    settings: Settings, log: AwaitedLog, blobs: BlobStore, *, patience_s: float = PATIENCE_S
) -> AsyncIterator[Intake]:
    """Run an ingest over an open log; at the end, what waits is appended. The log stays open."""
    clock = ServerClock(await log.now_ms())
    metrics = Metrics()
    commits = GroupCommit(log, clock, metrics, patience_s=patience_s)
    pressure = Pressure(log, clock, settings)
    await pressure.look()
    commits.start()
    looking = asyncio.create_task(pressure.run(), name="pressure")
    try:
        yield Intake(settings, log, blobs, clock, commits, pressure, metrics, IdMaker(0))
    finally:
        pressure.draining = True
        await commits.close()
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
