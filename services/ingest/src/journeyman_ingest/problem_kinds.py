"""The kinds of problem ingest answers with, and how an exception becomes a problem document (RFC 9457).

A kind is the last part of the problem's `type`, a URI reference that this server answers with the words below.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar.exceptions import HTTPException

from journeyman.errors import RebuildNeededError, ServerRefusedError, ServerUnavailableError
from journeyman.problems import MEDIA_TYPE, fault, problem
from journeyman.submission_checks import InvalidSubmissionError
from journeyman_ingest.errors import LATER_S, SOON_S, NotAppendedError, RefusedError, TooMuchWaitingError
from journeyman_ingest.replies import Reply

_log = logging.getLogger(__name__)

#: Path under which the kinds are served.
BASE = "/problems/"

KINDS: Mapping[str, str] = {
    "malformed": "The body is not JSON, or not of the expected shape: an unknown or missing field, a wrong type.",
    "invalid": "The shape is right and a value is not: out of range, not an id, a reference to nothing, a cycle.",
    "too-large": "The body, a payload or the number of jobs is beyond its limit.",
    "unsupported-media-type": "The body is not `application/json` (for batches also `application/x-ndjson`), in UTF-8.",
    "body-timeout": "The body did not arrive in time.",
    "foreign-origin": "A page in a browser asked for it, and pages of its origin may not.",
    "unknown-job": "No such job, or it ended so long ago that it is no longer kept.",
    "unknown-worker": "No such worker is registered.",
    "wrong-state": "The job's state does not allow this.",
    "idempotency-key-reused": "The idempotency key came before with another request.",
    "backlog-full": "Too many jobs are open. Come again after `Retry-After` seconds.",
    "queue-full": "As many jobs wait in this queue as may. Nothing was stored. Come again after `Retry-After` seconds.",
    "memory-full": "The log's server is short of memory. Come again after `Retry-After` seconds.",
    "overloaded": "More requests wait to be written than this process holds. Come again after `Retry-After` seconds.",
    "not-durable": "The log's server cannot keep what is promised at present. Come again after `Retry-After` seconds.",
    "not-available": "The log's server does not answer, or where large payloads are kept, or this process is shutting "
    "down. A request with an idempotency key can safely be repeated.",
    "not-everywhere": "Not every partition has taken this, and all must. Repeat it: that changes nothing where "
    "it was taken.",
    "not-writable": "The log's server is alive and declines to write, or where large payloads are kept. Come again "
    "after `Retry-After` seconds.",
}

_OF_SUBMISSION = {
    "malformed": (HTTPStatus.BAD_REQUEST, "malformed"),
    "meaning": (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid"),
    "too_large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large"),
}

_MAYBE = "; it is not known whether the request took effect: repeat it with the same Idempotency-Key"


def refusal_of(error: Exception) -> RefusedError | None:
    """Return what a known error is answered with, None for an unknown one."""
    match error:
        case RefusedError():
            return error
        case InvalidSubmissionError():
            status, kind = _OF_SUBMISSION[error.kind]
            path, message = error.problems[0]
            more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
            return RefusedError(status, kind, f"{path}: {message}{more}", errors=[*error.problems])
        case NotAppendedError(unknown=True):
            return _unavailable("not-available", f"{error}{_MAYBE}")
        case NotAppendedError(full=True):
            return _unavailable("memory-full", str(error), LATER_S)
        case ServerUnavailableError():
            return _unavailable("not-available", str(error))
        case NotAppendedError() | ServerRefusedError() | RebuildNeededError():
            return _unavailable("not-writable", str(error))
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return _unavailable("not-writable", "there is no room on the disk for large payloads", LATER_S)
        case TooMuchWaitingError():
            return _unavailable("overloaded", str(error))
        case _:
            return None


def _unavailable(kind: str, detail: str, retry_after_s: int = SOON_S) -> RefusedError:
    return RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, kind, detail, retry_after_s=retry_after_s)


def answer_to(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the problem document for an error, and the headers that go with it. What is unknown is logged."""
    refusal = refusal_of(error)
    if refusal is None:
        _log.error("a request failed", exc_info=error)
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "this is a fault of the server; it was logged"), {}
    errors = [fault(path, message) for path, message in refusal.errors]
    document = problem(refusal.status, refusal.detail, kind=BASE + refusal.kind, errors=errors)
    return document, {} if refusal.retry_after_s is None else {"Retry-After": str(refusal.retry_after_s)}


def reason_of(error: Exception) -> str:
    """Return the kind of problem an error is answered with; `fault` for what nobody foresaw."""
    refusal = refusal_of(error)
    return "fault" if refusal is None else refusal.kind


def reply_to(error: Exception) -> Reply:
    """Return the whole answer to an error."""
    document, headers = answer_to(error)
    more = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return Reply(document["status"], msgspec.json.encode(document), *more, media_type=MEDIA_TYPE.encode())


def of_framework(error: HTTPException) -> dict[str, Any]:
    """Build the problem document of what the framework refused: no such route, another method, a wrong header."""
    detail = error.detail if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR else ""
    return problem(error.status_code, detail)
