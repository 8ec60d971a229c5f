"""`journeyman breaker`: list the circuit breakers, open and close them by hand."""

from __future__ import annotations

from journeyman.cli import pages
from journeyman.cli.changes import for_each
from journeyman.cli.connection import DEFAULT, Connection
from journeyman.cli.output import Output, show
from journeyman.cli.wait import NonEmpty
from journeyman.client import calls


def list_breakers(*, output: Output = "table", connection: Connection = DEFAULT) -> int:
    """List the circuit breakers that were ever opened: their state, why, and what waits."""
    show(connection, calls.breakers(), output, pages.breakers)
    return 0


def open_breakers(types: NonEmpty, /, *, connection: Connection = DEFAULT) -> int:
    """Hold back the jobs of types until their breakers are closed by hand; running ones go on.

    :param types: The types of the jobs.
    """
    with connection.client() as client:
        return for_each(types, "opening", client.open_breaker)


def close_breakers(types: NonEmpty, /, *, connection: Connection = DEFAULT) -> int:
    """Let the jobs of types run again, whoever or whatever had opened their breakers.

    :param types: The types of the jobs.
    """
    with connection.client() as client:
        return for_each(types, "closing", client.close_breaker)
