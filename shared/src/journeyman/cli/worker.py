"""`journeyman worker`: list the workers; tell some to finish what they run and end."""

from __future__ import annotations

from datetime import UTC, datetime

from journeyman.cli import pages
from journeyman.cli.changes import for_each
from journeyman.cli.connection import DEFAULT, Connection
from journeyman.cli.output import Output, show
from journeyman.cli.wait import NonEmpty
from journeyman.client import calls


def list_workers(*, output: Output = "table", connection: Connection = DEFAULT) -> int:
    """List the workers: what they serve, what they run, how they are."""
    show(connection, calls.workers(), output, lambda view: pages.workers(view, datetime.now(UTC)))
    return 0


def drain(workers: NonEmpty, /, *, connection: Connection = DEFAULT) -> int:
    """Tell workers to claim nothing more, finish what they run, and end. Exit 1 where one is unknown.

    :param workers: The ids of the workers, as `worker list` shows them.
    """
    with connection.client() as client:
        return for_each(workers, "draining", client.drain)
