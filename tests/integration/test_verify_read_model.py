"""The read model against the fold of the log: as the dashboard's own code wrote it, and with one thing changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest

from journeyman import events as e
from journeyman.codec import decode_commit, encode_commit
from journeyman.read_model import FILE_NAME, OLDEST_VERSION, ReadModel, UnreadableModelError
from journeyman.verify import Verifier, Violation
from journeyman_dashboard import schema
from journeyman_dashboard.projection import Next
from journeyman_dashboard.store import Cursor, Store, transaction, write_cursor
from support.lives import Lives

DAY_MS = 86_400_000


@cache
def log() -> tuple[e.Entry, ...]:
    return tuple(raw.read() for raw in Lives(3).entries)


def project(path: Path, entries: tuple[e.Entry, ...]) -> None:
    """Let the dashboard read a log, entry by entry."""
    with closing(schema.open_for_writing(path)) as connection:
        store, following = Store(connection), Next()
        for entry in entries:
            with transaction(connection):
                following = store.project([entry], following).following
                write_cursor(connection, Cursor(0, entry.offset))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    project(tmp_path / FILE_NAME, log())
    return tmp_path / FILE_NAME


def found(path: Path, entries: tuple[e.Entry, ...] | None = None, kept_ms: int = 30 * DAY_MS) -> list[Violation]:
    """Compare a read model with a log."""
    with closing(ReadModel(path, kept_ms)) as model:
        verifier = Verifier(0)
        comparison = model.comparison(0, verifier)
        assert comparison is not None
        for entry in log() if entries is None else entries:
            if entry.offset[:2] <= comparison.cursor[:2]:
                comparison.take(entry)
                verifier.take(entry)
        return [*comparison.at_cursor(), *model.miscounted()]


def test_what_the_dashboard_has_made_of_a_log_is_the_fold_of_that_log(path: Path) -> None:
    assert found(path) == []


def test_it_is_so_at_every_place_where_the_dashboard_may_have_stopped(tmp_path: Path) -> None:
    for length in range(1, len(log()), 9):
        project(tmp_path / f"{length}.sqlite", log()[:length])
        assert found(tmp_path / f"{length}.sqlite") == []


_ENDED = "(SELECT n FROM jobs WHERE phase = 'completed')"
_OPEN = "(SELECT n FROM jobs WHERE finished_at_ms = 0)"

#: What is done to the file, as SQL; each changes what somebody would see.
DAMAGE = {
    "another end": f"UPDATE jobs SET phase = 'dead' WHERE n = {_ENDED}",
    "an end of what goes on": f"UPDATE jobs SET phase = 'completed' WHERE n = {_OPEN}",
    "no end": f"UPDATE jobs SET phase = 'ready' WHERE n = {_ENDED}",
    "a cancel nobody asked for": f"UPDATE jobs SET cancel_requested = 1 - cancel_requested WHERE n = {_OPEN}",
    "another attempt": "UPDATE jobs SET attempt = attempt + 1 WHERE n = 3",
    "another generation": "UPDATE jobs SET generation = 9 WHERE n = 3",
    "another type": "UPDATE jobs SET type = 'other' WHERE n = 3",
    "another queue": "UPDATE jobs SET queue = 'other' WHERE n = 3",
    "another priority": "UPDATE jobs SET priority = 7 WHERE n = 3",
    "another id": f"UPDATE jobs SET id = '{'0' * 24}' WHERE n = 3",
    "a job too few": "DELETE FROM jobs WHERE n = 3",
    "no jobs": "DELETE FROM jobs",
    "an end at another time": f"UPDATE jobs SET finished_at_ms = 7200000 WHERE n = {_ENDED}",
    "a wrong count": "UPDATE counters SET count = count + 1",
    "no counts": "DELETE FROM counters",
    "an entry too few": "DELETE FROM commits WHERE e = 5",
    "an entry that cannot be read": "UPDATE commits SET data = x'c1' WHERE e = 5",
    "an entry of fewer events": "UPDATE commits SET data = x'90' WHERE e = 5",
    "an entry of another time": "UPDATE entries SET ms = ms - 1 WHERE e = 5",
    "a cursor that was moved back": "UPDATE cursors SET ms = ms - 1000",
}


@pytest.mark.parametrize("what", list(DAMAGE))
def test_whatever_is_changed_in_it_is_found(what: str, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(DAMAGE[what]).rowcount > 0
    differences = found(path)
    assert differences
    assert all(one.of == "read model" and one.detail for one in differences)


def test_every_edit_of_what_it_was_told_is_found(path: Path) -> None:
    edited = 0
    for index, entry in enumerate(log()):
        for at, event in enumerate(entry.events):
            if isinstance(event, e.JobSubmitted):
                other = e.JobSubmitted(event.job_id, event.type, event.queue, event.priority, '{"edited":1}')
                events = [*entry.events[:at], other, *entry.events[at + 1 :]]
                spoilt = (*log()[:index], entry._replace(events=events), *log()[index + 1 :])
                differences = [one.offset for one in found(path, spoilt)]
                assert entry.offset._replace(index=at) in differences
                edited += 1
        if edited >= 10:
            return


def test_an_entry_that_is_gone_from_the_log_is_found_at_its_offset(path: Path) -> None:
    for index in range(1, len(log()) - 1, 5):
        gone = log()[index]
        without = (*log()[:index], *log()[index + 1 :])
        assert gone.offset in [one.offset for one in found(path, without) if "not in the log" in one.detail]


def test_events_written_by_an_earlier_version_are_no_difference(path: Path) -> None:
    """A field that has come since is missing in what the dashboard keeps, and has its default in what the log says."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for number, data in connection.execute("SELECT e, data FROM commits").fetchall():
            assert data
            entry = log()[number - 1]
            shorter = encode_commit([event for event in entry.events if event is not None])
            if decode_commit(shorter, entry.offset).events == entry.events:
                connection.execute("UPDATE commits SET data = ? WHERE e = ?", (shorter, number))
    assert found(path) == []


def test_what_was_deleted_for_its_age_is_no_difference(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM commits")
        connection.execute("DELETE FROM entries")
        connection.execute("DELETE FROM jobs WHERE finished_at_ms > 0")
        connection.execute("DELETE FROM counters WHERE phase IN ('completed', 'dead', 'cancelled')")
    assert found(path) != []
    assert found(path, kept_ms=-DAY_MS) == []


def test_a_file_of_a_version_too_old_is_not_compared(path: Path) -> None:
    assert OLDEST_VERSION <= schema.VERSION
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {OLDEST_VERSION - 1}")
    with pytest.raises(UnreadableModelError, match="version"):
        ReadModel(path, DAY_MS)


def test_a_file_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database" * 1_000)
    with pytest.raises(UnreadableModelError):
        ReadModel(tmp_path / FILE_NAME, DAY_MS)
