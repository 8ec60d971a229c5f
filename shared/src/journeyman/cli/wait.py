"""`journeyman wait`: until jobs have ended, however long that takes or for a limited time."""

from __future__ import annotations

import time
from typing import Annotated

import msgspec
from cyclopts import Parameter

from journeyman.cli import words
from journeyman.cli.connection import DEFAULT, Connection
from journeyman.cli.output import Output, print_json_line, progress, say
from journeyman.cli.submit import read_span
from journeyman.client import Client, JobView, NotFoundError, WaitTimeoutError, calls

NonEmpty = Annotated[list[str], Parameter(negative=())]


def wait(
    job_ids: NonEmpty,
    /,
    *,
    timeout: str | None = None,
    output: Output = "table",
    connection: Connection = DEFAULT,
) -> int:
    """Wait until jobs have ended. Exit 1 where one of them has not completed.

    :param job_ids: The ids of the jobs.
    :param timeout: How long to wait for all of them, like 30s; without it, for ever.
    """
    limit_ms = read_span("--timeout", timeout)
    end_s = None if limit_ms is None else time.monotonic() + limit_ms / 1_000
    completed = 0
    with connection.client() as client, progress("waiting", len(job_ids)) as done:
        for number, job_id in enumerate(job_ids, start=1):
            left_s = None if end_s is None else max(0.0, end_s - time.monotonic())
            try:
                view = client.wait(job_id, left_s)
            except (NotFoundError, WaitTimeoutError) as problem:
                say(f"journeyman: {_about(job_id, problem)}")
            else:
                completed += view.succeeded
                _print_ended(client, view, output)
            done(number)
    return 0 if completed == len(job_ids) else 1


def _about(job_id: str, problem: Exception) -> str:
    return f"{job_id}: {problem}" if job_id not in str(problem) else str(problem)


def _print_ended(client: Client, view: JobView, output: str) -> None:
    if output == "json":
        print_json_line(msgspec.Raw(client.fetch(calls.job(view.id))))
        return
    why = f"  {view.error.type}: {words.one_line(view.error.message)}" if view.error else ""
    took = words.between(view.submitted_at, view.finished_at)
    print(f"{view.id}  {view.status}  after {took}{why}", flush=True)
