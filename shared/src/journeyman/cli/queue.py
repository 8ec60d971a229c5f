"""`journeyman queue`: list the queues, hold their jobs back, let them go on."""

from __future__ import annotations

from journeyman.cli import pages
from journeyman.cli.changes import for_each
from journeyman.cli.connection import DEFAULT, Connection
from journeyman.cli.output import Output, show
from journeyman.cli.wait import NonEmpty
from journeyman.client import calls


def list_queues(*, output: Output = "table", connection: Connection = DEFAULT) -> int:
    """List the queues: what waits in them and how fast they move."""
    show(connection, calls.queues(), output, pages.queues)
    return 0


def pause(queues: NonEmpty, /, *, connection: Connection = DEFAULT) -> int:
    """Hold back the jobs of queues; running ones go on.

    :param queues: The names of the queues.
    """
    with connection.client() as client:
        return for_each(queues, "pausing", client.pause)


def resume(queues: NonEmpty, /, *, connection: Connection = DEFAULT) -> int:
    """Let the jobs of queues run again.

    :param queues: The names of the queues.
    """
    with connection.client() as client:
        return for_each(queues, "resuming", client.resume)
