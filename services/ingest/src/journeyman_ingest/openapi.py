"""What the OpenAPI document says of a route beyond its path: the body it takes, the answers it gives.

Routes read bodies and write answers as bytes, so the framework cannot see their shapes; here they are named, from
the very structs that decode and encode them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Response, Router
from litestar.enums import MediaType
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.openapi.spec import Example, OpenAPIMediaType, Operation, Parameter, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType

from journeyman import __version__
from journeyman.problems import MEDIA_TYPE, problem
from journeyman_ingest.bodies import JSON, NDJSON

_HEADERS = {
    "Idempotency-Key": "Up to 255 printable characters, kept for 24 hours. The same key with the same request gets "
    "the first answer again, with `Idempotency-Replayed: true`.",
    "traceparent": "W3C trace context; the job's trace continues it.",
}

_EXAMPLES: dict[int, tuple[str, list[dict[str, str]]]] = {
    400: ("$.prio: Unknown field", [{"path": "$.prio", "message": "Unknown field"}]),
    404: ("no such job", []),
    409: ("the job has completed", []),
    413: ("the body may have 1179648 bytes at most", []),
    415: ("expected application/json in UTF-8", []),
    422: ("$.priority: Expected 0 to 20", [{"path": "$.priority", "message": "Expected 0 to 20"}]),
    429: ("5000000 jobs are open; the limit is 5000000", []),
    503: ("the log did not answer", []),
}


class Fault(msgspec.Struct, frozen=True):
    """What is wrong at one place of a request."""

    path: str
    message: str


class ProblemDocument(msgspec.Struct, frozen=True):
    """An error, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


def takes(
    body: type[msgspec.Struct],
    *,
    ndjson: type[msgspec.Struct] | None = None,
    headers: Sequence[str] = (),
    optional: Sequence[str] = (),
    required: bool = True,
) -> type[Operation]:
    """Return an operation that documents the body of a request, and the headers it heeds.

    `optional` names required fields that this route can do without.
    """
    content = {JSON: OpenAPIMediaType(schema=_schema(body, optional))}
    if ndjson is not None:
        content[NDJSON] = OpenAPIMediaType(schema=_schema(ndjson, ()))
    heeded = [
        Parameter(name, "header", description=_HEADERS[name], schema=Schema(type=OpenAPIType.STRING))
        for name in headers
    ]

    @dataclass
    class Documented(Operation):
        def __post_init__(self) -> None:
            self.request_body = RequestBody(content=content, required=required)
            self.parameters = [*(self.parameters or []), *heeded] or None

    return Documented


def answers(body: type[msgspec.Struct], *problems: int, success: int = 202) -> dict[int, ResponseSpec]:
    """Document an answer, and the statuses of the problems that may come instead."""
    documented = {success: ResponseSpec(body, generate_examples=False, description=HTTPStatus(success).phrase)}
    for status in problems:
        detail, errors = _EXAMPLES[status]
        documented[status] = ResponseSpec(
            ProblemDocument,
            generate_examples=False,
            description=HTTPStatus(status).phrase,
            media_type=MEDIA_TYPE,
            examples=[Example(value=problem(status, detail, errors=errors))],
        )
    return documented


def _schema(model: type[msgspec.Struct], optional: Sequence[str]) -> Any:
    """Return the JSON schema of a struct with everything it refers to in its place."""
    (top,), definitions = msgspec.json.schema_components([model])
    schema = _inlined(top, definitions)
    schema["required"] = [name for name in schema.get("required", []) if name not in optional]
    return schema


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_inlined(item, definitions) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(definitions[part["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(item, definitions) for name, item in part.items()}


def config() -> OpenAPIConfig:
    """Serve the document as JSON at `/schema` and `/schema/openapi.json`, as YAML at `/schema/openapi.yaml`.

    There is no page that would need scripts from elsewhere.
    """
    return OpenAPIConfig(
        title="Journeyman: ingest",
        version=__version__,
        description="Submit jobs and change them. Errors are problem documents (RFC 9457).",
        render_plugins=[
            JsonRenderPlugin(path=["/openapi.json", "/"], media_type=MediaType.JSON),
            YamlRenderPlugin(),
        ],
        use_handler_docstrings=True,
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, after_request=_as_problem),
    )


def _as_problem(response: Response[Any]) -> Response[Any]:
    """Answer for an unknown page below `/schema` like everywhere else, not with the framework's page."""
    if response.status_code != HTTPStatus.NOT_FOUND:
        return response
    body = problem(HTTPStatus.NOT_FOUND, "no such page")
    return Response(msgspec.json.encode(body), status_code=HTTPStatus.NOT_FOUND, media_type=MEDIA_TYPE)
