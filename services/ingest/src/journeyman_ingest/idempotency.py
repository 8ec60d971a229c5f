"""Idempotency keys: what makes two requests the same one.

The key is remembered by the log, together with the first answer, in the commit that holds the jobs; so no crash
can fall between the two. A key belongs to a method and path: the same key elsewhere is another one. The
fingerprint is of what was asked for, not of the bytes: white space, the order of members and spelled-out defaults
make no difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from journeyman.proposals import Idempotency
from journeyman.submission import JobRequest
from journeyman.submission_checks import invalid

KEY_CHARACTERS_MAX = 255

_canonical = msgspec.json.Encoder(order="sorted").encode


def read_key(header: bytes | None) -> bytes | None:
    """Return the client's key, None where there is none.

    Raises InvalidSubmissionError unless it is 1 to 255 printable characters (RFC 9110 allows no others).
    """
    if header is None:
        return None
    key = header.strip()
    if not 1 <= len(key) <= KEY_CHARACTERS_MAX or not all(0x20 <= byte <= 0x7E for byte in key):
        raise invalid("Idempotency-Key", f"Expected 1 to {KEY_CHARACTERS_MAX} printable ASCII characters", "malformed")
    return key


def digest(key: bytes, method: str, path: str) -> str:
    """Return the name under which the log remembers a key."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), key))).hexdigest()


def fingerprint(requests: Sequence[JobRequest]) -> str:
    """Return a digest that is equal for requests that ask for the same."""
    sha = hashlib.sha256()
    for request in requests:
        sha.update(_canonical(_plain(request)))
        sha.update(b"\n")
    return sha.hexdigest()


def _plain(request: JobRequest) -> dict[str, Any]:
    fields = msgspec.structs.asdict(request)
    fields["payload"] = msgspec.json.decode(request.payload)
    return fields


def remembered(key_digest: str, requests: Sequence[JobRequest], answer: bytes, kept_ms: int) -> Idempotency:
    """Return what the log is to remember with the jobs of these requests."""
    return Idempotency(key_digest, fingerprint(requests), answer.decode(), kept_ms)
