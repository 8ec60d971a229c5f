"""Reads every entry as it is written, and knows at once when a promise is broken.

It sees what no service can: every log there has been, with the entries that were lost in a failover and those that were
trimmed.
"""

from __future__ import annotations

from journeyman import events as e
from journeyman.partition import Partition
from journeyman.verify import Verifier
from simulation.kernel import Kernel
from simulation.server import Server
from support.agreement import assert_agreement


class BrokenPromiseError(AssertionError):
    """A promise does not hold. `promise`: which."""

    def __init__(self, promise: str, detail: str) -> None:
        super().__init__(f"{promise}: {detail}")
        self.promise = promise
        self.detail = detail


class Onlooker:
    """See the module. `lost`: jobs whose submission is in no log any more, and when it was lost."""

    def __init__(self, kernel: Kernel, server: Server) -> None:
        self._kernel = kernel
        self._server = server
        self.history: list[e.Entry] = []
        self.lost: dict[str, int] = {}
        self.submitted: dict[str, e.JobSubmitted] = {}
        self.starts: dict[tuple[str, int], str] = {}
        self.ends: dict[str, list[str]] = {}
        self.events = 0
        self._begin()
        server.wrote = self.look
        server.forgot = self.look_again

    def _begin(self) -> None:
        self.fold = Partition()
        self.verifier = Verifier()
        self.submitted.clear()
        self.ends.clear()

    def look(self) -> None:
        """Take in what was written."""
        for entry in self._server.log.read(self.fold.offset, count=10_000):
            self.history.append(entry)
            self.events += len(entry.events)
            self._take(entry)
        violations = self.verifier.report().violations
        if violations:
            first = violations[0]
            raise BrokenPromiseError(first.promise, f"at {first.offset}: {first.detail}")

    def _take(self, entry: e.Entry) -> None:
        self.fold.apply(entry)
        self.verifier.take(entry)
        for event in entry.events:
            match event:
                case e.JobSubmitted():
                    self.submitted[event.job_id] = event
                    self.lost.pop(event.job_id, None)
                case e.JobStarted():
                    self.starts[event.job_id, event.attempt] = event.worker
                case e.JobSucceeded():
                    self.ends.setdefault(event.job_id, []).append("completed")
                case e.JobDeadLettered():
                    self.ends.setdefault(event.job_id, []).append("failed")
                case e.JobCancelled():
                    self.ends.setdefault(event.job_id, []).append("cancelled")
                case _:
                    pass

    def look_again(self) -> None:
        """The log is another one, shorter: forget what is not in it."""
        end = self._server.log.end()
        before = dict(self.submitted)
        self.history = [entry for entry in self.history if entry.offset <= end]
        self._begin()
        for entry in self.history:
            self._take(entry)
        for job_id in before:
            if job_id not in self.submitted:
                self.lost[job_id] = self._kernel.now

    def agree(self) -> None:
        """Fail unless the server's derived keys say what the fold of the log does."""
        try:
            assert_agreement(self._server.log.derived, self.fold)
        except AssertionError as error:
            raise BrokenPromiseError("I6", f"derived keys: {error}") from None
