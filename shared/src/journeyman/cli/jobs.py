"""Reading about one job: `status`, `result`, `explain`, `history`."""

from __future__ import annotations

from journeyman.cli import pages
from journeyman.cli.connection import DEFAULT, Connection
from journeyman.cli.output import Output, print_json, say, show
from journeyman.client import calls
from journeyman.client.flows import understand


def status(job_id: str, /, *, output: Output = "table", connection: Connection = DEFAULT) -> int:
    """Show what is known of a job.

    :param job_id: The id of the job.
    """
    show(connection, calls.job(job_id), output, pages.job)
    return 0


def explain(job_id: str, /, *, output: Output = "table", connection: Connection = DEFAULT) -> int:
    """Say why a job is where it is, and what it waits for.

    :param job_id: The id of the job.
    """
    show(connection, calls.explain(job_id), output, pages.explanation)
    return 0


def history(job_id: str, /, *, output: Output = "table", connection: Connection = DEFAULT) -> int:
    """Show everything that happened to a job, in the order of the log.

    :param job_id: The id of the job.
    """
    show(connection, calls.history(job_id), output, pages.history)
    return 0


def result(job_id: str, /, *, output: Output = "table", connection: Connection = DEFAULT) -> int:  # noqa: ARG001 - JSON is what a result is
    """Print what a job returned, as JSON. Exit 1 where it has not completed.

    :param job_id: The id of the job.
    """
    with connection.client() as client:
        view = client.job(job_id)
        if not view.succeeded:
            why = f": {view.error.type}: {view.error.message}" if view.error else ""
            say(f"journeyman: job {view.id} is {view.phase}{why}")
            return 1
        returned = calls.result(job_id)
        print_json(bytes(understand(returned, client.fetch(returned))))
    return 0
