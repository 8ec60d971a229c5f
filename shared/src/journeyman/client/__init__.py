"""The Python client: submit jobs, wait for them, read about them.

    from journeyman import Client

    with Client("http://127.0.0.1:8000") as client:
        job = client.submit("image-processing", {"path": "a.png"}, priority="high")
        print(job.result(timeout=60))

`AsyncClient` has the same methods, awaited. `calls`, `orders`, `flows` and `sse` decide what is said and in which
order, and send nothing; `sync` and `awaited` send and decide nothing.
"""

from journeyman.client.awaited import AsyncClient
from journeyman.client.handles import AsyncJob, Job
from journeyman.client.orders import JobOptions, NewJob
from journeyman.client.problems import (
    AnswerError,
    ConflictError,
    FieldProblem,
    ForbiddenError,
    InvalidError,
    JobFailedError,
    NotFoundError,
    OverloadedError,
    ProblemError,
    UnreachableError,
    WaitTimeoutError,
)
from journeyman.client.sync import Client
from journeyman.client.views import EventView, ExplanationView, JobView, QueueView, StatsView, WorkerView

__all__ = [
    "AnswerError",
    "AsyncClient",
    "AsyncJob",
    "Client",
    "ConflictError",
    "EventView",
    "ExplanationView",
    "FieldProblem",
    "ForbiddenError",
    "InvalidError",
    "Job",
    "JobFailedError",
    "JobOptions",
    "JobView",
    "NewJob",
    "NotFoundError",
    "OverloadedError",
    "ProblemError",
    "QueueView",
    "StatsView",
    "UnreachableError",
    "WaitTimeoutError",
    "WorkerView",
]
