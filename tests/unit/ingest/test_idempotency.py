"""Which requests are the same request."""

from __future__ import annotations

import pytest

from journeyman.submission import parse_job
from journeyman.submission_checks import InvalidSubmissionError
from journeyman_ingest.idempotency import digest, fingerprint, read_key


def same(one: bytes, other: bytes) -> bool:
    return fingerprint([parse_job(one)]) == fingerprint([parse_job(other)])


def test_spelling_makes_no_difference() -> None:
    assert same(b'{"type":"t","payload":{"a":1,"b":2}}', b'{ "payload": {"b":2, "a":1},\n"type": "\\u0074" }')
    assert same(b'{"type":"t"}', b'{"type":"t","queue":"default","priority":10,"payload":{}}')


@pytest.mark.parametrize(
    "other",
    [b'{"type":"u"}', b'{"type":"t","payload":[]}', b'{"type":"t","delay_ms":1}', b'{"type":"t","tags":{"a":"b"}}'],
)
def test_another_wish_is_another_request(other: bytes) -> None:
    assert not same(b'{"type":"t"}', other)


def test_jobs_of_a_batch_count_in_their_order() -> None:
    one, other = parse_job(b'{"type":"a"}'), parse_job(b'{"type":"b"}')
    assert fingerprint([one, other]) != fingerprint([other, one])


def test_numbers_beyond_64_bits_have_a_fingerprint() -> None:
    assert not same(b'{"type":"t","payload":%d}' % 10**40, b'{"type":"t","payload":%d}' % (10**40 + 1))


def test_a_key_belongs_to_a_route() -> None:
    assert digest(b"k", "POST", "/jobs") == digest(b"k", "POST", "/jobs")
    assert len({digest(b"k", "POST", "/jobs"), digest(b"k", "POST", "/jobs/batch"), digest(b"l", "POST", "/jobs")}) == 3


@pytest.mark.parametrize("key", [b"", b" ", b"x" * 256, b"a\tb", b"\xc3\xa9"])
def test_a_key_is_1_to_255_printable_characters(key: bytes) -> None:
    with pytest.raises(InvalidSubmissionError):
        read_key(key)
    assert read_key(b"x" * 255) == b"x" * 255
    assert read_key(None) is None
