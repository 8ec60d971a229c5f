"""`journeyman bench`: how fast the running system is, measured from outside, through its own HTTP interface."""

from __future__ import annotations

import time
from typing import Annotated

import msgspec
from cyclopts import Parameter, validators

from journeyman.cli.connection import DEFAULT, Connection
from journeyman.cli.output import Output, print_json, progress
from journeyman.client import Client, NewJob, calls
from journeyman.client.flows import understand

BATCH = 1_000
POLL_S = 0.05

_Count = Annotated[int, Parameter(validator=validators.Number(gte=1, lte=1_000_000))]


def bench(
    *, jobs: _Count = 10_000, queue: str = "default", output: Output = "table", connection: Connection = DEFAULT
) -> int:
    """Submit jobs that do nothing, wait until all have ended, and print the rates. Exit 1 where one failed.

    :param jobs: How many jobs to submit.
    :param queue: The queue to submit them to; its workers must know the type `synthetic`.
    """
    tag = f"{time.time_ns():x}"
    one = NewJob(type="synthetic", queue=queue, tags={"bench": tag})
    with connection.client() as client, progress("running", jobs) as done:
        started = time.perf_counter()
        for first in range(0, jobs, BATCH):
            client.submit_many([one] * min(BATCH, jobs - first))
        submitted = time.perf_counter()
        while open_jobs := _count(client, tag, ["pending", "processing"]):
            done(jobs - open_jobs)
            time.sleep(POLL_S)
        finished = time.perf_counter()
        completed = jobs - _count(client, tag, ["failed", "cancelled"])
    rates = {
        "jobs": jobs,
        "completed": completed,
        "submitted_per_s": round(jobs / (submitted - started)),
        "ended_per_s": round(jobs / (finished - started)),
    }
    if output == "json":
        print_json(msgspec.json.encode(rates))
    else:
        print(
            f"{completed:,} of {jobs:,} jobs completed; {rates['submitted_per_s']:,} submitted a second, "
            f"{rates['ended_per_s']:,} ended a second, seen from here"
        )
    return 0 if completed == jobs else 1


def _count(client: Client, tag: str, statuses: list[str]) -> int:
    """Return how many of our jobs have one of these statuses; exact where it is few."""
    total = 0
    for status in statuses:
        call = calls.jobs({"tag": f"bench:{tag}", "status": status}, limit=1)
        total += understand(call, client.fetch(call)).total or 0
    return total
