"""`journeyman tail`: the log itself, an event a line, read from the server without any projection between.

The logs of several partitions are shown as one, in the order of their times; offsets say which is which.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

from cyclopts import Parameter

from journeyman.cli import log_lines
from journeyman.cli.connection import DEFAULT, Connection, UsageError
from journeyman.cli.output import Output
from journeyman.cli.submit import Several, read_span
from journeyman.events import BEGINNING, Entry, Offset, read_offset

if TYPE_CHECKING:
    from journeyman.log.redis_log import RedisLog

PAGE = 64
"""Entries per read; one may be as large as 1 MiB."""
BLOCK_MS = 1_000
#: How often several logs are looked at; one is waited for.
LOOK_EVERY_S = 0.1


class Source(NamedTuple):
    """The log of a partition, and where its reading begins."""

    log: RedisLog
    start: Offset


def tail(
    *,
    follow: Annotated[bool, Parameter(name=["--follow", "-f"], negative=())] = False,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    since: str | None = None,
    type: Annotated[list[str] | None, Several] = None,
    job: Annotated[list[str] | None, Several] = None,
    output: Output = "table",
    connection: Connection = DEFAULT,
) -> int:
    """Read the log, from its beginning or from an offset to its end.

    :param follow: Go on with what is appended, until Ctrl-C.
    :param from_: Start at this offset (like 1732247000123-0/4, or 3:1732247000123-0/4 of partition 3), or at the `end`.
    :param since: Start with what is younger than this, like 10m.
    :param type: Only these events: a tag (job.failed) or the beginning of one (job.).
    :param job: Only events of these jobs.
    """
    since_ms = read_span("--since", since)
    place = read_start(from_)
    write = log_lines.as_json if output == "json" else log_lines.as_text
    with connection.logs() as logs:
        sources = [Source(log, start_of(log.partition, place)) for log in logs]
        afters = [log_lines.just_before(source.start) for source in sources]
        if from_ == "end":
            afters = [log.end() for log in logs]
        elif since_ms is not None:
            young = Offset(max(0, logs[0].now_ms() - since_ms), 0)
            afters = [max(after, young) for after in afters]
        wanted = [log_lines.Wanted(tuple(type or ()), frozenset(job or ()), source.start) for source in sources]
        try:
            for partition, entry in entries(logs, afters, follow=follow):
                lines = [write(item, partition) for item in log_lines.items(entry) if wanted[partition](item)]
                if lines:
                    print("\n".join(lines), flush=follow)
        except KeyboardInterrupt:
            return 0
    return 0


def entries(logs: Sequence[RedisLog], afters: Sequence[Offset], *, follow: bool) -> Iterator[tuple[int, Entry]]:
    """Go through the logs, in the order of their times, to their ends; with `follow`, for ever."""
    reached = list(afters)
    while True:
        found = False
        for partition, entry in heapq.merge(*map(_to_the_end, logs, reached), key=_time):
            found = True
            reached[partition] = entry.offset
            yield partition, entry
        if not follow:
            return
        if len(logs) == 1:
            for entry in logs[0].read(reached[0], count=PAGE, block_ms=BLOCK_MS):
                reached[0] = entry.offset
                yield 0, entry
        elif not found:
            time.sleep(LOOK_EVERY_S)


def _time(item: tuple[int, Entry]) -> tuple[Offset, int]:
    partition, entry = item
    return entry.offset, partition


def _to_the_end(log: RedisLog, after: Offset) -> Iterator[tuple[int, Entry]]:
    while page := log.read(after, count=PAGE):
        for entry in page:
            yield log.partition, entry
        after = page[-1].offset


def read_start(text: str | None) -> tuple[int, Offset]:
    """Return the partition and the offset to start at. Raises UsageError."""
    if text is None or text == "end":
        return 0, BEGINNING
    try:
        return read_offset(text)
    except ValueError as error:
        raise UsageError(f"--from: {error}") from None


def start_of(partition: int, place: tuple[int, Offset]) -> Offset:
    """Return where the reading of a partition begins: at the place, or, in another partition, at its time."""
    at, offset = place
    return offset if at == partition else Offset(offset.ms, 0)
