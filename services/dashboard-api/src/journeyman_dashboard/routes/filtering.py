"""The query parameters that say which jobs are meant, shared by every route that is about many of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from journeyman_dashboard.params import read_age, read_tags, read_time
from journeyman_dashboard.payloads import read_terms
from journeyman_dashboard.queries.filters import JobFilter
from journeyman_dashboard.routes.parameters import AsOf, Phases, Queues, Statuses, Tags, Types, Workers
from journeyman_dashboard.wiring import ReadModel

Priority = Annotated[int | None, QueryParameter(ge=0, le=20)]


async def read_filter(
    model: NamedDependency[ReadModel],
    statuses: Statuses = None,
    phases: Phases = None,
    types: Types = None,
    queues: Queues = None,
    priority_min: Priority = None,
    priority_max: Priority = None,
    workers: Workers = None,
    tags: Tags = None,
    fingerprints: Annotated[
        list[str] | None, QueryParameter(name="error_fingerprint", description="Their latest error has any of these.")
    ] = None,
    submitted_after: Annotated[
        str | None, QueryParameter(description="From this time on: RFC 3339, or ms of 1970.")
    ] = None,
    submitted_before: Annotated[str | None, QueryParameter(description="Before this time.")] = None,
    age: Annotated[
        list[str] | None, QueryParameter(description="Submitted longer ago (`>1h`) or less long ago (`<30s`); s m h d.")
    ] = None,
    payload: Annotated[
        list[str] | None,
        QueryParameter(
            description="The payload has this value at this path: `user.id:42`. Repeated: all of them. In lists, a "
            "number is an index, and anything else is looked for in every element; `*` ends a prefix. Payloads in the "
            "blob store are not looked at."
        ),
    ] = None,
    error: Annotated[
        str, QueryParameter(max_length=200, description="Type and message of their latest error contain this text.")
    ] = "",
    q: Annotated[
        str, QueryParameter(max_length=200, description="The id begins with it, or type, payload or error contain it.")
    ] = "",
    as_of: AsOf = None,
) -> JobFilter:
    """Read which jobs are meant. Raises BadQueryError."""
    return filter_of(
        model.sight(as_of).now_ms,
        statuses=statuses,
        phases=phases,
        types=types,
        queues=queues,
        priority_min=priority_min,
        priority_max=priority_max,
        workers=workers,
        tags=tags,
        fingerprints=fingerprints,
        submitted_after=submitted_after,
        submitted_before=submitted_before,
        age=age,
        payload=payload,
        error=error,
        q=q,
    )


def filter_of(
    now_ms: int,
    *,
    statuses: Sequence[str] | None,
    phases: Sequence[str] | None,
    types: Sequence[str] | None,
    queues: Sequence[str] | None,
    priority_min: int | None,
    priority_max: int | None,
    workers: Sequence[str] | None,
    tags: Sequence[str] | None,
    fingerprints: Sequence[str] | None,
    submitted_after: str | None,
    submitted_before: str | None,
    age: Sequence[str] | None,
    payload: Sequence[str] | None,
    error: str,
    q: str,
) -> JobFilter:
    """Return a filter from what clients write. now_ms: the time that ages are counted from. Raises BadQueryError."""
    after, before = read_time("submitted_after", submitted_after), read_time("submitted_before", submitted_before)
    for text in age or ():
        at_least, ms = read_age("age", text)
        if at_least:
            before = min(now_ms - ms if before is None else before, now_ms - ms)
        else:
            after = max(now_ms - ms if after is None else after, now_ms - ms)
    return JobFilter(
        status=tuple(statuses or ()),
        phase=tuple(phases or ()),
        type=tuple(types or ()),
        queue=tuple(queues or ()),
        priority_min=priority_min,
        priority_max=priority_max,
        worker=tuple(workers or ()),
        tags=read_tags("tag", list(tags or ())),
        fingerprint=tuple(fingerprints or ()),
        submitted_after_ms=after,
        submitted_before_ms=before,
        error=error,
        q=q,
        payload=read_terms("payload", list(payload or ())),
    )


def until(wanted: JobFilter, ms: int) -> JobFilter:
    """Return a filter that leaves out what is submitted from a time on."""
    before = ms if wanted.submitted_before_ms is None else min(ms, wanted.submitted_before_ms)
    return msgspec.structs.replace(wanted, submitted_before_ms=before)
