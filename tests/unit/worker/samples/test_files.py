"""Paths of payloads, and writing all or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman_worker.samples import files
from journeyman_worker.samples.errors import UnusableInputError


def test_a_relative_path_leads_into_the_data_directory(tmp_path: Path) -> None:
    assert files.resolve("in/a.csv", str(tmp_path)) == tmp_path / "in" / "a.csv"


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    assert files.resolve("/somewhere/a.csv", str(tmp_path)) == Path("/somewhere/a.csv")


def test_a_sample_is_named_without_its_place() -> None:
    assert files.resolve("sample:penguins.csv", ".").read_text().startswith("species,island")


@pytest.mark.parametrize("name", ["sample:nothing.csv", "sample:../jobs.py", "sample:SOURCES.md", "sample:"])
def test_an_unknown_sample_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(UnusableInputError, match=r"there are: .*penguins\.csv"):
        files.resolve(name, ".")


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(UnusableInputError, match="not a path"):
        files.resolve(path, ".")


def test_a_missing_file_is_the_payloads_mistake(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match=r"cannot read .*: No such file"):
        files.read(tmp_path / "missing", 10)


def test_a_folder_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match=r"cannot read .*: Is a directory"):
        files.read(tmp_path, 10)


def test_a_file_above_the_limit_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 11)

    with pytest.raises(UnusableInputError, match="larger than 10 bytes"):
        files.read(file, 10)


def test_writing_makes_folders_and_leaves_the_file_alone(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "file.txt"

    with files.writing(target) as file:
        file.write(b"whole")

    assert target.read_bytes() == b"whole"
    assert list(target.parent.iterdir()) == [target]


def break_off_in_the_middle(target: Path) -> None:
    with files.writing(target) as file:
        file.write(b"ha")
        file.flush()
        raise InterruptedError


def test_an_attempt_that_breaks_off_leaves_no_half_file(tmp_path: Path) -> None:
    with pytest.raises(InterruptedError):
        break_off_in_the_middle(tmp_path / "file.txt")

    assert list(tmp_path.iterdir()) == []


def test_an_attempt_that_breaks_off_leaves_what_was_there_before(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    target.write_bytes(b"from before")

    with pytest.raises(InterruptedError):
        break_off_in_the_middle(target)

    assert target.read_bytes() == b"from before"
    assert list(tmp_path.iterdir()) == [target]


def test_of_two_writers_at_once_the_last_to_end_wins_whole(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"

    with files.writing(target) as lost:
        lost.write(b"of the lost attempt")
        with files.writing(target) as successor:
            successor.write(b"of its successor")

    assert target.read_bytes() == b"of the lost attempt"
    assert list(tmp_path.iterdir()) == [target]


def test_writing_over_a_folder_is_the_payloads_mistake(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()

    with pytest.raises(UnusableInputError, match="cannot write"), files.writing(target) as file:
        file.write(b"content")

    assert list(tmp_path.iterdir()) == [target]


def test_writing_below_a_file_is_the_payloads_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(UnusableInputError, match="cannot write"), files.writing(tmp_path / "file" / "below"):
        pass
