"""`journeyman dead-letter`: the jobs that failed for good; run them again."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from journeyman.cli import pages
from journeyman.cli.connection import DEFAULT, Connection, UsageError
from journeyman.cli.output import Output, print_json, progress, say, show
from journeyman.client import calls
from journeyman.client.flows import understand

_PER_S = {"s": 1.0, "m": 60.0, "h": 3_600.0}


def list_dead_letters(
    *,
    type: str | None = None,
    queue: str | None = None,
    error_fingerprint: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    output: Output = "table",
    connection: Connection = DEFAULT,
) -> int:
    """List the jobs that failed for good and wait for a person.

    :param type: Only jobs of this type.
    :param queue: Only jobs of this queue.
    :param error_fingerprint: Only jobs that failed of this cause.
    :param limit: How many, at most.
    :param cursor: Where to go on: the `next_cursor` of an earlier listing.
    """
    filters = {"type": type, "queue": queue, "error_fingerprint": error_fingerprint, "limit": limit, "cursor": cursor}
    show(connection, calls.dead_letters(filters), output, pages.dead_letters)
    return 0


def redrive(
    *,
    type: str | None = None,
    queue: str | None = None,
    error_fingerprint: str | None = None,
    limit: int | None = None,
    rate: str | None = None,
    stop_on_failures: int | None = None,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    output: Output = "table",
    connection: Connection = DEFAULT,
) -> int:
    """Run dead letters again, each as its next generation.

    :param type: Only jobs of this type.
    :param queue: Only jobs of this queue.
    :param error_fingerprint: Only jobs that failed of this cause.
    :param limit: How many, at most.
    :param rate: Not all at once: N/s (or N/m, N/h).
    :param stop_on_failures: When so many have failed for good again, leave the rest dead; give a rate, too.
    :param dry_run: Only count them.
    """
    selection = {
        "type": type,
        "queue": queue,
        "error_fingerprint": error_fingerprint,
        "limit": limit,
        "rate_per_s": read_rate(rate),
        "stop_on_failures": stop_on_failures,
        "dry_run": dry_run or None,
    }
    call = calls.redrive(selection)
    with connection.client() as client, progress("redriving", None):
        body = client.fetch(call)
    answer = understand(call, body)
    if output == "json":
        print_json(body)
    else:
        name = f", as {answer.redrive_id}" if answer.redriven else ""
        print(f"{answer.matched} matched, {answer.redriven} redriven{name}")
        if not dry_run and limit is None and answer.matched > answer.redriven:
            say("journeyman: some are left; redrive again for the next ones")
    return 0


def read_rate(text: str | None) -> float | None:
    """Return a rate per second from "5/s", "90/m" or "5". Raises UsageError."""
    if text is None:
        return None
    number, slash, unit = text.partition("/")
    try:
        rate = float(number) / _PER_S[unit if slash else "s"]
    except (ValueError, KeyError):
        rate = 0.0
    if not 0 < rate < float("inf"):
        raise UsageError(f"--rate: not a rate: {text!r}; write it like 10/s or 90/m")
    return rate
