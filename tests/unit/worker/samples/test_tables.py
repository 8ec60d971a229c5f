"""CSV files as they come: large, marked, quoted, broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman_worker.samples import tables
from journeyman_worker.samples.errors import UnusableInputError


def read(path: Path) -> list[list[str]]:
    return [cells for _, cells in tables.rows_of(path, lambda _: None)]


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(b"\xef\xbb\xbfname,n\r\n\xc3\x84,1\r\n")

    assert read(file) == [["name", "n"], ["Ä", "1"]]


def test_quoted_cells_may_span_lines_and_lines_are_still_counted(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text('name\n"two\nlines, and a comma"\nlast\n')

    assert list(tables.rows_of(file, lambda _: None)) == [
        (1, ["name"]),
        (3, ["two\nlines, and a comma"]),
        (4, ["last"]),
    ]


def test_progress_rises_with_the_bytes_that_were_read(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text("n\n" + "12345678\n" * 20_000)
    reports: list[float] = []

    for _ in tables.rows_of(file, reports.append):
        pass

    assert len(reports) >= 10
    assert reports == sorted(reports)
    assert 0 <= reports[0] < 20
    assert 90 < reports[-1] <= 100


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"name\nJ\xfcrgen\n", "not UTF-8"),
        (b'name\n"never closed\n', "line 2"),
        (b'name\n"closed" too early\n', "line 2"),
        (b"name\n" + b"x" * 200_000 + b"\n", "field larger than field limit"),
    ],
)
def test_what_is_not_csv_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(content)

    with pytest.raises(UnusableInputError, match=says):
        read(file)


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    file = tmp_path / "out" / "file.csv"

    tables.write(file, ["name", "n"], [{"name": 'a "quoted", name', "n": 1.5}, {"name": None, "n": None}])

    assert read(file) == [["name", "n"], ['a "quoted", name', "1.5"], ["", ""]]


def test_a_table_that_cannot_be_written_whole_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="surplus"):
        tables.write(tmp_path / "file.csv", ["name"], [{"name": "a"}, {"name": "b", "surplus": 1}])

    assert list(tmp_path.iterdir()) == []
