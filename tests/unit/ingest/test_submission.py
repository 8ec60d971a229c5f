"""What one job may look like, and how it becomes an event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from journeyman.events import Backoff, Blob, JobSubmitted
from journeyman.ids import compose
from journeyman.submission import (
    DELAY_MAX_MS,
    PAYLOAD_BYTES_MAX,
    JobRequest,
    parse_job,
    parse_job_of_type,
    to_submitted,
)
from journeyman.submission_checks import DEPTH_MAX, InvalidSubmissionError, Kind

NOW = 1_732_247_000_000
JOB = compose(NOW, 1, 0)
PARENT = compose(NOW - 1, 7, 0)


def body(**fields: Any) -> bytes:
    return json.dumps({"type": "t", **fields}).encode()


def submitted(**fields: Any) -> JobSubmitted:
    return to_submitted(parse_job(body(**fields)), JOB, NOW)


def refusal(text: bytes) -> tuple[Kind, list[str]]:
    with pytest.raises(InvalidSubmissionError) as caught:
        to_submitted(parse_job(text), JOB, NOW)
    assert all(message for _, message in caught.value.problems)
    return caught.value.kind, [path for path, _ in caught.value.problems]


def test_a_job_needs_nothing_but_a_type() -> None:
    assert submitted() == JobSubmitted(JOB, "t", released=True)


def test_every_field_finds_its_place_in_the_event() -> None:
    job = submitted(
        payload={"a": [1, 2.5, None, "é"]},
        queue="q",
        priority="high",
        depends_on=[PARENT, PARENT],
        on_dependency_failure="run",
        delay_ms=5_000,
        max_attempts=7,
        backoff={"initial_ms": 10, "multiplier": 3, "max_ms": 500, "jitter": False},
        timeout_ms=1_000,
        tags={"team": "red"},
        ref="ignored-alone",
    )
    assert json.loads(job.payload) == {"a": [1, 2.5, None, "é"]}
    assert job == JobSubmitted(
        JOB,
        "t",
        "q",
        15,
        job.payload,
        depends_on=(PARENT,),
        on_dependency_failure="run",
        due_ms=NOW + 5_000,
        max_attempts=7,
        backoff=Backoff(10, 3.0, 500, False),
        timeout_ms=1_000,
        tags={"team": "red"},
    )


@pytest.mark.parametrize(
    ("fields", "released"),
    [
        ({}, True),
        ({"delay_ms": 0}, True),
        ({"run_at": NOW}, True),
        ({"tags": {"a": "b"}}, True),
        ({"delay_ms": 1}, False),
        ({"run_at": NOW + 1}, False),
        ({"depends_on": [PARENT]}, False),
    ],
)
def test_a_job_that_waits_for_nothing_is_released_as_it_is_submitted(fields: dict[str, Any], released: bool) -> None:
    assert submitted(**fields).released is released


@pytest.mark.parametrize(
    "payload", ["null", "0", '"x"', "[]", "false", '{"a":1,"a":2}', '"\\u0000"', "1e-400", "[1 ,\t2]"]
)
def test_a_payload_is_any_json_value_and_stays_the_text_it_was(payload: str) -> None:
    job = to_submitted(parse_job(b'{"type":"t","payload":' + payload.encode() + b"}"), JOB, NOW)
    assert job.payload == payload


def test_a_payload_in_the_blob_store_is_not_in_the_event() -> None:
    blob = Blob("ab/abc", 5, "abc")
    job = to_submitted(parse_job(body(payload="large")), JOB, NOW, payload_blob=blob)
    assert (job.payload, job.payload_blob) == ("", blob)


@pytest.mark.parametrize(
    ("given", "number"), [(0, 0), (20, 20), ("low", 5), ("normal", 10), ("high", 15), ("critical", 20)]
)
def test_priorities_are_numbers_or_names(given: int | str, number: int) -> None:
    assert submitted(priority=given).priority == number


@pytest.mark.parametrize(
    ("run_at", "due"),
    [
        ("2024-11-22T03:43:21Z", 1_732_247_001_000),
        ("2024-11-22T04:43:21.250+01:00", 1_732_247_001_250),
        (NOW + 1, NOW + 1),
        (NOW, 0),
        ("1970-01-01T00:00:00Z", 0),
        (-5, 0),
        (NOW + DELAY_MAX_MS, NOW + DELAY_MAX_MS),
    ],
)
def test_a_start_time_is_rfc_3339_or_milliseconds_and_a_past_one_is_now(run_at: object, due: int) -> None:
    assert submitted(run_at=run_at).due_ms == due


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"type": ""}, "$.type"),
        ({"type": "x" * 129}, "$.type"),
        ({"type": "a b"}, "$.type"),
        ({"type": "x\n"}, "$.type"),
        ({"type": "x\u0000"}, "$.type"),
        ({"type": "é"}, "$.type"),
        ({"queue": "a/b"}, "$.queue"),
        ({"priority": 21}, "$.priority"),
        ({"priority": -1}, "$.priority"),
        ({"priority": "urgent"}, "$.priority"),
        ({"priority": 10**30}, "$.priority"),
        ({"depends_on": ["nope"]}, "$.depends_on[0]"),
        ({"depends_on": [PARENT, ""]}, "$.depends_on[1]"),
        ({"depends_on": ["ref:a"]}, "$.depends_on[0]"),
        ({"depends_on": [PARENT.upper()]}, "$.depends_on[0]"),
        ({"depends_on": [PARENT] * 1001}, "$.depends_on"),
        ({"on_dependency_failure": "explode"}, "$.on_dependency_failure"),
        ({"delay_ms": -1}, "$.delay_ms"),
        ({"delay_ms": DELAY_MAX_MS + 1}, "$.delay_ms"),
        ({"delay_ms": 10**40}, "$.delay_ms"),
        ({"delay_ms": 1, "run_at": NOW}, "$.run_at"),
        ({"run_at": "tomorrow"}, "$.run_at"),
        ({"run_at": "2024-11-22T03:43:21"}, "$.run_at"),
        ({"run_at": "2024-13-22T03:43:21Z"}, "$.run_at"),
        ({"run_at": "9999-12-31T23:59:59Z"}, "$.run_at"),
        ({"run_at": 10**40}, "$.run_at"),
        ({"run_at": NOW + DELAY_MAX_MS + 1}, "$.run_at"),
        ({"max_attempts": 0}, "$.max_attempts"),
        ({"max_attempts": 101}, "$.max_attempts"),
        ({"timeout_ms": 0}, "$.timeout_ms"),
        ({"timeout_ms": 86_400_001}, "$.timeout_ms"),
        ({"backoff": {"initial_ms": -1}}, "$.backoff.initial_ms"),
        ({"backoff": {"multiplier": 0.5}}, "$.backoff.multiplier"),
        ({"backoff": {"multiplier": 1e9}}, "$.backoff.multiplier"),
        ({"tags": {str(index): "x" for index in range(17)}}, "$.tags"),
        ({"tags": {"": "x"}}, "$.tags"),
        ({"tags": {"k" * 65: "x"}}, "$.tags"),
        ({"tags": {"k": "v" * 257}}, "$.tags[...]"),
        ({"ref": "a b"}, "$.ref"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_path(fields: dict[str, Any], path: str) -> None:
    assert refusal(body(**fields)) == ("meaning", [path])


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"prio": 1}, "$.prio"),
        ({"type": 1}, "$.type"),
        ({"type": None}, "$.type"),
        ({"queue": ["a"]}, "$.queue"),
        ({"priority": 1.5}, "$.priority"),
        ({"priority": True}, "$.priority"),
        ({"priority": None}, "$.priority"),
        ({"depends_on": "x"}, "$.depends_on"),
        ({"depends_on": [1]}, "$.depends_on[0]"),
        ({"delay_ms": "5s"}, "$.delay_ms"),
        ({"run_at": {}}, "$.run_at"),
        ({"max_attempts": "3"}, "$.max_attempts"),
        ({"backoff": {"factor": 2}}, "$.backoff.factor"),
        ({"backoff": []}, "$.backoff"),
        ({"tags": []}, "$.tags"),
        ({"tags": {"a": 1}}, "$.tags[...]"),
    ],
)
def test_a_field_of_the_wrong_shape_is_malformed(fields: dict[str, Any], path: str) -> None:
    assert refusal(body(**fields)) == ("malformed", [path])


def test_several_wrong_values_are_told_at_once() -> None:
    kind, paths = refusal(body(priority=99, run_at="soon", delay_ms=1, depends_on=["x"]))
    assert (kind, paths) == ("meaning", ["$.priority", "$.run_at", "$.run_at", "$.depends_on[0]"])


def test_a_job_without_a_type_is_malformed() -> None:
    assert refusal(b"{}") == ("malformed", ["$.type"])


@pytest.mark.parametrize("size", [PAYLOAD_BYTES_MAX, PAYLOAD_BYTES_MAX + 1])
def test_a_payload_has_at_most_one_mebibyte(size: int) -> None:
    text = b'{"type":"t","payload":"' + b"x" * (size - 2) + b'"}'
    if size <= PAYLOAD_BYTES_MAX:
        assert len(to_submitted(parse_job(text), JOB, NOW).payload) == size
    else:
        assert refusal(text) == ("too_large", ["$.payload"])


@pytest.mark.parametrize(
    ("depth", "accepted"), [(DEPTH_MAX - 1, True), (DEPTH_MAX, False), (900, False), (10**6, False)]
)
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_a_body_nests_up_to_64_levels(depth: int, accepted: bool, opening: str, closing: str) -> None:
    text = f'{{"type":"t","payload":{opening * depth}1{closing * depth}}}'.encode()
    if accepted:
        parse_job(text)
    else:
        assert refusal(text)[0] == "meaning"


def test_brackets_in_strings_and_side_by_side_do_not_count_as_depth() -> None:
    wide = [[{"a": '[[[{{{\\"[[['}] for _ in range(500)]
    assert json.loads(submitted(payload=wide).payload) == wide


def test_a_type_in_the_path_needs_none_in_the_body() -> None:
    assert parse_job_of_type(b"{}", "mail").type == "mail"
    assert parse_job_of_type(b'{"type":"mail","queue":"q"}', "mail") == JobRequest(type="mail", queue="q")


@pytest.mark.parametrize(
    ("text", "job_type"), [(b'{"type":"other"}', "mail"), (b"{}", "a b"), (b'{"type":""}', "mail")]
)
def test_a_type_in_the_path_is_not_contradicted(text: bytes, job_type: str) -> None:
    with pytest.raises(InvalidSubmissionError) as caught:
        parse_job_of_type(text, job_type)
    assert caught.value.kind == "meaning"
