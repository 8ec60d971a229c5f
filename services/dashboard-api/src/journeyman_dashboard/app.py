"""The HTTP application: routes, errors as problems, a count of answers."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, cast

import msgspec
from litestar import Litestar, Request, Response, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import MediaType
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.types import HTTPScope, Message, Scope

from journeyman import __version__
from journeyman.errors import BlobMissingError, ServerRefusedError, ServerUnavailableError
from journeyman.problems import MEDIA_TYPE, fault, problem
from journeyman_dashboard.bulk.runner import TooManyBulksError, TooManyJobsError
from journeyman_dashboard.exports import TooManyExportsError
from journeyman_dashboard.params import BadQueryError
from journeyman_dashboard.past.moments import TooLongAgoError
from journeyman_dashboard.reading import TooManyQueriesError, TooSlowError
from journeyman_dashboard.routes import about, bulk, events, export, jobs, moments, notable, overview, page, probes
from journeyman_dashboard.routes.about import Surroundings
from journeyman_dashboard.routes.filtering import read_filter
from journeyman_dashboard.routes.parameters import (
    MIN_OFFSET,
    REACHED,
    REACHED_STATE,
    NotReachedError,
    before_read,
    names,
)
from journeyman_dashboard.streams import TooManyStreamsError
from journeyman_dashboard.wiring import ReadModel

READS = [
    jobs.list_jobs,
    export.export_jobs,
    jobs.read_job,
    jobs.read_history,
    jobs.read_explanation,
    jobs.read_graph,
    jobs.read_result,
    overview.read_stats,
    overview.list_queues,
    overview.read_queue,
    overview.list_types,
    overview.read_type,
    overview.list_workers,
    overview.list_dead_letters,
    overview.list_scaling,
    overview.list_breakers,
    overview.list_schedules,
    moments.list_moments,
    moments.read_around,
    notable.list_notable,
    events.follow_events,
    bulk.list_bulks,
    bulk.read_bulk,
]
WRITES = [bulk.begin_bulk, bulk.abort_bulk]
OTHERS = [about.read_config, probes.live, probes.ready, probes.metrics, *page.ROUTES]

_log = logging.getLogger(__name__)


def build_app(model: ReadModel, known: Surroundings | None = None) -> Litestar:
    """Return the application that serves a read model; `known`: what it tells of the system around it."""
    known = known or Surroundings()
    reads = Router(
        "/",
        route_handlers=READS,
        parameters={"min_offset": MIN_OFFSET},
        before_request=before_read,
        response_headers=[REACHED],
    )

    def provide_model() -> ReadModel:
        return model

    return Litestar(
        [reads, *WRITES, *OTHERS],
        state=State({"model": model, "surroundings": known}, deep_copy=False),
        dependencies={"model": Provide(provide_model, sync_to_thread=False), "wanted": Provide(read_filter)},
        exception_handlers={HTTPException: _of_framework, Exception: _of_ours},
        before_send=[_count, _say_reached],
        cors_config=_cors(known.origins) if known.origins else None,
        openapi_config=OpenAPIConfig(
            title="Journeyman: dashboard",
            version=__version__,
            description="Read jobs, queues, workers and events. Errors are problem documents (RFC 9457).",
            render_plugins=[
                JsonRenderPlugin(path=["/openapi.json", "/"], media_type=MediaType.JSON),
                YamlRenderPlugin(),
            ],
            use_handler_docstrings=True,
        ),
        logging_config=None,
        debug=False,
    )


def _cors(origins: Iterable[str]) -> CORSConfig:
    return CORSConfig(list(origins), ["GET", "POST"], expose_headers=[REACHED.name, "Retry-After"])


async def _count(message: Message, scope: Scope) -> None:
    if message["type"] == "http.response.start":
        http = cast("HTTPScope", scope)
        model: ReadModel = http["litestar_app"].state["model"]
        model.metrics.answered(http["method"], http.get("path_template") or "unknown", message["status"])


async def _say_reached(message: Message, scope: Scope) -> None:
    reached = scope["state"].get(REACHED_STATE)
    if message["type"] == "http.response.start" and reached is not None:
        message["headers"] = [*message["headers"], (REACHED.name.lower().encode(), reached.encode())]


def _of_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer what the framework refused: no such route, another method, a parameter of the wrong shape."""
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        called = names(request.route_handler)
        faults = [
            fault(called.get(one.get("key", ""), str(one.get("key", ""))), str(one.get("message", "")))
            for one in error.extra
        ]
        return _response(problem(400, "; ".join(f"{one['path']}: {one['message']}" for one in faults), errors=faults))
    if error.status_code >= 500:
        return _failed(error)
    return _response(problem(error.status_code, error.detail), dict(error.headers or {}))


def _of_ours(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer what one of our own routes raised."""
    match error:
        case BadQueryError():
            return _response(problem(400, str(error), errors=[fault(error.path, error.message)]))
        case TooLongAgoError():
            return _response(problem(422, str(error), errors=[fault("as_of", str(error))]))
        case (
            jobs.UnknownJobError()
            | bulk.UnknownBulkError()
            | overview.UnknownTypeError()
            | overview.UnknownQueueError()
        ):
            return _response(problem(404, str(error)))
        case bulk.BulkOverError():
            return _response(problem(409, str(error)))
        case bulk.ForeignOriginError():
            return _response(problem(403, str(error)))
        case TooManyJobsError():
            return _response(problem(422, str(error), errors=[fault("filter", str(error))]))
        case TooManyBulksError():
            return _response(problem(429, str(error)), {"Retry-After": "5"})
        case jobs.NoResultError():
            job = error.job
            shown = None if job.error is None else msgspec.to_builtins(job.error)
            return _response(problem(409, str(error), job_status=job.status, job_phase=job.phase, error=shown))
        case BlobMissingError():
            return _response(problem(502, str(error)))
        case ServerUnavailableError() | ServerRefusedError():
            return _response(problem(503, str(error)), {"Retry-After": "5"})
        case NotReachedError():
            return _response(problem(504, str(error)), {"Retry-After": "1"})
        case TooManyExportsError():
            return _response(problem(503, str(error)), {"Retry-After": "5"})
        case TooSlowError() | TooManyQueriesError() | TooManyStreamsError() | probes.NotReadyError():
            return _response(problem(503, str(error)), {"Retry-After": "1"})
        case _:
            return _failed(error)


def _failed(error: Exception) -> Response[bytes]:
    _log.error("a request failed", exc_info=error)
    return _response(problem(500, "this is a fault of the server; it was logged"))


def _response(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(msgspec.json.encode(body), status_code=body["status"], headers=headers, media_type=MEDIA_TYPE)
