"""The file of an export: whole, or not there."""

import os
from pathlib import Path

import pytest

from journeyman.cli.connection import UsageError
from journeyman.cli.export import UnwrittenError, whole_file, write
from journeyman.client.problems import BrokenOffError


def test_a_file_is_there_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "jobs.ndjson"
    path.write_bytes(b"older\n")
    with whole_file(path) as file:
        write(file, b"{}\n")
        assert path.read_bytes() == b"older\n"
    assert path.read_bytes() == b"{}\n"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_of_one_that_is_not(tmp_path: Path) -> None:
    def break_off() -> None:
        with whole_file(tmp_path / "jobs.ndjson") as file:
            write(file, b"{}\n")
            raise BrokenOffError(1, "cut")

    with pytest.raises(BrokenOffError):
        break_off()
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_file_is_not_written_to(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/null"), tmp_path / "missing" / "jobs.ndjson"):
        with pytest.raises(UsageError, match="--to: "), whole_file(path):
            pass


def test_what_cannot_be_written_is_told_in_words() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with (
        os.fdopen(writer, "wb", buffering=0) as file,
        pytest.raises(UnwrittenError, match=r"cannot write to .*: Broken"),
    ):
        write(file, b"{}\n")
