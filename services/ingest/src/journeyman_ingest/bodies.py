"""How request bodies are read: of an accepted content type, within a limit, in bounded time and memory.

The limit holds while reading: an announced length beyond it is refused unread, a chunked body as soon as it is
exceeded. Small bodies arrive whole and cost one await. Bodies in pieces are read by `PIECEMEAL_MAX` requests at
once, so that many slow uploads hold a bounded amount of memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.types import Receive, Scope

from journeyman.submission import PAYLOAD_BYTES_MAX
from journeyman.submission_checks import read
from journeyman_ingest.errors import RefusedError

T = TypeVar("T")

#: One job: its payload, and room for the rest (1,000 parents and 16 tags in full are 60 KiB).
JOB_BYTES_MAX = PAYLOAD_BYTES_MAX + 128 * 1024
BATCH_BYTES_MAX = 8 << 20
COMMAND_BYTES_MAX = 64 * 1024

PIECEMEAL_MAX = 32
READ_TIMEOUT_S = 30.0

JSON = "application/json"
NDJSON = "application/x-ndjson"

Headers = Mapping[bytes, bytes]


class BodyReader:
    """Reads bodies; one per process, as it bounds how many are read piece by piece."""

    def __init__(self) -> None:
        self._piecemeal = asyncio.Semaphore(PIECEMEAL_MAX)

    async def read(self, receive: Receive, headers: Headers, limit: int) -> bytes:
        """Return the whole body. Raises RefusedError: 413 beyond `limit`, 408 when it does not arrive in time."""
        announced = headers.get(b"content-length")
        length = int(announced[:20]) if announced is not None and announced.isdigit() else -1
        if length > limit:
            raise _too_large(limit)
        message: Any = await receive()
        body: bytes = message.get("body", b"")
        if len(body) == length or not message.get("more_body"):
            if len(body) > limit:
                raise _too_large(limit)
            return body
        try:
            async with self._piecemeal, asyncio.timeout(READ_TIMEOUT_S):
                return await _read_on(receive, body, limit)
        except TimeoutError:
            raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, "body-timeout", "the body did not arrive in time") from None


async def _read_on(receive: Receive, first: bytes, limit: int) -> bytes:
    body = bytearray(first)
    more = True
    while more:
        if len(body) > limit:
            raise _too_large(limit)
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedError(HTTPStatus.BAD_REQUEST, "malformed", "the body ended early")
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if len(body) > limit:
        raise _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> RefusedError:
    return RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", f"the body may have {limit} bytes at most")


def headers_of(scope: Scope) -> Headers:
    """Return the headers by lower-case name; of repeated ones the last."""
    return dict(scope["headers"])


def check_media_type(headers: Headers, *accepted: str) -> str:
    """Return which of the accepted content types a body has; the first where none is said.

    Raises RefusedError (415) for others, for encodings of the body, and for other charsets than UTF-8.
    """
    text = headers.get(b"content-type", b"")
    if text == b"application/json" and b"content-encoding" not in headers:
        return JSON
    name, *parameters = text.decode("latin-1").lower().split(";")
    media_type = name.strip() or accepted[0]
    charsets = [
        value.strip(' "') for key, _, value in (part.partition("=") for part in parameters) if key.strip() == "charset"
    ]
    encoding = headers.get(b"content-encoding", b"").strip().lower()
    if media_type not in accepted or any(charset not in ("utf-8", "utf8", "us-ascii") for charset in charsets):
        raise _unsupported(f"expected {' or '.join(accepted)} in UTF-8")
    if encoding not in (b"", b"identity"):
        raise _unsupported("compressed bodies are not accepted")
    return media_type


def _unsupported(detail: str) -> RefusedError:
    return RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail)


async def read_command(request: Request[Any, Any, Any], reader: BodyReader, decode: Callable[[bytes], T]) -> T:
    """Read a small JSON body; an empty one counts as `{}`."""
    headers = headers_of(request.scope)
    body = await reader.read(request.receive, headers, COMMAND_BYTES_MAX)
    if not body.strip():
        return decode(b"{}")
    check_media_type(headers, JSON)
    return read(decode, body)


class _Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a command that has no fields."""


_decode_nothing = msgspec.json.Decoder(_Nothing).decode


async def read_nothing(request: Request[Any, Any, Any], reader: BodyReader) -> None:
    """Accept an empty body or `{}`; anything else is a misunderstanding (400)."""
    await read_command(request, reader, _decode_nothing)
