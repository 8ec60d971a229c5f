"""`journeyman verify`: do the logs keep the promises? Reads each once, from its beginning to what was its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from journeyman.cli.connection import DEFAULT, Connection
from journeyman.cli.output import Output, print_json, print_page, progress, say, table
from journeyman.events import BEGINNING, Entry, write_offset
from journeyman.verify import Report, Verifier

if TYPE_CHECKING:
    from journeyman.log.redis_log import RedisLog

PAGE = 64
"""Entries per read; one may be as large as 1 MiB."""


def verify(*, output: Output = "table", connection: Connection = DEFAULT) -> int:
    """Check the promises on a log. Exit 1, and the offsets, where one is broken."""
    with connection.logs() as logs, progress("verifying", float(len(logs))) as done:
        reports = [verified(log, partial(_told, done, number)) for number, log in enumerate(logs)]
    if output == "json":
        print_json(as_json(reports))
    else:
        _print(reports)
    return 1 if any(report.violations for report in reports) else 0


def verified(log: RedisLog, done: Callable[[float], None]) -> Report:
    """Check the promises on the log of one partition."""
    verifier = Verifier()
    for entry in entries_until_now(log, done):
        verifier.take(entry)
    return verifier.report()


def _told(done: Callable[[float], None], logs_done: int, part: float) -> None:
    done(logs_done + part)


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


def as_json(reports: Sequence[Report]) -> bytes:
    """Write the reports of all partitions, as one, for a machine."""
    return msgspec.json.encode(
        {
            **_counted(reports),
            "violations": [
                {"promise": found.promise, "offset": write_offset(partition, found.offset), "detail": found.detail}
                for partition, report in enumerate(reports)
                for found in report.violations
            ],
            "undecodable": [
                {"offset": write_offset(partition, found.offset), "reason": found.reason}
                for partition, report in enumerate(reports)
                for found in report.undecodable
            ],
        }
    )


def _counted(reports: Sequence[Report]) -> dict[str, int]:
    return {name: sum(getattr(report, name) for report in reports) for name in ("events", "jobs", "unfinished")}


def _print(reports: Sequence[Report]) -> None:
    broken = sum(len(report.violations) for report in reports)
    if broken:
        rows = table("promise", "offset", "what is wrong", wrap=("what is wrong",))
        for partition, report in enumerate(reports):
            for found in report.violations:
                rows.add_row(found.promise, write_offset(partition, found.offset), found.detail)
        print_page(rows)
    for partition, report in enumerate(reports):
        for unread in report.undecodable:
            print(f"undecodable: {write_offset(partition, unread.offset)}: {unread.reason}")
    count = _counted(reports)
    over = f" in {len(reports)} partitions" if len(reports) > 1 else ""
    print(f"{count['events']} events of {count['jobs']} jobs, {count['unfinished']} of them unfinished{over}")
    if broken:
        say(f"journeyman: promises are broken at {broken} places")
    else:
        print("every promise is kept")
