"""What the headers of a request say: which kind of body it has, and whose trace it belongs to."""

from __future__ import annotations

import pytest

from journeyman_ingest.bodies import JSON, NDJSON, check_media_type
from journeyman_ingest.errors import RefusedError
from journeyman_ingest.jobs import origin

TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"application/json", JSON),
        (b"Application/JSON; charset=UTF-8", JSON),
        (b'application/json;charset="utf-8"', JSON),
        (b"application/x-ndjson", NDJSON),
        (b"", JSON),
    ],
)
def test_json_and_lines_are_accepted(header: bytes, expected: str) -> None:
    assert check_media_type({b"content-type": header}, JSON, NDJSON) == expected


@pytest.mark.parametrize(
    "headers",
    [
        {b"content-type": b"text/plain"},
        {b"content-type": b"application/x-www-form-urlencoded"},
        {b"content-type": b"application/x-ndjson"},
        {b"content-type": b"application/json; charset=latin-1"},
        {b"content-type": b"application/json; charset=utf-8", b"content-encoding": b"gzip"},
        {b"content-type": b"application/json", b"content-encoding": b"gzip"},
        {b"content-type": b"\xff"},
    ],
)
def test_other_bodies_are_not(headers: dict[bytes, bytes]) -> None:
    with pytest.raises(RefusedError) as caught:
        check_media_type(headers, JSON)
    assert caught.value.status == 415


@pytest.mark.parametrize("header", [TRACE, b" " + TRACE + b" ", b"01" + TRACE[2:] + b"-more"])
def test_a_trace_context_is_kept(header: bytes) -> None:
    assert origin({b"traceparent": header}, "/jobs").traceparent == header.strip().decode()


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"nonsense",
        TRACE.upper(),
        b"ff" + TRACE[2:],
        b"00-" + b"0" * 32 + TRACE[35:],
        TRACE[:36] + b"0" * 16 + TRACE[52:],
        TRACE + b"x",
        TRACE + b"-" + b"x" * 600,
        TRACE + b"-\xff",
    ],
)
def test_a_malformed_trace_context_is_ignored(header: bytes) -> None:
    assert origin({b"traceparent": header}, "/jobs").traceparent == ""
