"""The routes by which a person opens and closes the circuit breaker of a type of job."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, post
from litestar.types import ASGIApp

from journeyman.breakers import MANUAL
from journeyman.events import BreakerClosed, BreakerOpened
from journeyman.proposals import Proposal, Valve
from journeyman.submission_checks import check_name
from journeyman_ingest.bodies import read_nothing
from journeyman_ingest.openapi import answers
from journeyman_ingest.operations import everywhere
from journeyman_ingest.replies import accepted, places
from journeyman_ingest.wiring import intake_of


class BreakerState(msgspec.Struct, frozen=True):
    """The answer to opening or closing a breaker: `open` or `closed`."""

    type: str
    state: str


def opened(type_: str) -> Proposal:
    """Shut a type for claims until somebody opens it."""
    return Proposal((BreakerOpened(type_, MANUAL),), None, (Valve(type_, MANUAL),))


def closed(type_: str) -> Proposal:
    """Let the jobs of a type start again, whoever had shut it."""
    return Proposal((BreakerClosed(type_, MANUAL),), None, (Valve(type_),))


@post(
    "/breakers/{type:str}/open",
    status_code=HTTPStatus.ACCEPTED,
    responses=answers(BreakerState, 422, 503),
    summary="Open a type's circuit breaker",
)
async def open_breaker(request: Request[Any, Any, Any]) -> ASGIApp:
    """Let no job of the type start until the breaker is closed by hand. Running jobs go on."""
    return await _turn(request, is_open=True)


@post(
    "/breakers/{type:str}/close",
    status_code=HTTPStatus.ACCEPTED,
    responses=answers(BreakerState, 422, 503),
    summary="Close a type's circuit breaker",
)
async def close_breaker(request: Request[Any, Any, Any]) -> ASGIApp:
    """Let jobs of the type start again, whether a person or too many failures had opened the breaker."""
    return await _turn(request, is_open=False)


async def _turn(request: Request[Any, Any, Any], *, is_open: bool) -> ASGIApp:
    intake = intake_of(request)
    await read_nothing(request, intake.bodies)
    type_ = check_name(request.path_params["type"], "type")
    verdicts = await everywhere(intake, opened(type_) if is_open else closed(type_))
    state = BreakerState(type_, "open" if is_open else "closed")
    return accepted(state, places((number, verdict.offset) for number, verdict in verdicts))
