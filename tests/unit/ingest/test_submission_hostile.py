"""Whatever is sent, it becomes a request or an InvalidSubmissionError, and what is accepted can be read by anybody."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.codec import decode_event, encode_event
from journeyman.ids import compose
from journeyman.submission import (
    JobRequest,
    parse_batch,
    parse_job,
    parse_job_of_type,
    parse_ndjson,
    to_submitted,
)
from journeyman.submission_checks import InvalidSubmissionError
from journeyman.submission_order import resolve_batch

NOW = 1_732_247_000_000

HOSTILE_VALUES = [
    b"",
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"nul",
    b"01",
    b"1.",
    b".5",
    b"+1",
    b"0x10",
    b"1e999",
    b"-1e999",
    b"9" * 5000,
    b"-" + b"9" * 5000,
    b"'x'",
    b'"',
    b'"\\',
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b'"\\uZZZZ"',
    b'"\x00"',
    b'"\n"',
    b'"\xff"',
    b'"\xc3("',
    b'"\xed\xa0\x80"',
    b'"\xf5\x80\x80\x80"',
    b'{"\xff":1}',
    b"[1,]",
    b"[,]",
    b"{1:2}",
    b'{"a"}',
    b'{"a":1,}',
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 50_000,
    b"[}",
    b"1 2",
    b"// x",
]


@pytest.mark.parametrize("value", HOSTILE_VALUES, ids=lambda value: repr(value[:12]))
def test_what_is_not_json_is_never_a_payload(value: bytes) -> None:
    for text, parse in _around(value):
        with pytest.raises(InvalidSubmissionError):
            parse(text)


def _around(value: bytes) -> list[tuple[bytes, Callable[[bytes], object]]]:
    job = b'{"type":"t","payload":' + value + b"}"
    return [
        (value, parse_job),
        (job, parse_job),
        (b'{"jobs":[' + job + b"]}", parse_batch),
        (b'{"type":"t"}\n' + job.replace(b"\n", b""), parse_ndjson) if b"\n" not in value else (value, parse_batch),
    ]


@pytest.mark.parametrize("value", ["9" * 30, "-" + "9" * 4299, "1e300", "5e-324", '"\\ud83d\\ude00"', '"\\u0000"'])
def test_odd_but_valid_payloads_survive_the_log(value: str) -> None:
    job = to_submitted(parse_job(f'{{"type":"t","payload":{value}}}'.encode()), compose(NOW, 0, 0), NOW)
    assert decode_event(encode_event(job)) == job
    assert msgspec.json.decode(job.payload) == json.loads(value)


@pytest.mark.parametrize(
    "field", ["priority", "delay_ms", "run_at", "max_attempts", "timeout_ms", "depends_on", "tags", "ref", "backoff"]
)
@pytest.mark.parametrize(
    "value", ["9" * 30, "9" * 5000, "-" + "9" * 400, "1e999", "true", '"\\u0000"', "[[[]]]", '{"":{}}']
)
def test_no_field_is_upset_by_an_odd_value(field: str, value: str) -> None:
    accepted = _try_all(f'{{"type":"t","{field}":{value}}}'.encode())
    assert not accepted or (field == "run_at" and value.startswith("-"))


def _try_all(text: bytes) -> list[JobRequest]:
    """Do with a text all that can be done with it, and return the requests it made."""
    accepted: list[JobRequest] = []
    attempts: list[Callable[[], list[JobRequest]]] = [
        lambda: [parse_job(text)],
        lambda: [parse_job_of_type(text, "t")],
        lambda: parse_batch(text),
        lambda: parse_ndjson(text),
    ]
    for attempt in attempts:
        try:
            requests = attempt()
            jobs = resolve_batch(requests, [compose(NOW, index, 0) for index in range(len(requests))], NOW)
        except InvalidSubmissionError:
            continue
        for job in jobs:
            assert decode_event(encode_event(job)) == job
            msgspec.json.decode(job.payload)
        accepted += requests
    return accepted


@given(st.binary(max_size=200))
def test_any_bytes_are_accepted_or_refused(text: bytes) -> None:
    _try_all(text)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_fields = st.sampled_from([field.name for field in msgspec.structs.fields(JobRequest)])
_likely = st.one_of(
    _json,
    st.sampled_from(
        ["t", "high", "cancel", "ref:a", "a", "2025-01-01T00:00:00Z", 0, 1, 10, 10**12, ["ref:a"], {"a": "b"}]
    ),
)
_job = st.dictionaries(_fields, _likely, max_size=6).map(lambda fields: {"type": "t", **fields})


@given(st.lists(_job, max_size=4), st.booleans())
def test_any_fields_are_accepted_or_refused(jobs: list[dict[str, Any]], as_lines: bool) -> None:
    text = "\n".join(map(json.dumps, jobs)) if as_lines else json.dumps({"jobs": jobs})
    _try_all(text.encode())
    for job in jobs:
        _try_all(json.dumps(job).encode())


@given(_job, st.data())
def test_a_valid_body_with_a_byte_changed_is_accepted_or_refused(job: dict[str, Any], data: st.DataObject) -> None:
    text = bytearray(json.dumps(job).encode())
    text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    _try_all(bytes(text))
