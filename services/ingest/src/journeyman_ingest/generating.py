"""The route that makes many jobs to try things with. It does not exist in production."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.types import ASGIApp
from msgspec import Meta

from journeyman.admission import admit
from journeyman.blobs import INLINE_MAX
from journeyman.events import Offset
from journeyman.submission import JobRequest, Name, priority_of, to_submitted
from journeyman.submission_checks import check_json, invalid
from journeyman_ingest.bodies import read_command
from journeyman_ingest.errors import RefusedError
from journeyman_ingest.intake import Intake
from journeyman_ingest.openapi import answers, takes
from journeyman_ingest.replies import accepted, places
from journeyman_ingest.wiring import intake_of

COUNT_MAX = 100_000
CHUNK = 500
INDEX = b"{i}"


class Generate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many jobs to make, and of what."""

    count: Annotated[int, Meta(ge=1, le=COUNT_MAX)]
    type: Name
    payload_template: Annotated[
        dict[str, Any], Meta(description="The payload; `{i}` in its strings becomes the index, from 0.")
    ] = {}
    priority: int | str = 10
    queue: Name = "default"


class Generated(msgspec.Struct, frozen=True):
    """How many jobs were made, and the ids at both ends."""

    count: int
    first_id: str
    last_id: str


_decode = msgspec.json.Decoder(Generate).decode


@post(
    "/dev/generate-jobs",
    status_code=HTTPStatus.ACCEPTED,
    operation_class=takes(Generate),
    responses=answers(Generated, 400, 404, 413, 415, 422, 429, 503),
    summary="Make many jobs (not in production)",
)
async def generate_jobs(request: Request[Any, Any, Any]) -> ASGIApp:
    """Submit `count` jobs, in batches of 500. Where one fails, those before it stay submitted."""
    intake = intake_of(request)
    if intake.settings.environment == "production":
        raise RefusedError(HTTPStatus.NOT_FOUND, "not-found", "not available in production")
    wanted = await read_command(request, intake.bodies, _decode)
    priority = priority_of(wanted.priority)
    template = _template(wanted)
    intake.pressure.check_room(wanted.count)
    with intake.pressure.quotas.reserved({wanted.queue: wanted.count}):
        return await _generate(intake, wanted, priority, template)


async def _generate(intake: Intake, wanted: Generate, priority: int, template: bytes) -> ASGIApp:
    first = last = ""
    written: list[tuple[int, Offset | None]] = []
    for start in range(0, wanted.count, CHUNK):
        numbers = range(start, min(start + CHUNK, wanted.count))
        partition = intake.partitions.for_batch()
        now_ms = partition.clock.now_ms()
        job_ids = partition.new_ids(now_ms, len(numbers))
        jobs = [
            to_submitted(
                JobRequest(
                    type=wanted.type,
                    payload=msgspec.Raw(template.replace(INDEX, b"%d" % number)),
                    priority=priority,
                    queue=wanted.queue,
                ),
                job_id,
                now_ms,
            )
            for job_id, number in zip(job_ids, numbers, strict=True)
        ]
        verdict = await partition.propose(admit(jobs, now_ms), len(jobs) * (256 + len(template)))
        intake.pressure.accepted(len(jobs))
        written.append((partition.number, verdict.offset))
        first, last = first or jobs[0].job_id, jobs[-1].job_id
    return accepted(Generated(wanted.count, first, last), places(written))


def _template(wanted: Generate) -> bytes:
    """Return the template as JSON text. `{i}` is not JSON outside strings, so it can be replaced in the text."""
    try:
        template = msgspec.json.encode(wanted.payload_template)
    except RecursionError:
        raise invalid("$.payload_template", "Nested too deeply") from None
    check_json(template, "$.payload_template", above=1)
    longest = len(template.replace(INDEX, b"%d" % wanted.count))
    if longest > INLINE_MAX:
        raise invalid("$.payload_template", f"Payloads of {longest} bytes; at most {INLINE_MAX} here", "too_large")
    return template
