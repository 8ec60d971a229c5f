"""`journeyman scaling`: what the autoscaler decided, and why."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from journeyman.cli import pages
from journeyman.cli.connection import DEFAULT, Connection
from journeyman.cli.output import Output, show
from journeyman.client import calls


def scaling(
    *,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=500))] = 20,
    output: Output = "table",
    connection: Connection = DEFAULT,
) -> int:
    """List the autoscaler's decisions, the last first: when, how many workers, and why.

    :param limit: How many at most.
    """
    show(connection, calls.scaling(limit), output, pages.scaling)
    return 0
