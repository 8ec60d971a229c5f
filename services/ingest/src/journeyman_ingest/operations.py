"""The routes that act on queues, workers and dead letters."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from itertools import chain
from typing import Any

import msgspec
from litestar import Request, post
from litestar.types import ASGIApp

from journeyman import job_changes
from journeyman.errors import JourneymanError
from journeyman.events import JobRedriven
from journeyman.ids import partition_of
from journeyman.log.api import DeadLetter, Verdict
from journeyman.proposals import Proposal
from journeyman.submission_checks import check_name
from journeyman_ingest import commands
from journeyman_ingest.bodies import read_command, read_nothing
from journeyman_ingest.errors import SOON_S, RefusedError
from journeyman_ingest.intake import Intake
from journeyman_ingest.openapi import answers, takes
from journeyman_ingest.replies import accepted, places
from journeyman_ingest.wiring import intake_of

#: Dead letters reopened before the next ones are proposed.
REDRIVE_CHUNK = 500

_WORKER = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")


class QueueState(msgspec.Struct, frozen=True):
    """The answer to pausing or resuming a queue."""

    queue: str
    paused: bool


class Draining(msgspec.Struct, frozen=True):
    """The answer to draining a worker."""

    id: str
    status: str = "draining"


class Redriven(msgspec.Struct, frozen=True):
    """How many dead letters match, how many were reopened, and the name under which; empty for a dry run."""

    matched: int
    redriven: int
    redrive_id: str = ""


_decode_redrive = msgspec.json.Decoder(commands.Redrive).decode


@post(
    "/queues/{queue:str}/pause",
    status_code=HTTPStatus.ACCEPTED,
    responses=answers(QueueState, 422, 503),
    summary="Pause a queue",
)
async def pause_queue(request: Request[Any, Any, Any]) -> ASGIApp:
    """Let no job of the queue start until it is resumed. Running jobs go on."""
    return await _gate(request, paused=True)


@post(
    "/queues/{queue:str}/resume",
    status_code=HTTPStatus.ACCEPTED,
    responses=answers(QueueState, 422, 503),
    summary="Resume a queue",
)
async def resume_queue(request: Request[Any, Any, Any]) -> ASGIApp:
    """Let jobs of the queue start again."""
    return await _gate(request, paused=False)


async def _gate(request: Request[Any, Any, Any], *, paused: bool) -> ASGIApp:
    intake = intake_of(request)
    await read_nothing(request, intake.bodies)
    queue = check_name(request.path_params["queue"], "queue")
    verdicts = await everywhere(intake, commands.pause(queue) if paused else commands.resume(queue))
    return accepted(QueueState(queue, paused), places((number, verdict.offset) for number, verdict in verdicts))


@post(
    "/workers/{worker:str}/drain",
    status_code=HTTPStatus.ACCEPTED,
    responses=answers(Draining, 404, 503),
    summary="Drain a worker",
)
async def drain_worker(request: Request[Any, Any, Any]) -> ASGIApp:
    """Tell a worker to claim nothing more and to end when what it runs has ended."""
    intake = intake_of(request)
    await read_nothing(request, intake.bodies)
    worker: str = request.path_params["worker"]
    if not _WORKER.match(worker):
        raise commands.unknown_worker()
    verdicts = await everywhere(intake, commands.drain(worker))
    if not any(verdict.accepted for _, verdict in verdicts):
        raise commands.unknown_worker()
    return accepted(Draining(worker), places((number, verdict.offset) for number, verdict in verdicts))


@post(
    "/dead-letter/redrive",
    status_code=HTTPStatus.ACCEPTED,
    operation_class=takes(commands.Redrive, required=False),
    responses=answers(Redriven, 400, 415, 422, 503),
    summary="Run dead letters again",
)
async def redrive(request: Request[Any, Any, Any]) -> ASGIApp:
    """Begin a new generation of every dead letter that matches all filters given.

    `matched` counts all that match; `redriven` those reopened by this request, at most `limit`.
    """
    intake = intake_of(request)
    wanted = await read_command(request, intake.bodies, _decode_redrive)
    for partition in intake.partitions:
        partition.check_writable()
    letters = chain.from_iterable(partition.log.sync.dead_letters() for partition in intake.partitions)
    name = f"r-{secrets.token_hex(8)}"
    matched, events = await asyncio.to_thread(_matching, letters, wanted, name)
    if wanted.dry_run:
        return accepted(Redriven(matched, 0), "")
    now_ms = intake.partitions[0].clock.now_ms()
    verdicts = await _reopen_all(intake, list(commands.staggered(events, now_ms, wanted.rate_per_s)))
    redriven = sum(verdict.accepted for _, verdict in verdicts)
    return accepted(
        Redriven(matched, redriven, name if redriven else ""),
        places((number, verdict.offset) for number, verdict in verdicts),
    )


def _matching(letters: Iterable[DeadLetter], wanted: commands.Redrive, name: str) -> tuple[int, list[JobRedriven]]:
    """Count the dead letters that match, and return the next generations of as many as may be redriven."""
    limit = commands.REDRIVE_MAX if wanted.limit is None else wanted.limit
    matched = 0
    events: list[JobRedriven] = []
    for letter in letters:
        if wanted.selects(letter):
            matched += 1
            if len(events) < limit and not wanted.dry_run:
                events.append(commands.redriven_among(letter, name, wanted.stop_on_failures))
    return matched, events


async def _reopen_all(intake: Intake, events: Sequence[JobRedriven]) -> list[tuple[int, Verdict]]:
    """Begin these generations, each where its job lives; return the partitions and the verdicts."""
    verdicts: list[tuple[int, Verdict]] = []
    for start in range(0, len(events), REDRIVE_CHUNK):
        chunk = events[start : start + REDRIVE_CHUNK]
        homes = [partition_of(event.job_id) for event in chunk]
        reopened = [
            intake.partitions[home].propose(job_changes.reopen(event)) for home, event in zip(homes, chunk, strict=True)
        ]
        verdicts += zip(homes, await asyncio.gather(*reopened), strict=True)
    return verdicts


async def everywhere(intake: Intake, proposal: Proposal) -> list[tuple[int, Verdict]]:
    """Have every partition append a proposal that may be repeated; return the partitions and the verdicts.

    Raises RefusedError where one did not, after all have been tried.
    """
    partitions = list(intake.partitions)
    told = await asyncio.gather(*[one.propose(proposal) for one in partitions], return_exceptions=True)
    verdicts: list[tuple[int, Verdict]] = []
    for partition, verdict in zip(partitions, told, strict=True):
        if not isinstance(verdict, BaseException):
            verdicts.append((partition.number, verdict))
        elif len(partitions) == 1 or not isinstance(verdict, JourneymanError):
            raise verdict
        else:
            raise RefusedError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "not-everywhere",
                f"{partition.gauge.name} did not take it: {verdict}",
                retry_after_s=SOON_S,
            )
    return verdicts
