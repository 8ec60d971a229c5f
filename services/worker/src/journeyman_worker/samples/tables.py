"""CSV files: read as a stream, written whole. UTF-8 (with or without a mark), commas, RFC 4180 quotes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from journeyman_worker.samples import files
from journeyman_worker.samples.aggregates import Row
from journeyman_worker.samples.errors import UnusableInputError

#: Rows between two looks at how far the file has been read.
ROWS_PER_REPORT = 2_000


def rows_of(path: Path, report: Callable[[float], None]) -> Iterator[Row]:
    """Yield the rows of a CSV file, header first, holding one at a time; `report` hears the percent of bytes read.

    Raises UnusableInputError for a file that is missing, is not UTF-8 or is not CSV.
    """
    with files.reading(path), path.open("rb") as source, io.TextIOWrapper(source, "utf-8-sig", newline="") as text:
        size = path.stat().st_size
        reader = csv.reader(text, strict=True)
        try:
            for number, cells in enumerate(reader):
                if number % ROWS_PER_REPORT == 0:
                    report(100 * source.tell() / size)
                yield reader.line_num, cells
        except UnicodeDecodeError as error:
            raise UnusableInputError(f"{path} is not UTF-8 text after line {reader.line_num}") from error
        except csv.Error as error:
            raise UnusableInputError(f"{path}, line {reader.line_num}: {error}") from error


def write(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    """Write rows of these columns to a CSV file, all or nothing."""
    with files.writing(path) as target, io.TextIOWrapper(target, "utf-8", newline="") as text:
        writer = csv.DictWriter(text, list(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
