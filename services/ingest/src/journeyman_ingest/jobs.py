"""The routes that submit jobs: one, one of a type, many."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from litestar import Request, post
from litestar.types import ASGIApp, HTTPScope, Receive

from journeyman.submission import (
    BatchRequest,
    JobRequest,
    parse_batch,
    parse_job,
    parse_job_of_type,
    parse_ndjson,
)
from journeyman_ingest.bodies import BATCH_BYTES_MAX, JOB_BYTES_MAX, JSON, NDJSON, Headers, check_media_type, headers_of
from journeyman_ingest.idempotency import digest, read_key
from journeyman_ingest.intake import NOWHERE, THREADED_BYTES, Intake, Origin, Receipt, Submitted, SubmittedBatch
from journeyman_ingest.openapi import answers, takes
from journeyman_ingest.replies import Reply, offset_header
from journeyman_ingest.wiring import intake_of

#: W3C trace context, version 00 or a later one that begins alike.
_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[!-~]*)?\Z")


@post(
    "/jobs",
    status_code=HTTPStatus.ACCEPTED,
    operation_class=takes(JobRequest, headers=("Idempotency-Key", "traceparent")),
    responses=answers(Submitted, 400, 413, 415, 422, 429, 503),
    summary="Submit a job",
)
async def submit_job(request: Request[Any, Any, Any]) -> ASGIApp:
    """Accept one job. 202 means that it is in the log, as durably as `durability` says."""
    return await accept_job(intake_of(request), request.scope, request.receive)


@post(
    "/types/{job_type:str}/jobs",
    status_code=HTTPStatus.ACCEPTED,
    operation_class=takes(JobRequest, headers=("Idempotency-Key", "traceparent"), optional=("type",)),
    responses=answers(Submitted, 400, 413, 415, 422, 429, 503),
    summary="Submit a job of a type",
)
async def submit_job_of_type(request: Request[Any, Any, Any]) -> ASGIApp:
    """Accept one job whose type is in the path."""
    intake = intake_of(request)
    headers = headers_of(request.scope)
    check_media_type(headers, JSON)
    intake.pressure.check_room()
    body = await intake.bodies.read(request.receive, headers, JOB_BYTES_MAX)
    job = parse_job_of_type(body, request.path_params["job_type"])
    return await _submit(intake, job, headers, f"/types/{job.type}/jobs")


@post(
    "/jobs/batch",
    status_code=HTTPStatus.ACCEPTED,
    operation_class=takes(BatchRequest, ndjson=JobRequest, headers=("Idempotency-Key", "traceparent")),
    responses=answers(SubmittedBatch, 400, 413, 415, 422, 429, 503),
    summary="Submit many jobs",
)
async def submit_batch(request: Request[Any, Any, Any]) -> ASGIApp:
    """Accept all jobs or none. `depends_on` may name jobs of the batch as `ref:NAME`."""
    return await accept_batch(intake_of(request), request.scope, request.receive)


async def accept_job(intake: Intake, scope: HTTPScope, receive: Receive) -> Reply:
    """Answer `POST /jobs`."""
    headers = headers_of(scope)
    check_media_type(headers, JSON)
    intake.pressure.check_room()
    job = parse_job(await intake.bodies.read(receive, headers, JOB_BYTES_MAX))
    return await _submit(intake, job, headers, "/jobs")


async def accept_batch(intake: Intake, scope: HTTPScope, receive: Receive) -> Reply:
    """Answer `POST /jobs/batch`."""
    headers = headers_of(scope)
    parse = parse_ndjson if check_media_type(headers, JSON, NDJSON) == NDJSON else parse_batch
    intake.pressure.check_room()
    body = await intake.bodies.read(receive, headers, BATCH_BYTES_MAX)
    jobs = await _parse_many(parse, body)
    receipt = await intake.submit_batch(jobs, origin(headers, "/jobs/batch"), len(body))
    return _reply(receipt)


async def _parse_many(parse: Callable[[bytes], list[JobRequest]], body: bytes) -> list[JobRequest]:
    if len(body) < THREADED_BYTES:
        return parse(body)
    return await asyncio.to_thread(parse, body)


async def _submit(intake: Intake, job: JobRequest, headers: Headers, path: str) -> Reply:
    receipt = await intake.submit(job, origin(headers, path))
    # The answer is ours, so the id stands where it always stands: {"id":"…24 characters…",
    return _reply(receipt, (b"location", b"/jobs/" + receipt.answer[7:31]))


def origin(headers: Headers, path: str) -> Origin:
    """Read the idempotency key and the trace context of a request to `path`. A malformed trace context is ignored."""
    if b"idempotency-key" not in headers and b"traceparent" not in headers:
        return NOWHERE
    key = read_key(headers.get(b"idempotency-key"))
    trace = headers.get(b"traceparent", b"").strip()
    return Origin(
        digest(key, "POST", path) if key is not None else "",
        trace.decode() if len(trace) <= 512 and _TRACEPARENT.match(trace) else "",
    )


def _reply(receipt: Receipt, *headers: tuple[bytes, bytes]) -> Reply:
    replayed = ((b"idempotency-replayed", b"true"),) if receipt.replayed else ()
    return Reply(HTTPStatus.ACCEPTED, receipt.answer, *headers, *offset_header(receipt.written), *replayed)
