"""Changing jobs: `cancel`, `retry`, `reprioritise`. Each id that was accepted is printed; one that was not says why."""

from __future__ import annotations

from collections.abc import Callable

from journeyman.cli.connection import DEFAULT, Connection
from journeyman.cli.output import progress, say
from journeyman.cli.submit import read_priority
from journeyman.cli.wait import NonEmpty
from journeyman.client import ConflictError, NotFoundError


def cancel(job_ids: NonEmpty, /, *, connection: Connection = DEFAULT) -> int:
    """Ask that jobs do not run, or not go on. Exit 1 where one is unknown or has ended.

    :param job_ids: The ids of the jobs.
    """
    with connection.client() as client:
        return for_each(job_ids, "cancelling", client.cancel)


def retry(job_ids: NonEmpty, /, *, connection: Connection = DEFAULT) -> int:
    """Run failed or cancelled jobs again, as their next generation. Exit 1 where one is neither.

    :param job_ids: The ids of the jobs.
    """
    with connection.client() as client:
        return for_each(job_ids, "retrying", client.retry)


def reprioritise(job_id: str, priority: str, /, *, connection: Connection = DEFAULT) -> int:
    """Change the priority of a waiting job. Exit 1 where it waits no more.

    :param job_id: The id of the job.
    :param priority: 0 to 20, or low, normal, high, critical.
    """
    with connection.client() as client:
        return for_each([job_id], "moving", lambda one: client.reprioritise(one, read_priority(priority) or 0))


def for_each(names: list[str], what: str, change: Callable[[str], None]) -> int:
    """Make a change to each of these, and print those it was made to. Returns the exit code."""
    refused = 0
    with progress(what, len(names)) as done:
        for number, name in enumerate(names, start=1):
            try:
                change(name)
            except (NotFoundError, ConflictError) as problem:
                refused += 1
                say(f"journeyman: {name}: {problem}")
            else:
                print(name, flush=True)
            done(number)
    return 1 if refused else 0
