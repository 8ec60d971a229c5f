"""Jobs: the list, one of them, and everything there is to say of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from journeyman.errors import BlobMissingError, JourneymanError, ServerRefusedError, ServerUnavailableError
from journeyman.ids import is_job_id
from journeyman.reasons import Explanation
from journeyman_dashboard.params import read_cursor
from journeyman_dashboard.queries.dependencies import Graph, graph
from journeyman_dashboard.queries.filters import JobFilter
from journeyman_dashboard.queries.histories import History, history
from journeyman_dashboard.queries.jobs import JobPage, find_jobs
from journeyman_dashboard.queries.lines import explain_job
from journeyman_dashboard.queries.lookup import around, job_by_id, shut
from journeyman_dashboard.routes.parameters import AsOf, Cursor, Limit
from journeyman_dashboard.rows import JobRow
from journeyman_dashboard.views import BlobView, JobView, embedded, job_view
from journeyman_dashboard.wiring import ReadModel, Sight

T = TypeVar("T")

Sort = Literal["submitted_at", "-submitted_at", "priority", "-priority", "duration", "-duration"]


class UnknownJobError(JourneymanError):
    """The read model does not know the job: it never was, or it ended too long ago."""


class NoResultError(JourneymanError):
    """The job has not completed, or did not."""

    def __init__(self, job: JobView) -> None:
        words = {"failed": "has failed", "cancelled": "was cancelled"}
        super().__init__(f"the job {words.get(job.status, f'is {job.phase}')} and has no result")
        self.job = job


class ResultView(msgspec.Struct):
    """What a completed job returned."""

    result: Any


@get("/jobs", summary="List jobs")
async def list_jobs(
    model: NamedDependency[ReadModel],
    wanted: NamedDependency[JobFilter],
    sort: FromQuery[Sort] = "-submitted_at",
    limit: Limit = 50,
    cursor: Cursor = None,
    as_of: AsOf = None,
) -> JobPage:
    """List jobs, a page at a time. Repeated parameters are alternatives; different ones all hold.

    `total` is exact unless `q`, `payload` or `error` is asked for: then it is of the latest 500 jobs that the other
    filters leave, and "at least" where there are more. `q` ignores the case of ASCII letters. A request looks at some
    2,500 jobs for them, so a page may be short, or empty, though there is more: it has a `next_cursor` then, which goes
    on with the search.
    """
    behind = read_cursor("cursor", cursor, sort)
    sight = model.sight(as_of)
    return await sight.ask(find_jobs, wanted, sort=sort, limit=limit, cursor=behind, sets=model.sets)


@get("/jobs/{job_id:str}", summary="Read a job")
async def read_job(model: NamedDependency[ReadModel], job_id: FromPath[str], as_of: AsOf = None) -> JobView:
    """Read a job. A payload or result kept in the blob store is fetched; it is null where that fails."""
    view = await _of_job(model.sight(as_of), job_id, _view)
    if view.payload_blob is not None:
        view.payload = await _blob_or_none(model, view.payload_blob)
    if view.result_blob is not None:
        view.result = await _blob_or_none(model, view.result_blob)
    return view


@get("/jobs/{job_id:str}/history", summary="Read a job's events")
async def read_history(model: NamedDependency[ReadModel], job_id: FromPath[str], as_of: AsOf = None) -> History:
    """Read every event of a job in log order, the latest 10,000 of them."""
    return await _of_job(model.sight(as_of), job_id, history)


@get("/jobs/{job_id:str}/explain", summary="Say why a job waits")
async def read_explanation(model: NamedDependency[ReadModel], job_id: FromPath[str], as_of: AsOf = None) -> Explanation:
    """Say why a job is where it is. `position` is among all jobs of its queue; `eta_ms` is from the queue's rate."""
    sight = model.sight(as_of)
    return await _of_job(sight, job_id, lambda connection, job: explain_job(connection, job, sight.now_ms))


@get("/jobs/{job_id:str}/graph", summary="Read a job's dependencies")
async def read_graph(model: NamedDependency[ReadModel], job_id: FromPath[str], as_of: AsOf = None) -> Graph:
    """Read the component of dependencies that a job is in: at most 2,000 jobs, the nearest first."""
    return await _of_job(model.sight(as_of), job_id, graph)


@get("/jobs/{job_id:str}/result", summary="Read a job's result")
async def read_result(model: NamedDependency[ReadModel], job_id: FromPath[str]) -> ResultView:
    """Read what a completed job returned, whatever its size. 409 where the job has not completed, or did not."""
    view = await _of_job(model.sight(None), job_id, _view)
    if view.status != "completed":
        raise NoResultError(view)
    if view.result_blob is None:
        return ResultView(view.result)
    return ResultView(await _blob(model, view.result_blob))


async def _of_job(sight: Sight, job_id: str, query: Callable[[sqlite3.Connection, JobRow], T]) -> T:
    """Ask something about a job. Raises UnknownJobError."""

    def ask(connection: sqlite3.Connection) -> T:
        job = job_by_id(connection, job_id)
        if job is None:
            raise UnknownJobError(f"no job {job_id} is known")
        return query(connection, job)

    if not is_job_id(job_id):
        raise UnknownJobError(f"{job_id[:64]!r} is not the id of a job")
    return await sight.ask(ask)


def _view(connection: sqlite3.Connection, job: JobRow) -> JobView:
    return job_view(job, around(connection, [job])[job.n], shut(connection))


async def _blob(model: NamedDependency[ReadModel], blob: BlobView) -> Any:
    return embedded((await asyncio.to_thread(model.blobs.get, blob.blob())).decode())


async def _blob_or_none(model: NamedDependency[ReadModel], blob: BlobView) -> Any:
    try:
        return await _blob(model, blob)
    except (BlobMissingError, ServerRefusedError, ServerUnavailableError):
        return None
