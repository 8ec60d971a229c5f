"""Changes of many jobs at once."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from journeyman.errors import JourneymanError
from journeyman_dashboard.bulk.orders import Bulk, Order, Selection, Texts
from journeyman_dashboard.params import BadQueryError, write_time
from journeyman_dashboard.queries.filters import JobFilter
from journeyman_dashboard.routes.filtering import filter_of, until
from journeyman_dashboard.routes.overview import Listed
from journeyman_dashboard.rows import STATUS_OF_PHASE
from journeyman_dashboard.wiring import ReadModel


class UnknownBulkError(JourneymanError):
    """No bulk has this id, or it is too long ago."""


class BulkOverError(JourneymanError):
    """The bulk has ended already."""


class ForeignOriginError(JourneymanError):
    """A page of another origin wanted to change something."""


class Begun(msgspec.Struct):
    """A bulk that was begun, or (`id` null) what a dry run counted. `matched`: null while jobs are searched for.

    Of a dry run: `by_status`, how many of them are in which status (of ids, those that are known); `filter`, the one
    that was given with its ages as times, and without jobs that were submitted since: to mean those that were counted.
    """

    id: str | None
    matched: int | None
    by_status: dict[str, int] | None = None
    filter: Selection | None = None


@post("/bulk", status_code=HTTPStatus.ACCEPTED, summary="Change many jobs")
async def begin_bulk(
    request: Request[Any, Any, Any], model: NamedDependency[ReadModel], data: JSONBody[Order]
) -> Begun:
    """Cancel, retry or give another priority to the jobs of `ids`, or to all that `filter` leaves.

    Each job is changed by itself, as the routes for single jobs would; what is refused is counted with its reason. What
    was done stays done. `dry_run` only counts. `GET /bulk/{id}` tells how far it is.
    """
    _check_origin(request)
    fault = data.fault()
    if fault is not None:
        raise BadQueryError(*fault)
    wanted = None if data.filter is None else _filter(data, model)
    if data.dry_run:
        seen_ms = model.reach.latest_ms() + 1
        matched, by_status = await model.bulks.count(data, wanted if wanted is None else until(wanted, seen_ms))
        pinned = None if data.filter is None or wanted is None else _pinned(data.filter, until(wanted, seen_ms))
        return Begun(None, matched, by_status, pinned)
    bulk = await model.bulks.begin(data, wanted)
    return Begun(bulk.id, bulk.matched)


@get("/bulk", summary="List bulks")
async def list_bulks(model: NamedDependency[ReadModel]) -> Listed[Bulk]:
    """List the latest bulks of this dashboard, the last first."""
    return Listed([bulk.shown() for bulk in model.bulks.all()])


@get("/bulk/{bulk_id:str}", summary="Read how far a bulk is")
async def read_bulk(model: NamedDependency[ReadModel], bulk_id: FromPath[str]) -> Bulk:
    """Read what a bulk has done, what was refused and why, and what is left."""
    return _found(model, bulk_id).shown()


@post("/bulk/{bulk_id:str}/abort", status_code=HTTPStatus.ACCEPTED, summary="Abort a bulk")
async def abort_bulk(
    request: Request[Any, Any, Any], model: NamedDependency[ReadModel], bulk_id: FromPath[str]
) -> Bulk:
    """End a bulk behind the step that is under way. What was done stays done. 409 where it has ended."""
    _check_origin(request)
    bulk = _found(model, bulk_id)
    if bulk.over:
        raise BulkOverError(f"the bulk is {bulk.state}")
    model.bulks.abort(bulk)
    return bulk.shown()


def _found(model: ReadModel, bulk_id: str) -> Bulk:
    bulk = model.bulks.get(bulk_id)
    if bulk is None:
        raise UnknownBulkError(f"no bulk {bulk_id[:64]!r} is known")
    return bulk


def _filter(order: Order, model: ReadModel) -> JobFilter:
    asked = order.filter
    assert asked is not None
    phases, statuses = _several(asked.phase), _several(asked.status)
    for name, values, known in (
        ("filter.phase", phases, set(STATUS_OF_PHASE)),
        ("filter.status", statuses, set(STATUS_OF_PHASE.values())),
    ):
        for value in values:
            if value not in known:
                raise BadQueryError(name, f"must be one of {', '.join(sorted(known))}")
    return filter_of(
        model.reach.now_ms(),
        statuses=statuses,
        phases=phases,
        types=_several(asked.type),
        queues=_several(asked.queue),
        workers=_several(asked.worker),
        tags=_several(asked.tag),
        fingerprints=_several(asked.error_fingerprint),
        payload=_several(asked.payload),
        age=_several(asked.age),
        error=asked.error,
        priority_min=asked.priority_min,
        priority_max=asked.priority_max,
        submitted_after=asked.submitted_after,
        submitted_before=asked.submitted_before,
        q=asked.q,
    )


def _pinned(asked: Selection, wanted: JobFilter) -> Selection:
    """Return what was asked for with the times that it means now."""
    after, before = (
        None if ms is None else write_time(ms) or str(ms)
        for ms in (wanted.submitted_after_ms, wanted.submitted_before_ms)
    )
    return msgspec.structs.replace(asked, age=None, submitted_after=after, submitted_before=before)


def _several(texts: Texts) -> list[str]:
    return [texts] if isinstance(texts, str) else texts or []


def _check_origin(request: Request[Any, Any, Any]) -> None:
    """Refuse pages from elsewhere: browsers send some requests without asking first. Programs say no origin."""
    origin = request.headers.get("origin")
    if origin is None or origin in request.app.state["surroundings"].origins:
        return
    if origin.partition("://")[2] != request.headers.get("host", ""):
        raise ForeignOriginError("pages of this origin may not use the API; JOURNEYMAN_CORS_ORIGINS says which may")
