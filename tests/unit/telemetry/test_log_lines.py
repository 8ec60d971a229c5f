"""What log lines look like."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import msgspec
import pytest
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from journeyman import __version__
from journeyman.settings import load
from journeyman.telemetry import configure_logging

log = logging.getLogger("journeyman.test")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def lines(log_format: str, level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    configure_logging("scheduler", load({}, log_format=log_format, log_level=level), stream)
    return stream


def test_a_line_for_people_says_when_how_grave_who_and_what() -> None:
    written = lines("text")
    log.warning("%d jobs wait", 3, extra={"queue": "images"})

    time, level, service, rest = written.getvalue().split(maxsplit=3)
    assert (len(time), level, service, rest) == (12, "WARNING", "scheduler", "3 jobs wait  queue=images\n")


def test_a_line_for_machines_is_one_json_object_with_the_same() -> None:
    written = lines("json")
    log.warning("%d jobs\nwait", 3, extra={"queue": "images", "odd": object})

    assert written.getvalue().count("\n") == 1
    entry = msgspec.json.decode(written.getvalue())
    assert entry["message"] == "3 jobs\nwait"
    assert (entry["service"], entry["level"], entry["queue"]) == ("scheduler", "warning", "images")
    assert entry["at"].endswith("+00:00")


def test_a_traceback_goes_with_its_line() -> None:
    written = lines("json")
    try:
        raise ValueError("no")
    except ValueError:
        log.exception("it failed")

    assert "ValueError: no" in msgspec.json.decode(written.getvalue())["traceback"]


def test_what_is_below_the_level_is_not_written() -> None:
    written = lines("text", "warning")
    log.info("nothing")

    assert written.getvalue() == ""


def test_setting_up_twice_writes_every_line_once() -> None:
    lines("text")
    written = lines("text")
    log.info("once")

    assert written.getvalue().count("once") == 1


def test_a_line_for_machines_tells_the_version_that_wrote_it() -> None:
    written = lines("json")
    log.warning("hello")

    assert msgspec.json.decode(written.getvalue())["version"] == __version__


def test_a_line_written_inside_a_span_names_it_to_machines_and_not_to_people() -> None:
    span = NonRecordingSpan(SpanContext(0xAB, 0xCD, is_remote=False, trace_flags=TraceFlags(1)))
    for_machines = lines("json")
    with use_span(span):
        log.warning("hello")

    entry = msgspec.json.decode(for_machines.getvalue())
    assert (entry["trace_id"], entry["span_id"]) == (f"{0xAB:032x}", f"{0xCD:016x}")

    for_people = lines("text")
    with use_span(span):
        log.warning("hello", extra={"job_id": "j"})
    assert for_people.getvalue().endswith("hello  job_id=j\n")
