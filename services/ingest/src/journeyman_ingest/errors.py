"""What ingest refuses, as exceptions that carry the answer: status, words, the kind of problem, `Retry-After`."""

from __future__ import annotations

from http import HTTPStatus

from journeyman.errors import JourneymanError

#: When a client should come again: after the next look, or when workers have had time to work.
SOON_S = 1
LATER_S = 5


class RefusedError(JourneymanError):
    """The request is answered with a problem. `kind` is a word of `problem_kinds.KINDS`."""

    def __init__(
        self,
        status: HTTPStatus,
        kind: str,
        detail: str,
        *,
        errors: list[tuple[str, str]] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.errors = errors or []
        self.retry_after_s = retry_after_s


class NotAppendedError(JourneymanError):
    """The log did not take a proposal.

    `unknown`: a reply was lost, so it may still have been appended. `full`: its server has no memory for it.
    """

    def __init__(self, detail: str, *, unknown: bool = False, full: bool = False) -> None:
        super().__init__(detail)
        self.unknown = unknown
        self.full = full


class TooMuchWaitingError(JourneymanError):
    """More is waiting to be appended than this process is willing to hold."""
