"""The HTTP application: routes, errors as problems, a count of answers. It holds no state of its own."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, HTTPScope, Message, Scope

from journeyman.problems import MEDIA_TYPE
from journeyman_ingest import breakers, generating, health, job_changes, jobs, operations
from journeyman_ingest.front_door import Answer, FrontDoor
from journeyman_ingest.intake import Intake
from journeyman_ingest.openapi import config
from journeyman_ingest.problem_kinds import answer_to, of_framework, reason_of
from journeyman_ingest.wiring import INTAKE, intake_of

ROUTES = [
    jobs.submit_job,
    jobs.submit_job_of_type,
    jobs.submit_batch,
    job_changes.cancel_job,
    job_changes.delete_job,
    job_changes.patch_job,
    job_changes.retry_job,
    operations.redrive,
    operations.pause_queue,
    operations.resume_queue,
    operations.drain_worker,
    breakers.open_breaker,
    breakers.close_breaker,
    generating.generate_jobs,
    health.live,
    health.ready,
    health.metrics,
    health.explain_problem,
]


#: Routes that the front door answers itself.
BUSIEST: dict[str, Answer] = {"/jobs": jobs.accept_job, "/jobs/batch": jobs.accept_batch}


def build_app(intake: Intake) -> ASGIApp:
    """Return the application that serves `intake`."""
    app = Litestar(
        ROUTES,
        state=State({INTAKE: intake}, deep_copy=False),
        exception_handlers={HTTPException: _framework_problem, Exception: _problem},
        before_send=[_count],
        openapi_config=config(),
        logging_config=None,
        debug=False,
    )
    return FrontDoor(app, intake, BUSIEST)


async def _count(message: Message, scope: Scope) -> None:
    if message["type"] == "http.response.start":
        http = cast("HTTPScope", scope)
        intake: Intake = http["litestar_app"].state[INTAKE]
        intake.metrics.answered(http["method"], http.get("path_template") or "unknown", message["status"])


def _problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    intake_of(request).metrics.refused(reason_of(error))
    return _response(*answer_to(error))


def _framework_problem(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    return _response(of_framework(error), dict(error.headers or {}))


def _response(body: dict[str, Any], more: dict[str, str]) -> Response[bytes]:
    return Response(msgspec.json.encode(body), status_code=body["status"], headers=more, media_type=MEDIA_TYPE)
