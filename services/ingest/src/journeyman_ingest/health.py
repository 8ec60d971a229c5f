"""The routes for probes and scrapers: alive, ready, metrics; and the words behind each kind of problem."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, get
from litestar.types import ASGIApp

from journeyman.exposition import exposed
from journeyman_ingest.errors import RefusedError
from journeyman_ingest.openapi import answers
from journeyman_ingest.problem_kinds import KINDS
from journeyman_ingest.replies import Reply
from journeyman_ingest.wiring import intake_of


class Condition(msgspec.Struct, frozen=True):
    """How a service is: `ok`, and in words."""

    status: str
    detail: str


class KindOfProblem(msgspec.Struct, frozen=True):
    """What a kind of problem means."""

    kind: str
    meaning: str


def _ok(value: object) -> Reply:
    return Reply(HTTPStatus.OK, msgspec.json.encode(value))


@get("/health/live", responses=answers(Condition, success=200), summary="Is the process alive?")
async def live() -> ASGIApp:
    """Answer 200 while the process answers at all."""
    return _ok(Condition("ok", "live"))


@get("/health/ready", responses=answers(Condition, 503, success=200), summary="Can it append durably?")
async def ready(request: Request[Any, Any, Any]) -> ASGIApp:
    """Answer 200 while jobs can be accepted as durably as promised, as of the last second.

    A blob store that fails is told in `detail`: large payloads are refused meanwhile, and all others accepted.
    """
    intake = intake_of(request)
    able, detail = intake.pressure.readiness()
    if not able:
        raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, "not-available", detail, retry_after_s=1)
    trouble = intake.blobs.trouble
    return _ok(Condition("ok", f"{detail}; large payloads are refused: {trouble}" if trouble else detail))


@get("/metrics", summary="Metrics for Prometheus", include_in_schema=True)
async def metrics(request: Request[Any, Any, Any]) -> ASGIApp:
    """Write the metrics of this process: OpenMetrics where that is accepted, or plain text."""
    body, media_type = exposed(intake_of(request).metrics.registry, request.headers.get("accept", ""))
    return Reply(HTTPStatus.OK, body, media_type=media_type.encode())


@get("/problems/{kind:str}", responses=answers(KindOfProblem, 404, success=200), summary="Explain a kind of problem")
async def explain_problem(request: Request[Any, Any, Any]) -> ASGIApp:
    """Say what the last part of a problem's `type` means."""
    kind: str = request.path_params["kind"]
    if kind not in KINDS:
        raise RefusedError(HTTPStatus.NOT_FOUND, "not-found", "no such kind of problem")
    return _ok(KindOfProblem(kind, KINDS[kind]))
