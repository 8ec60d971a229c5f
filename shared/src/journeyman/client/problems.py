"""What can go wrong when talking to Journeyman's servers, named for what is so."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from journeyman.errors import JourneymanError, ServerUnavailableError

if TYPE_CHECKING:
    from journeyman.client.views import JobView


class FieldProblem(NamedTuple):
    """One thing wrong with a request: where (a path like `$.jobs[3].priority`) and what."""

    path: str
    message: str


class ProblemError(JourneymanError):
    """The server answered with a problem (RFC 9457)."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        *,
        type: str = "about:blank",
        errors: tuple[FieldProblem, ...] = (),
    ) -> None:
        self.status = status
        self.type = type
        self.title = title
        self.detail = detail
        self.errors = errors
        super().__init__(self._in_words())

    def _in_words(self) -> str:
        parts = [self.detail or self.title or f"status {self.status}"]
        parts += [f"{path}: {message}" if path else message for path, message in self.errors]
        return "; ".join(parts)


class InvalidError(ProblemError):
    """The request is malformed, too large or means nothing (400, 413, 415, 422)."""


class ForbiddenError(ProblemError):
    """The server wants to know who asks, or refuses the one who does (401, 403)."""


class NotFoundError(ProblemError):
    """There is no such job, queue or page (404)."""


class ConflictError(ProblemError):
    """The job is in no state for that: it has ended, or it has not failed (409)."""


class OverloadedError(ProblemError):
    """The server refuses for now (429, 503) or is behind (504), and was so still after the client's retries."""


class UnreachableError(ServerUnavailableError):
    """No answer came from the server, and the client's retries are used up or would not be safe."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"cannot reach {url}: {reason}")
        self.url = url
        self.reason = reason


class BrokenOffError(JourneymanError):
    """An export ended before its end. `jobs`: how many came whole."""

    def __init__(self, jobs: int, reason: str) -> None:
        super().__init__(f"the export broke off after {jobs} jobs and is not whole: {reason}")
        self.jobs = jobs
        self.reason = reason


class AnswerError(JourneymanError):
    """The server answered with something that is not Journeyman's API; perhaps the URL is of something else."""


class JobFailedError(JourneymanError):
    """The job whose result was asked for failed or was cancelled. `job` is what is known of it."""

    def __init__(self, job: JobView) -> None:
        error = job.error
        why = f": {error.type}: {error.message}" if error else ""
        super().__init__(f"job {job.id} {job.status}{why}")
        self.job = job


class WaitTimeoutError(JourneymanError, TimeoutError):
    """The job had not ended when the time to wait for it was over. It goes on. `job` is what it last was."""

    def __init__(self, job: JobView, timeout_s: float) -> None:
        super().__init__(f"job {job.id} is still {job.phase} after {timeout_s:g} s")
        self.job = job


def of_status(status: int) -> type[ProblemError]:
    """Return the error that an HTTP status stands for."""
    match status:
        case 400 | 413 | 415 | 422:
            return InvalidError
        case 401 | 403:
            return ForbiddenError
        case 404:
            return NotFoundError
        case 409:
            return ConflictError
        case 429 | 503 | 504:
            return OverloadedError
        case _:
            return ProblemError
