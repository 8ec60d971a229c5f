"""Which moments can be asked for (`as_of`), and what happened around one."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from journeyman_dashboard.params import BadQueryError, read_time
from journeyman_dashboard.past.moments import AsOf as Asked
from journeyman_dashboard.queries.moments import Around, Moments, commits_around, moments
from journeyman_dashboard.routes.parameters import AsOf
from journeyman_dashboard.wiring import ReadModel


@get("/moments", summary="Say which moments can be asked for")
async def list_moments(
    model: NamedDependency[ReadModel],
    since: Annotated[str | None, QueryParameter(name="since", description="The series from this time on.")] = None,
    until: Annotated[str | None, QueryParameter(name="until", description="The series up to this time.")] = None,
    points: Annotated[int, QueryParameter(ge=10, le=500, description="Most steps of the series.")] = 160,
) -> Moments:
    """Say from when to when `as_of` can be, and where in between something happened.

    Moments before `earliest` have been forgotten, or never were.
    """
    since_ms, until_ms = read_time("since", since), read_time("until", until)
    if since_ms is not None and until_ms is not None and since_ms >= until_ms:
        raise BadQueryError("since", "must be before until")
    now_ms = model.reach.now_ms()
    return await model.readings.run(moments, now_ms=now_ms, since_ms=since_ms, until_ms=until_ms, points=points)


@get("/moments/around", summary="Read the commits around a moment")
async def read_around(model: NamedDependency[ReadModel], as_of: AsOf = None) -> Around:
    """Read the latest commit that is part of a moment, the one before it and the one behind it.

    Without a moment, around now. Their offsets can be asked for as moments: so one goes through a log step by step.
    """
    sight = model.sight(as_of)
    return await model.readings.run(commits_around, sight.as_of or Asked({}, sight.now_ms))
