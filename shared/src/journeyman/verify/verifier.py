"""The pass itself: takes entries in log order, and hands each event to whoever judges its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from journeyman import events as e
from journeyman.verify import attempts, members, verdicts, waiting
from journeyman.verify.authority import Authority, elected
from journeyman.verify.book import Book
from journeyman.verify.findings import Report
from journeyman.verify.requests import IDEMPOTENCY_KEPT_MS, Requests

Check = Callable[[Book, Any], None]

_CHECKS: dict[type[e.Event], Check] = {
    e.BreakerClosed: members.breaker_closed,
    e.BreakerHalfOpened: members.breaker_half_opened,
    e.BreakerOpened: members.breaker_opened,
    e.DependencyResolved: waiting.dependency_resolved,
    e.DependencyWatched: waiting.request,
    e.FleetScaled: waiting.request,
    e.JobBlocked: waiting.blocked,
    e.JobCancelled: verdicts.cancelled,
    e.JobCancelRequested: waiting.cancel_requested,
    e.JobDeadLettered: verdicts.dead_lettered,
    e.JobFailed: attempts.failed,
    e.JobLost: attempts.lost,
    e.JobProgressed: attempts.progressed,
    e.JobRedriven: verdicts.redriven,
    e.JobReleased: waiting.released,
    e.JobReprioritised: waiting.reprioritised,
    e.JobRetryScheduled: verdicts.retry_scheduled,
    e.JobReturned: attempts.returned,
    e.JobStarted: attempts.started,
    e.JobSucceeded: attempts.succeeded,
    e.LogTrimmed: members.log_trimmed,
    e.QueuePaused: members.paused,
    e.QueueResumed: members.resumed,
    e.WorkerDraining: members.draining,
    e.WorkerJoined: members.joined,
    e.WorkerLeft: members.gone,
    e.WorkerLost: members.gone,
}


class Verifier:
    """Takes entries in log order; `report` may be asked at any time.

    partition: whose log it is, where that is known. whole: nothing was taken from the log's beginning, although it may
    say so (it was, and comes from an archive). kept_ms: how long idempotency keys are remembered.
    """

    def __init__(
        self, partition: int | None = None, *, whole: bool = False, kept_ms: int = IDEMPOTENCY_KEPT_MS
    ) -> None:
        self.book = Book(partition, whole, kept_ms)
        self.events = 0
        self._authority = Authority()
        self._requests = Requests(kept_ms)
        book, authority = self.book, self._authority
        checks = dict(_CHECKS)
        checks[e.JobSubmitted] = self._submitted
        checks[e.SchedulerElected] = lambda _, event: elected(book, event, authority, self._epoch_before)
        self._checks = checks
        self._epoch_before = 0

    @property
    def offset(self) -> e.Offset:
        """The last entry taken."""
        return e.Offset(self.book.ms, self.book.seq)

    @property
    def epoch(self) -> int:
        """The highest epoch there was."""
        return self._authority.epoch

    def take(self, entry: e.Entry) -> None:
        """Check the next entry."""
        book = self.book
        book.ms, book.seq, _ = entry.offset
        book.index = 0
        book.entry += 1
        if not book.first_ms:
            book.first_ms = book.ms
        book.decided = entry.epoch is not None
        self._epoch_before = self._authority.epoch
        self._authority.take(book, entry)
        if entry.undecodable:
            book.findings.step_over(entry.undecodable)
        requests, checks = self._requests, self._checks
        events = 0
        for index, event in enumerate(entry.events):
            if event is None:
                continue
            events += 1
            kind = type(event)
            if kind is not e.JobReleased:
                book.echo = ""
                if requests.batch and kind is not e.JobSubmitted:
                    requests.batch = ""
            check = checks.get(kind)
            if check is not None:
                book.index = index
                check(book, event)
        book.echo = ""
        self.events += events
        requests.previous = entry.events

    def pass_over(self, entry: e.Entry) -> None:
        """Know of an entry and judge nothing in it."""
        self._authority.note(entry.offset[:2])

    def _submitted(self, book: Book, event: e.JobSubmitted) -> None:
        if waiting.submitted(book, event) is not None:
            if event.idempotency:
                self._requests.check(book, event)
            # One request is one run of submissions, over as many full commits as it takes.
            self._requests.batch = event.idempotency

    def report(self) -> Report:
        """Return what has been found so far."""
        book, found = self.book, self.book.findings
        whole = book.whole or not book.trimmed
        violations = sorted(
            [*found.violations, *(found.if_whole if whole else ())], key=lambda violation: violation.offset
        )
        left_off = found.left_off + (found.left_off_if_whole if whole else 0)
        return Report(
            self.events,
            len(book.lives),
            book.unfinished,
            violations,
            list(found.undecodable),
            left_off,
            found.undecodable_left_off,
        )


def verify(entries: Iterable[e.Entry]) -> Report:
    """Check a whole log, given from its beginning (or, of a trimmed log, from where it now begins)."""
    verifier = Verifier()
    for entry in entries:
        verifier.take(entry)
    return verifier.report()
