"""The query parameters that several routes share, and the check that there are no others."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from litestar import Request
from litestar.datastructures import ResponseHeader
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter, ParameterKwarg, QueryParameter

from journeyman.events import write_position
from journeyman_dashboard.params import BadQueryError, read_places
from journeyman_dashboard.views import Phase, Status
from journeyman_dashboard.wiring import ReadModel

MIN_OFFSET_WAIT_S = 5.0
#: What routes are handed that clients do not send.
INJECTED = frozenset({"model", "request", "wanted"})

Statuses: TypeAlias = Annotated[
    list[Status] | None, QueryParameter(name="status", description="Any of these statuses.")
]
Phases: TypeAlias = Annotated[list[Phase] | None, QueryParameter(name="phase", description="Any of these phases.")]
Types: TypeAlias = Annotated[
    list[str] | None, QueryParameter(name="type", description="Any of these types; `*` ends a prefix: `image*`.")
]
Queues: TypeAlias = Annotated[list[str] | None, QueryParameter(name="queue", description="Any of these queues.")]
Workers: TypeAlias = Annotated[
    list[str] | None, QueryParameter(name="worker", description="An attempt by any of these workers.")
]
Tags: TypeAlias = Annotated[
    list[str] | None, QueryParameter(name="tag", description="Any of these tags, as key:value.")
]
Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=500, description="Most items in the answer.")]
Cursor: TypeAlias = Annotated[
    str | None, QueryParameter(name="cursor", description="`next_cursor` of the page before, in the same order.")
]
Window: TypeAlias = Annotated[str, QueryParameter(name="window", description="How far back: 90s, 15m, 2h.")]
AsOf: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        name="as_of",
        description="As it was at that moment: a time (RFC 3339, or ms of 1970), or an offset, which means the end of "
        "its commit. 422 where jobs of that moment have been forgotten.",
    ),
]

MIN_OFFSET = QueryParameter(
    annotation=str | None,
    name="min_offset",
    required=False,
    description="Wait, up to 5 s, until this offset is in the read model; else 504. "
    "The `Journeyman-Offset` of a write, to read what was written. Several, with commas between: until all are.",
)

#: Said with every read's answer; and where in the request's state it waits to be said.
REACHED = ResponseHeader(
    name="Journeyman-Offset",
    documentation_only=True,
    description="How far the read model was: everything up to here is in the answer, and maybe more.",
)
REACHED_STATE = "reached"


class NotReachedError(Exception):
    """The read model did not get as far as was asked for in time."""


async def before_read(request: Request[Any, Any, Any]) -> None:
    """Refuse unknown parameters, wait for `min_offset`, and note how far the read model is before it is asked.

    Raises BadQueryError, NotReachedError.
    """
    known = {*names(request.route_handler).values(), "min_offset"}
    for name in request.query_params:
        if name not in known:
            raise BadQueryError(name, f"unknown parameter; known are {', '.join(sorted(known))}")
    model: ReadModel = request.app.state["model"]
    wanted = request.query_params.get("min_offset")
    if wanted is not None:
        places = read_places("min_offset", wanted, model.reach.partitions)
        if not await model.reach.wait_until(places, MIN_OFFSET_WAIT_S):
            at = write_position(model.reach.position)
            raise NotReachedError(f"{write_position(places)} is not in the read model yet, which is at {at}")
    request.state[REACHED_STATE] = write_position(model.reach.position)


def names(handler: BaseRouteHandler) -> dict[str, str]:
    """Return the query parameters that a route takes, by what its function calls them."""
    found = {}
    signatures = [handler.parsed_fn_signature]
    if "wanted" in handler.parsed_fn_signature.parameters:
        signatures.append(handler.resolve_dependencies()["wanted"].parsed_fn_signature)
    for name, field in (pair for signature in signatures for pair in signature.parameters.items()):
        kwarg = field.kwarg_definition
        if name not in INJECTED and not isinstance(kwarg, HeaderParameter):
            found[name] = kwarg.name if isinstance(kwarg, ParameterKwarg) and kwarg.name else name
    return found
