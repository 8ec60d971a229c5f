"""Errors as HTTP clients see them: problem details (RFC 9457), built as plain dictionaries.

Pure: which status and which words belong to an error is the service's to say; how a problem looks is said
here once, so that every service answers alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    410: "Gone",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def fault(path: str, message: str) -> dict[str, str]:
    """Say what is wrong at one place of a request, for the `errors` of a problem."""
    return {"path": path, "message": message}


def problem(
    status: int,
    detail: str = "",
    *,
    title: str = "",
    kind: str = "about:blank",
    errors: Iterable[dict[str, str]] = (),
    **extra: Any,
) -> dict[str, Any]:
    """Build a problem document: `type`, `title`, `status`, `detail`, then `errors` (see `fault`) where there are any.

    `title` defaults to the status's own words. `extra` members stand beside the standard ones.
    """
    body: dict[str, Any] = {
        "type": kind,
        "title": title or TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        **extra,
    }
    listed = list(errors)
    if listed:
        body["errors"] = listed
    return body
