"""Lines written inside jobs, and jobs with a level of their own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import cast

import pytest

from journeyman.events import JobSubmitted
from journeyman.ids import IdMaker
from journeyman.log.api import ClaimedJob
from journeyman_worker.context import current_attempt
from journeyman_worker.job_lines import InJob, JobLevels
from journeyman_worker.runner.attempt import Attempt, Holder

IDS, LOTS = IdMaker(0), count()
log = logging.getLogger("test.jobs")


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def levels() -> Iterator[JobLevels]:
    log.propagate = False
    log.setLevel(logging.INFO)
    yield JobLevels(log)
    log.propagate = True
    log.setLevel(logging.NOTSET)
    log.handlers[:] = []


@pytest.fixture
def kept(levels: JobLevels) -> Kept:
    handler = Kept()
    handler.addFilter(InJob(levels))
    log.addHandler(handler)
    return handler


def attempt(**tags: str) -> Attempt:
    body = JobSubmitted(IDS.make(0, next(LOTS)), "t", tags=tags)
    return Attempt(ClaimedJob(body, 1, "", "default", 10), cast("Holder", None), 1_000)


@contextmanager
def inside(levels: JobLevels, one: Attempt) -> Iterator[None]:
    token = current_attempt.set(one)
    levels.begin(one)
    yield
    levels.end(one)
    current_attempt.reset(token)


def messages(kept: Kept) -> list[str]:
    return [record.getMessage() for record in kept.records]


def test_a_line_written_inside_a_job_names_job_attempt_and_trace(levels: JobLevels, kept: Kept) -> None:
    one = attempt()
    with inside(levels, one):
        log.info("packing")

    said = vars(kept.records[0])
    assert (said["job_id"], said["attempt"]) == one.key
    assert (said["trace_id"], said["span_id"]) == (one.trace_id, one.span_id)


def test_a_line_written_outside_of_jobs_names_none(kept: Kept) -> None:
    log.info("waiting")

    assert "job_id" not in vars(kept.records[0])


def test_what_a_line_says_itself_is_left_as_it_is(levels: JobLevels, kept: Kept) -> None:
    with inside(levels, attempt()):
        log.info("looking at another", extra={"job_id": "another"})

    assert vars(kept.records[0])["job_id"] == "another"


def test_a_job_with_a_level_of_its_own_is_heard_and_nobody_else(levels: JobLevels, kept: Kept) -> None:
    loud = attempt(log_level="debug")
    with inside(levels, loud):
        log.debug("deep")
        other = current_attempt.set(attempt())
        log.debug("of another job")
        current_attempt.set(None)
        log.debug("of no job")
        current_attempt.reset(other)

    assert messages(kept) == ["deep"]


def test_a_job_can_be_quieter_than_the_setting(levels: JobLevels, kept: Kept) -> None:
    with inside(levels, attempt(log_level="error")):
        log.warning("hm")
        log.error("oh")

    assert messages(kept) == ["oh"]


def test_once_the_last_such_job_has_ended_low_lines_are_not_even_made(levels: JobLevels, kept: Kept) -> None:
    first, second = attempt(log_level="debug"), attempt(log_level="debug")
    levels.begin(first)
    levels.begin(second)
    levels.end(first)
    assert log.isEnabledFor(logging.DEBUG)

    levels.end(second)

    assert not log.isEnabledFor(logging.DEBUG)


def test_an_unknown_level_is_ignored_and_said_once(levels: JobLevels, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        one = attempt(log_level="LOUD")
        levels.begin(one)
        assert levels.of(one) == logging.INFO
        levels.end(one)

    assert [record.getMessage() for record in caplog.records] == [
        "the tag log_level=LOUD is ignored: it is none of debug, info, warning, error"
    ]


def test_a_job_with_other_tags_changes_nothing(levels: JobLevels) -> None:
    levels.begin(attempt(team="shop"))

    assert not log.isEnabledFor(logging.DEBUG)
