"""The routes that change jobs which exist: cancel, another priority, again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, delete, patch, post
from litestar.types import ASGIApp

from journeyman import job_changes
from journeyman.submission import priority_of
from journeyman.submission_checks import invalid
from journeyman_ingest import commands
from journeyman_ingest.bodies import read_command, read_nothing
from journeyman_ingest.openapi import answers, takes
from journeyman_ingest.partitions import Partition
from journeyman_ingest.replies import accepted, place
from journeyman_ingest.wiring import intake_of


class Cancelling(msgspec.Struct, frozen=True):
    """The answer to a cancel: it will not start, or it is being interrupted."""

    id: str
    status: str = "cancelling"


class Reprioritised(msgspec.Struct, frozen=True):
    """The answer to a change of priority."""

    id: str
    priority: int
    status: str = "pending"


class Retried(msgspec.Struct, frozen=True):
    """The answer to a retry."""

    id: str
    generation: int
    status: str = "pending"


_decode_patch = msgspec.json.Decoder(commands.Patch).decode


@post(
    "/jobs/{job_id:str}/cancel",
    status_code=HTTPStatus.ACCEPTED,
    responses=answers(Cancelling, 404, 409, 503),
    summary="Cancel a job",
)
async def cancel_job(request: Request[Any, Any, Any]) -> ASGIApp:
    """Keep a pending job from starting, or interrupt a running one. If it completes first, it is completed."""
    await read_nothing(request, intake_of(request).bodies)
    return await _cancel(request)


@delete(
    "/jobs/{job_id:str}",
    status_code=HTTPStatus.ACCEPTED,
    responses=answers(Cancelling, 404, 409, 503),
    summary="Cancel a job (the same as POST /jobs/{id}/cancel)",
)
async def delete_job(request: Request[Any, Any, Any]) -> ASGIApp:
    """Cancel a job. Its history stays."""
    return await _cancel(request)


async def _cancel(request: Request[Any, Any, Any]) -> ASGIApp:
    job_id, partition = _job(request)
    verdict = await partition.propose(job_changes.cancel(job_id))
    if not verdict.accepted:
        raise commands.refused(verdict.reason)
    return accepted(Cancelling(job_id), place(partition.number, verdict.offset))


@patch(
    "/jobs/{job_id:str}",
    status_code=HTTPStatus.ACCEPTED,
    operation_class=takes(commands.Patch),
    responses=answers(Reprioritised, 400, 404, 409, 415, 422, 503),
    summary="Change a waiting job",
)
async def patch_job(request: Request[Any, Any, Any]) -> ASGIApp:
    """Give a job another priority while no worker holds it."""
    intake = intake_of(request)
    change = await read_command(request, intake.bodies, _decode_patch)
    if change.priority is None:
        raise invalid("$.priority", "Nothing to change: expected `priority`")
    job_id, partition = _job(request)
    priority = priority_of(change.priority)
    verdict = await partition.propose(job_changes.reprioritise(job_id, priority))
    if not verdict.accepted:
        raise commands.refused(verdict.reason)
    return accepted(Reprioritised(job_id, priority), place(partition.number, verdict.offset))


@post(
    "/jobs/{job_id:str}/retry",
    status_code=HTTPStatus.ACCEPTED,
    responses=answers(Retried, 404, 409, 503),
    summary="Run a failed or cancelled job again",
)
async def retry_job(request: Request[Any, Any, Any]) -> ASGIApp:
    """Begin a new generation of the job, with a fresh allowance of attempts."""
    intake = intake_of(request)
    await read_nothing(request, intake.bodies)
    job_id, partition = _job(request)
    partition.check_writable()
    async with intake.answering():
        outcome = (await partition.log.outcomes([job_id])).get(job_id)
        is_open = outcome is None and job_id in await partition.log.bodies([job_id])
    event = commands.retry(outcome, is_open=is_open)
    verdict = await partition.propose(job_changes.reopen(event))
    if not verdict.accepted:
        raise commands.refused(verdict.reason)
    return accepted(Retried(job_id, event.generation), place(partition.number, verdict.offset))


def _job(request: Request[Any, Any, Any]) -> tuple[str, Partition]:
    """Return the id in the path and where it lives. What cannot be an id, or lives nowhere, names no job."""
    job_id: str = request.path_params["job_id"]
    partition = intake_of(request).partitions.of_job(job_id)
    if partition is None:
        raise commands.unknown_job()
    return job_id, partition
