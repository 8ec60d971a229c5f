"""Pages in browsers: which of them may use this API, by the origin that the browser says they have.

A page of an allowed origin gets the answers it asks for, and the headers that say what was written where. A page of any
other may change nothing: its request is refused, for browsers send some of those (a pause, a cancel) without asking
first. Programs say no origin, and pass.
"""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from typing import Any, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from journeyman_ingest.errors import RefusedError
from journeyman_ingest.problem_kinds import reply_to

METHODS = b"GET, POST, PATCH, DELETE"
HEADERS = b"content-type, idempotency-key, traceparent"
EXPOSED = b"Journeyman-Offset, Location, Retry-After, Idempotency-Replayed"
#: How long a browser remembers what it asked for, in seconds.
REMEMBERED_S = b"600"

_READING = frozenset(["GET", "HEAD", "OPTIONS"])

Headers = list[tuple[bytes, bytes]]


class Origins:
    """An ASGI application: `app`, for pages of the `allowed` origins and for all that is no page."""

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self._app = app
        self._allowed = frozenset(origin.encode() for origin in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        http = cast("HTTPScope", scope)
        origin = _header(http, b"origin") if scope["type"] == ScopeType.HTTP else None
        if origin is None:
            await self._app(scope, receive, send)
        elif origin not in self._allowed:
            await self._to_stranger(http, receive, send)
        elif http["method"] == "OPTIONS" and _header(http, b"access-control-request-method") is not None:
            await _permit(origin, send)
        else:
            await self._app(scope, receive, _telling(origin, send))

    async def _to_stranger(self, http: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer a page that was not let in: it may cause reading, and its browser keeps the answer from it."""
        if http["method"] in _READING:
            await self._app(http, receive, send)
            return
        detail = "pages of this origin may not use the API; JOURNEYMAN_CORS_ORIGINS says which may"
        await reply_to(RefusedError(HTTPStatus.FORBIDDEN, "foreign-origin", detail))(http, receive, send)


def _header(http: HTTPScope, name: bytes) -> bytes | None:
    for one, value in http["headers"]:
        if one == name:
            return value
    return None


def _said(origin: bytes) -> Headers:
    return [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]


async def _permit(origin: bytes, send: Send) -> None:
    """Answer a browser that asks whether its page may send what it is about to."""
    headers = [
        *_said(origin),
        (b"access-control-allow-methods", METHODS),
        (b"access-control-allow-headers", HEADERS),
        (b"access-control-max-age", REMEMBERED_S),
    ]
    start: Any = {"type": "http.response.start", "status": HTTPStatus.NO_CONTENT.value, "headers": headers}
    await send(start)
    body: Any = {"type": "http.response.body", "body": b""}
    await send(body)


def _telling(origin: bytes, send: Send) -> Send:
    """Return `send`, which lets a page of `origin` see the answer."""
    more = [*_said(origin), (b"access-control-expose-headers", EXPOSED)]

    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            whole: Any = {**message, "headers": [*message["headers"], *more]}
            message = whole
        await send(message)

    return tell
