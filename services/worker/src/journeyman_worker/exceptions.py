"""What user code may raise to say more than "this failed", and what the worker raises on its behalf."""

from __future__ import annotations

from datetime import timedelta

from journeyman.durations import parse_ms
from journeyman.errors import JourneymanError


class Permanent(JourneymanError):  # noqa: N818 - reads as a sentence: raise jm.Permanent("no such file")
    """The job can never succeed: fail it without trying again."""


class RetryAfter(JourneymanError):  # noqa: N818
    """The attempt failed and the next one should come after `delay` ("30s", "5m", milliseconds, a timedelta)."""

    def __init__(self, delay: str | int | timedelta, message: str = "") -> None:
        super().__init__(message or f"try again after {delay}")
        self.delay_ms = parse_ms(delay)


class InvalidPayload(JourneymanError):  # noqa: N818 - the error type users see
    """The payload does not fit the job's parameters."""


class UnserialisableResult(JourneymanError):  # noqa: N818 - the error type users see
    """What the job returned cannot be written as JSON, or is too large to keep."""


class NotInAJobError(JourneymanError):
    """`jm.current()` or `jm.progress()` was called by code that no attempt is running."""
