"""What an answer that is a refusal says, and how long to wait before asking again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from journeyman.client import problems

PAUSE_FIRST_S = 0.1
PAUSE_MAX_S = 5.0
RETRY_AFTER_MAX_S = 30.0


class Answer(NamedTuple):
    """An HTTP response. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def backoff(failures: int, drawn: float) -> float:
    """Return how long to wait after so many failures: doubling, between half and the whole (`drawn`, 0 to 1)."""
    return min(PAUSE_FIRST_S * 2.0**failures, PAUSE_MAX_S) * (0.5 + drawn / 2)


def retry_after(answer: Answer) -> float:
    """Return the server's wish for a pause, in seconds: 0 where it has none, never more than the bound."""
    text = answer.headers.get("retry-after", "").strip()
    if text.replace(".", "", 1).isdigit() and len(text) <= 12:
        return min(float(text), RETRY_AFTER_MAX_S)
    return 0.0


class _Problem(msgspec.Struct, frozen=True):
    title: str = ""
    detail: str = ""
    type: str = "about:blank"
    errors: list[dict[str, Any]] = []


def problem(answer: Answer) -> problems.ProblemError:
    """Read an answer of refusal."""
    kind = problems.of_status(answer.status)
    try:
        told = msgspec.json.decode(answer.body, type=_Problem)
    except msgspec.MsgspecError:
        return kind(answer.status, f"status {answer.status}")
    errors = tuple(problems.FieldProblem(str(one.get("path", "")), str(one.get("message", ""))) for one in told.errors)
    return kind(answer.status, told.title or f"status {answer.status}", told.detail, type=told.type, errors=errors)
