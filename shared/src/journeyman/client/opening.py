"""An answer that comes bit by bit, without its sending: why it did not begin, and when to ask again."""

from __future__ import annotations

from journeyman.client import flows, problems, refusals


class Opening:
    """An answer of the dashboard that is asked for until it begins, a bounded number of times."""

    def __init__(self, session: flows.Session) -> None:
        self._session = session
        self._failures = 0
        self._retry_s = 0.0

    def refused(self, answer: refusals.Answer) -> str:
        """Return why the server did not begin. Raises ProblemError where that will not change."""
        problem = refusals.problem(answer)
        if not isinstance(problem, problems.OverloadedError):
            raise problem
        self._retry_s = refusals.retry_after(answer)
        return str(problem)

    def dropped(self, reason: str) -> float:
        """Return how many seconds to wait before connecting again. Raises UnreachableError after too many times."""
        if self._failures >= self._session.retries:
            raise problems.UnreachableError(self._session.endpoints.dashboard, reason)
        pause = max(refusals.backoff(self._failures, self._session.draw()), self._retry_s)
        self._failures += 1
        return min(pause, refusals.RETRY_AFTER_MAX_S)
