"""All jobs that match, as a file."""

from __future__ import annotations

from datetime import UTC, datetime

from litestar import get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.types import ASGIApp

from journeyman_dashboard.queries.filters import JobFilter
from journeyman_dashboard.routes.filtering import until
from journeyman_dashboard.routes.jobs import Sort
from journeyman_dashboard.routes.parameters import AsOf
from journeyman_dashboard.routes.streaming import Streamed
from journeyman_dashboard.wiring import ReadModel

MEDIA_TYPE = "application/x-ndjson"


@get(
    "/jobs/export",
    summary="Export jobs",
    media_type=MEDIA_TYPE,
    response_headers=[ResponseHeader(name="Content-Disposition", description="A file named by the moment.", value="")],
)
async def export_jobs(
    model: NamedDependency[ReadModel],
    wanted: NamedDependency[JobFilter],
    sort: FromQuery[Sort] = "-submitted_at",
    as_of: AsOf = None,
) -> ASGIApp:
    """Export all jobs that match, one as JSON a line, as `GET /jobs` lists them.

    With `as_of` they are as they were at that moment. Without, jobs that are submitted after it has begun are not in
    it, and each is as it is when its page of 500 is read: one that begins or ends to match meanwhile may be in it or
    not, and where it is ordered by priority or duration, one whose place changes may be in it twice, or not at all.
    An answer that breaks off (without the end of its transfer) is not whole. Two at a time; more are 503.
    """
    sight = model.sight(as_of)
    if as_of is None:
        wanted = until(wanted, model.reach.latest_ms() + 1)
    export = await model.exports.begin(sight, wanted, sort, model.sets)
    return Streamed(
        export,
        {
            "content-type": MEDIA_TYPE,
            "content-disposition": f'attachment; filename="{file_name(sight.now_ms)}"',
            "cache-control": "no-store",
            "x-accel-buffering": "no",
        },
    )


def file_name(ms: int) -> str:
    """Return what an export of a moment is called."""
    return f"jobs-{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H%M%SZ}.ndjson"
