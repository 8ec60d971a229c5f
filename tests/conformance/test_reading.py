"""Reading: every entry once, in order, from any place, waiting where there is none yet."""

from __future__ import annotations

import threading
import time

import pytest

from journeyman import events as e
from journeyman.errors import HistoryLostError
from journeyman.log.history import still_holds
from journeyman.proposals import Proposal
from support.driver import Driver


def say(driver: Driver, count: int = 1) -> None:
    for _ in range(count):
        driver.append(Proposal((e.WorkerDraining("w"), e.WorkerDraining("v"))))


def test_an_empty_log_ends_at_the_beginning(driver: Driver) -> None:
    assert driver.log.end() == e.BEGINNING
    assert driver.log.read(e.BEGINNING) == []


def test_pages_hold_every_entry_once_and_in_order(driver: Driver) -> None:
    say(driver, 7)
    offset, seen = e.BEGINNING, []
    while page := driver.log.read(offset, count=3):
        seen += [entry.offset for entry in page]
        offset = page[-1].offset
    assert seen == sorted(set(seen))
    assert len(seen) == 7
    assert driver.log.end() == seen[-1]


def test_reading_goes_on_after_the_commit_whatever_the_index(driver: Driver) -> None:
    say(driver, 2)
    first, second = driver.entries()
    assert driver.log.read(first.records()[-1].offset) == [second]
    assert driver.log.read(second.offset) == []


def test_a_read_that_waits_returns_as_soon_as_something_is_appended(driver: Driver) -> None:
    found: list[e.Entry] = []
    reader = threading.Thread(target=lambda: found.extend(driver.log.read(e.BEGINNING, block_ms=10_000)))
    reader.start()
    say(driver)
    reader.join(10)
    assert len(found) == 1


def test_a_read_that_waits_in_vain_returns_nothing_in_time(driver: Driver) -> None:
    started = time.monotonic()
    assert driver.log.read(e.BEGINNING, block_ms=30) == []
    assert 0.02 < time.monotonic() - started < 30


def test_an_event_is_found_at_its_offset_and_nowhere_else(driver: Driver) -> None:
    job = driver.job()
    driver.submit(job)
    offset = driver.log.end()
    assert driver.log.at(offset) == job
    assert driver.log.at(offset._replace(index=1)) == e.JobReleased(job.job_id, 1, 10)
    assert driver.log.at(offset._replace(index=2)) is None
    assert driver.log.at(offset._replace(ms=offset.ms - 1)) is None
    assert driver.log.at(offset._replace(seq=offset.seq + 1)) is None


def test_trimmed_entries_are_gone_and_the_others_are_there(driver: Driver) -> None:
    say(driver, 3)
    assert driver.log.trim(driver.entries()[0].offset) == 0
    assert len(driver.entries()) == 3


def test_checkpoints_are_kept_per_reader_until_it_is_forgotten(driver: Driver) -> None:
    say(driver)
    end = driver.log.end()
    driver.log.checkpoint("one", end)
    driver.log.checkpoint("two", e.BEGINNING)
    driver.log.checkpoint("two", end)
    assert driver.log.readers() == {"one": end, "two": end}
    driver.log.forget_reader("one")
    assert list(driver.log.readers()) == ["two"]


def test_the_place_of_a_snapshot_is_kept_as_it_is(driver: Driver) -> None:
    assert driver.log.snapshot_place() is None
    driver.log.place_snapshot(b"\x00\xffsomewhere")
    assert driver.log.snapshot_place() == b"\x00\xffsomewhere"


def test_who_reads_on_gets_what_comes_after(driver: Driver) -> None:
    say(driver, 3)
    entries = driver.entries()
    assert driver.log.read_on(e.BEGINNING) == entries
    assert driver.log.read_on(entries[0].offset) == entries[1:]
    assert driver.log.read_on(entries[0].offset, count=1) == entries[1:2]
    assert driver.log.read_on(entries[2].offset) == []


def test_who_has_read_what_the_log_does_not_hold_cannot_read_on(driver: Driver) -> None:
    say(driver)
    [entry] = driver.entries()
    for lost in (entry.offset._replace(ms=entry.offset.ms - 1), entry.offset._replace(seq=entry.offset.seq + 1)):
        with pytest.raises(HistoryLostError):
            driver.log.read_on(lost)


def test_a_log_is_known_to_hold_what_stands_in_it_and_what_it_began_after(driver: Driver) -> None:
    assert still_holds(driver.log, e.BEGINNING)
    say(driver, 2)
    first, second = driver.entries()
    assert still_holds(driver.log, first.offset)
    assert still_holds(driver.log, second.records()[-1].offset)
    assert still_holds(driver.log, first.offset._replace(ms=first.offset.ms - 1)), "trimmed, as far as anybody can tell"
    assert not still_holds(driver.log, second.offset._replace(seq=second.offset.seq + 1))
    assert not still_holds(driver.log, second.offset._replace(ms=second.offset.ms + 1_000))
