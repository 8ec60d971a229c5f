"""Answers as ASGI: bytes and headers made once, two messages sent, nothing in between."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec
from litestar.types import Receive, Scope, Send

from journeyman.events import Offset, write_offset

_encode = msgspec.json.Encoder().encode

Header = tuple[bytes, bytes]


class Reply:
    """An answer with a JSON body."""

    __slots__ = ("_body", "_start", "status")

    def __init__(self, status: int, body: bytes, *headers: Header, media_type: bytes = b"application/json") -> None:
        self.status = status
        self._start: Any = {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", media_type), (b"content-length", b"%d" % len(body)), *headers],
        }
        self._body: Any = {"type": "http.response.body", "body": body}

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        await send(self._start)
        await send(self._body)


def accepted(answer: object, written: str) -> Reply:
    """Answer 202: what was asked for is in the log, where `written` says."""
    return Reply(HTTPStatus.ACCEPTED, _encode(answer), *offset_header(written))


def offset_header(written: str) -> tuple[Header, ...]:
    """Return the header by which a client can read its own writes; none where nothing was written."""
    return ((b"journeyman-offset", written.encode()),) if written else ()


def place(partition: int, offset: Offset | None) -> str:
    """Write where something stands; nothing where nothing was written."""
    return "" if offset is None else write_offset(partition, offset)


def places(written: Iterable[tuple[int, Offset | None]]) -> str:
    """Write the last place of each partition that was written to, as the list that HTTP makes of repeated headers."""
    last: dict[int, Offset] = {}
    for partition, offset in written:
        if offset is not None:
            last[partition] = max(offset, last.get(partition, offset))
    return ", ".join(write_offset(partition, offset) for partition, offset in sorted(last.items()))


def rfc3339(at_ms: int) -> str:
    """Write a time as `2025-01-31T18:00:00.123Z`."""
    return f"{_second(at_ms // 1000)}.{at_ms % 1000:03d}Z"


@lru_cache(maxsize=16)
def _second(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%S}"
