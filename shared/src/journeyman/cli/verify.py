"""`journeyman verify`: does a log keep the promises? Reads it once, from its beginning to what was its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from journeyman.cli.connection import DEFAULT, Connection
from journeyman.cli.output import Output, print_json, print_page, progress, say, table
from journeyman.events import BEGINNING, Entry
from journeyman.verify import Report, Verifier

if TYPE_CHECKING:
    from journeyman.log.redis_log import RedisLog

PAGE = 64
"""Entries per read; one may be as large as 1 MiB."""


def verify(*, output: Output = "table", connection: Connection = DEFAULT) -> int:
    """Check the promises on a log. Exit 1, and the offsets, where one is broken."""
    log = connection.log()
    try:
        with progress("verifying", 1.0) as done:
            verifier = Verifier()
            for entry in entries_until_now(log, done):
                verifier.take(entry)
    finally:
        log.close()
    report = verifier.report()
    if output == "json":
        print_json(as_json(report))
    else:
        _print(report)
    return 1 if report.violations else 0


def entries_until_now(log: RedisLog, done: Callable[[float], None]) -> Iterator[Entry]:
    """Go through the log up to where it ends at this moment; `done` is told how far that is, from 0 to 1."""
    end, after, first_ms = log.end(), BEGINNING, 0
    while after[:2] < end[:2]:
        page = log.read(after, count=PAGE)
        if not page:
            return
        yield from (entry for entry in page if entry.offset[:2] <= end[:2])
        after = page[-1].offset
        first_ms = first_ms or page[0].offset.ms
        done((after.ms - first_ms) / max(1, end.ms - first_ms))


def as_json(report: Report) -> bytes:
    """Write a report for a machine."""
    return msgspec.json.encode(
        {
            "events": report.events,
            "jobs": report.jobs,
            "unfinished": report.unfinished,
            "violations": [
                {"promise": found.promise, "offset": str(found.offset), "detail": found.detail}
                for found in report.violations
            ],
            "undecodable": [{"offset": str(found.offset), "reason": found.reason} for found in report.undecodable],
        }
    )


def _print(report: Report) -> None:
    if report.violations:
        rows = table("promise", "offset", "what is wrong", wrap=("what is wrong",))
        for found in report.violations:
            rows.add_row(found.promise, str(found.offset), found.detail)
        print_page(rows)
    for unread in report.undecodable:
        print(f"undecodable: {unread.offset}: {unread.reason}")
    print(f"{report.events} events of {report.jobs} jobs, {report.unfinished} of them unfinished")
    if report.violations:
        say(f"journeyman: promises are broken at {len(report.violations)} places")
    else:
        print("every promise is kept")
