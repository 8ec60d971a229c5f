"""`journeyman export`: all jobs that match, as lines of JSON, however many; never more than a few in memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from journeyman.cli.connection import DEFAULT, Connection, UsageError
from journeyman.cli.listing import NO_FILTERS, Filters, Sort
from journeyman.cli.output import progress, say
from journeyman.errors import JourneymanError


class UnwrittenError(JourneymanError):
    """The file could not be written to its end."""


def export(
    *,
    filters: Filters = NO_FILTERS,
    sort: Sort | None = None,
    to: Path | None = None,
    connection: Connection = DEFAULT,
) -> int:
    """Write all jobs that match, the newest first, one as JSON a line, as the API lists them.

    :param sort: The order.
    :param to: The file; it is there only when it is whole. Default: standard output.
    """
    query = {**filters.to_parameters(datetime.now(UTC)), "sort": sort}
    with connection.client() as client:
        if to is None:
            for line in client.export(**query):
                sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            return 0
        with whole_file(to) as file, progress(f"exporting to {to}", None):
            jobs = sum(1 for line in client.export(**query) if write(file, line))
    say(f"{jobs} jobs in {to}")
    return 0


def write(file: BinaryIO, line: bytes) -> int:
    """Write a line. Raises UnwrittenError."""
    try:
        return file.write(line)
    except OSError as error:
        raise UnwrittenError(f"cannot write to {file.name}: {error.strerror}") from None


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write to, which is called `path` when the block has ended well, and is gone otherwise.

    Raises UsageError where it cannot be made, UnwrittenError where the last of it cannot be written.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"--to: not a file: {path}")
    part = path.with_name(f"{path.name}.part")
    try:
        file = part.open("wb")
    except OSError as error:
        raise UsageError(f"--to: cannot write {part}: {error.strerror}") from None
    try:
        yield file
        _finish(file, part, path)
    finally:
        with suppress(OSError):
            file.close()
        part.unlink(missing_ok=True)


def _finish(file: BinaryIO, part: Path, path: Path) -> None:
    try:
        file.close()
        part.replace(path)
    except OSError as error:
        raise UnwrittenError(f"cannot write to {path}: {error.strerror}") from None
