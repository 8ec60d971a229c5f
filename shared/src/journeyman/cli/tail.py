"""`journeyman tail`: the log itself, an event a line, read from the server without any projection between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from journeyman.cli import log_lines
from journeyman.cli.connection import DEFAULT, Connection, UsageError
from journeyman.cli.output import Output
from journeyman.cli.submit import Several, read_span
from journeyman.events import BEGINNING, Entry, Offset

if TYPE_CHECKING:
    from journeyman.log.redis_log import RedisLog

PAGE = 64
"""Entries per read; one may be as large as 1 MiB."""
BLOCK_MS = 1_000


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
    :param from_: Start at this offset (like 1732247000123-0/4), or at the `end`.
    :param since: Start with what is younger than this, like 10m.
    :param type: Only these events: a tag (job.failed) or the beginning of one (job.).
    :param job: Only events of these jobs.
    """
    since_ms = read_span("--since", since)
    start = read_start(from_)
    wanted = log_lines.Wanted(tuple(type or ()), frozenset(job or ()), start)
    write = log_lines.as_json if output == "json" else log_lines.as_text
    log = connection.log()
    try:
        after = log_lines.just_before(start)
        if from_ == "end":
            after = log.end()
        elif since_ms is not None:
            after = max(after, Offset(max(0, log.now_ms() - since_ms), 0))
        for lines in write_entries(entries(log, after, follow=follow), wanted, write):
            print(lines, flush=follow)
    except KeyboardInterrupt:
        return 0
    finally:
        log.close()
    return 0


def entries(log: RedisLog, after: Offset, *, follow: bool) -> Iterator[list[Entry]]:
    """Go through the log page by page; with `follow`, for ever."""
    while True:
        page = log.read(after, count=PAGE, block_ms=BLOCK_MS if follow else None)
        if page:
            after = page[-1].offset
            yield page
        elif not follow:
            return


def write_entries(pages: Iterable[list[Entry]], wanted: log_lines.Wanted, write: log_lines.Writer) -> Iterator[str]:
    """Write what is wanted of each page, as one text of several lines."""
    for page in pages:
        lines = [write(item) for entry in page for item in log_lines.items(entry) if wanted(item)]
        if lines:
            yield "\n".join(lines)


def read_start(text: str | None) -> Offset:
    """Return the offset to start at. Raises UsageError."""
    if text is None or text == "end":
        return BEGINNING
    try:
        return Offset.parse(text)
    except ValueError as error:
        raise UsageError(f"--from: {error}") from None
