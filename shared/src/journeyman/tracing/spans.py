"""The spans that a job's events tell: the job, each of its waits, each of its attempts. Pure.

A tree is of one generation, and made when that has ended. The same events make the same spans, whoever makes them and
however often. Times are the log's. Payloads and results are in no span.

A wait is called by what it was for: `blocked` by dependencies, `scheduled` for its time, `queued` until a worker took
it, `held` where its queue was paused or its type's circuit breaker open meanwhile, `backoff` until it was tried again.
A wait of less than a millisecond is left out, but for `queued`, of which there is one before every attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from journeyman import events as e
from journeyman.tracing import conventions as c
from journeyman.tracing.ids import Kind, parent_span_id, span_id_of, trace_id_of
from journeyman.tracing.shapes import (
    NS_PER_MS,
    TOLD_MAX,
    Attributes,
    Link,
    Shut,
    Span,
    Subject,
    Told,
    Value,
    add,
    exception,
    root_link,
)


def tree_of(
    subject: Subject, records: Iterable[e.Record], dependencies: Sequence[Link] = (), shut: Sequence[Shut] = ()
) -> list[Span]:
    """Return the spans of the generation that the last of a job's records ended, its root first.

    records: in log order. shut: in order. None where the last record does not end it, or its beginning is not there.
    """
    tree: _Tree | None = None
    for record in records:
        event = record.event
        if isinstance(event, e.JobSubmitted):
            tree = _Tree(subject, 1, record.at_ms, event.priority, shut)
            tree.wait("blocked" if event.depends_on else "scheduled", record.at_ms)
        elif isinstance(event, e.JobRedriven):
            tree = _Tree(subject, event.generation, record.at_ms, event.priority, shut)
            tree.wait("scheduled", record.at_ms)
        elif tree is not None:
            tree.take(event, record.at_ms)
    return tree.spans(dependencies) if tree is not None else []


class _Attempt:
    """An attempt that is over, or under way."""

    def __init__(self, number: int, worker: str, at_ms: int) -> None:
        self.number = number
        self.start_ms = at_ms
        self.end_ms: int | None = None
        self.told: list[Told] = []
        self.error: str | None = None
        self.attributes: Attributes = {c.ATTEMPT_NUMBER: number, c.WORKER: worker, c.CLIENT_ID: worker}

    def end(self, outcome: c.Outcome, at_ms: int, **more: Value) -> None:
        self.end_ms = at_ms
        self.attributes[c.ATTEMPT_OUTCOME] = outcome
        self.attributes.update(more)

    def fail(self, error: e.Error, at_ms: int) -> None:
        self.error = _words(error)
        self.attributes[c.ERROR_TYPE] = error.type
        self.told.append(exception(error, at_ms))


class _Tree:
    """Takes a generation's events, one by one."""

    def __init__(self, subject: Subject, generation: int, at_ms: int, priority: int, shut: Sequence[Shut]) -> None:
        self._subject = subject
        self._generation = generation
        self._trace_id = trace_id_of(subject.job_id, subject.traceparent)
        self._root_id = span_id_of(subject.job_id, generation, "job", 1)
        self._shut = shut
        self._began_ms = at_ms
        self._ended_ms: int | None = None
        self._priority = priority
        self._status, self._reason = "", ""
        self._error: e.Error | None = None
        self._told: list[Told] = []
        self._waits: list[Span] = []
        self._counts: dict[Kind, int] = {}
        self._attempts: list[_Attempt] = []
        self._waiting: Kind | None = None
        self._waiting_since_ms = at_ms
        self._about_wait: Attributes = {}

    # --- events ------------------------------------------------------------------------------------------

    def take(self, event: e.Event, at_ms: int) -> None:
        """Take the next event."""
        match event:
            case e.JobBlocked(on=on):
                self._blocked(on, at_ms)
            case e.JobReleased(moves=moves) if self._waiting != "queued" or not moves:
                self.wait("queued", at_ms)
            case e.JobStarted(attempt=number, worker=worker):
                self._end_wait(at_ms)
                self._attempts.append(_Attempt(number, worker, at_ms))
            case e.JobProgressed() | e.JobSucceeded() | e.JobFailed() | e.JobReturned() | e.JobLost():
                self._of_attempt(event, at_ms)
            case e.JobRetryScheduled(delay_ms=delay_ms):
                if self._waiting == "backoff":
                    self._about_wait[c.WAIT_DELAY_MS] = delay_ms
            case e.JobReprioritised(priority=priority):
                self._priority = priority
                self._tell("reprioritised", at_ms, {c.JOB_PRIORITY: priority})
            case e.JobCancelRequested():
                self._tell("cancel requested", at_ms, {})
            case e.JobDeadLettered(reason=reason, error=error):
                self._end("failed", reason, error, at_ms)
            case e.JobCancelled(reason=reason, error=maybe):
                self._cancelled(at_ms)
                self._end("cancelled", reason, maybe, at_ms)
            case _:
                pass

    def _blocked(self, on: tuple[str, ...], at_ms: int) -> None:
        if self._waiting != "blocked":
            return
        if on:
            self._about_wait[c.WAIT_ON] = on[:TOLD_MAX]
        else:
            self.wait("scheduled", at_ms)

    def _of_attempt(
        self, event: e.JobProgressed | e.JobSucceeded | e.JobFailed | e.JobReturned | e.JobLost, at_ms: int
    ) -> None:
        attempt = self._attempts[-1] if self._attempts else None
        if attempt is None or attempt.end_ms is not None or attempt.number != event.attempt:
            return
        match event:
            case e.JobProgressed(percent=percent, message=message):
                add(attempt.told, Told(c.PROGRESS, at_ms * NS_PER_MS, {c.PERCENT: percent, c.MESSAGE: message}))
            case e.JobSucceeded(run_us=run_us):
                attempt.end("succeeded", at_ms, **{c.ATTEMPT_RUN_US: run_us})
                self._end("completed", "", None, at_ms)
            case e.JobFailed(error=error, run_us=run_us):
                attempt.end("failed", at_ms, **{c.ATTEMPT_RUN_US: run_us})
                attempt.fail(error, at_ms)
                self.wait("backoff", at_ms)
            case e.JobReturned(reason=reason, back=back):
                attempt.end("returned", at_ms, **{c.ATTEMPT_REASON: reason})
                self.wait("queued" if back else "scheduled", at_ms)
            case e.JobLost(reason=reason):
                attempt.end("lost", at_ms, **{c.ATTEMPT_REASON: reason})
                attempt.fail(e.Error("WorkerLost", reason or "its worker is gone"), at_ms)
                self.wait("backoff", at_ms)

    def _cancelled(self, at_ms: int) -> None:
        """Call the latest attempt cancelled, if it was interrupted for that, or is under way still."""
        if not self._attempts:
            return
        latest = self._attempts[-1]
        if latest.end_ms is None:
            latest.end("cancelled", at_ms)
        elif latest.attributes.get(c.ATTEMPT_REASON) == "interrupted" and self._waiting != "queued":
            latest.end("cancelled", latest.end_ms)
            self._waiting = None

    def _end(self, status: str, reason: str, error: e.Error | None, at_ms: int) -> None:
        if self._waiting != "backoff" or c.WAIT_DELAY_MS in self._about_wait:
            self._end_wait(at_ms)
        self._status, self._reason, self._error = status, reason, error
        self._ended_ms = at_ms

    def _tell(self, name: str, at_ms: int, attributes: Attributes) -> None:
        add(self._told, Told(name, at_ms * NS_PER_MS, attributes))

    # --- waits -------------------------------------------------------------------------------------------

    def wait(self, kind: Kind, at_ms: int) -> None:
        """Begin a wait, and end the one before."""
        self._end_wait(at_ms)
        self._waiting, self._waiting_since_ms, self._about_wait = kind, at_ms, {}

    def _end_wait(self, at_ms: int) -> None:
        kind, since_ms, self._waiting = self._waiting, self._waiting_since_ms, None
        if kind == "queued":
            self._end_in_line(since_ms, at_ms)
        elif kind is not None and at_ms > since_ms:
            self._add_wait(kind, since_ms, at_ms)

    def _end_in_line(self, since_ms: int, at_ms: int) -> None:
        """Tell the wait in a line, in turns: when a worker could have taken the job, and when none could."""
        at = since_ms
        for shut in self._shut:
            begun, over = max(shut.since_ms, at), at_ms if shut.until_ms is None else min(shut.until_ms, at_ms)
            if begun < over:
                if at < begun:
                    self._add_wait("queued", at, begun)
                self._add_wait("held", begun, over)
                at = over
        if at < at_ms or at == since_ms:
            self._add_wait("queued", at, at_ms)

    def _add_wait(self, kind: Kind, since_ms: int, at_ms: int) -> None:
        number = self._counts[kind] = self._counts.get(kind, 0) + 1
        about: Attributes = {c.JOB_ID: self._subject.job_id, c.WAIT: kind, **self._about_wait}
        span_id = span_id_of(self._subject.job_id, self._generation, kind, number)
        self._waits.append(self._child(span_id, kind, "internal", since_ms, at_ms, about))

    # --- spans -------------------------------------------------------------------------------------------

    def spans(self, dependencies: Sequence[Link]) -> list[Span]:
        """Return them all; none where the generation has not ended."""
        if self._ended_ms is None:
            return []
        attempts = list(self._attempt_spans(self._ended_ms))
        return [self._root(self._ended_ms, dependencies), *self._waits, *attempts]

    def _root(self, ended_ms: int, dependencies: Sequence[Link]) -> Span:
        subject = self._subject
        links = list(dependencies) if self._generation == 1 else []
        if self._generation > 1:
            links.append(root_link(subject.job_id, subject.traceparent, self._generation - 1, c.LINK_GENERATION))
        about: Attributes = {
            **self._about(),
            **{c.TAG + name: text for name, text in subject.tags.items()},
            c.JOB_GENERATION: self._generation,
            c.PARTITION: str(subject.partition),
            c.JOB_PRIORITY: self._priority,
            c.JOB_STATUS: self._status,
            c.JOB_ATTEMPTS: len({attempt.number for attempt in self._attempts}),
        }
        if self._reason:
            about[c.JOB_REASON] = self._reason
        if self._error is not None:
            about[c.ERROR_TYPE] = self._error.type
            self._told.append(exception(self._error, ended_ms))
        return Span(
            self._trace_id,
            self._root_id,
            parent_span_id(subject.traceparent),
            c.JOB.format(type=subject.type),
            "internal",
            self._began_ms * NS_PER_MS,
            ended_ms * NS_PER_MS,
            about,
            tuple(self._told),
            tuple(links),
            _words(self._error) if self._error is not None else None,
        )

    def _attempt_spans(self, ended_ms: int) -> Iterable[Span]:
        last = {attempt.number: attempt for attempt in self._attempts}
        name, given_back = c.ATTEMPT.format(queue=self._subject.queue), 0
        for attempt in self._attempts:
            if last[attempt.number] is attempt:
                span_id = span_id_of(self._subject.job_id, self._generation, "attempt", attempt.number)
            else:
                given_back += 1
                span_id = span_id_of(self._subject.job_id, self._generation, "returned", given_back)
            about = {**self._about(), c.OPERATION_NAME: c.PROCESS, c.OPERATION_TYPE: c.PROCESS, **attempt.attributes}
            end_ms = ended_ms if attempt.end_ms is None else attempt.end_ms
            span = self._child(span_id, name, "consumer", attempt.start_ms, end_ms, about)
            yield span._replace(events=tuple(attempt.told), error=attempt.error)

    def _child(
        self,
        span_id: str,
        name: str,
        kind: Literal["internal", "consumer"],
        start_ms: int,
        end_ms: int,
        about: Attributes,
    ) -> Span:
        start_ns, end_ns = start_ms * NS_PER_MS, end_ms * NS_PER_MS
        return Span(self._trace_id, span_id, self._root_id, name, kind, start_ns, end_ns, about)

    def _about(self) -> Attributes:
        subject = self._subject
        return {
            c.MESSAGING_SYSTEM: c.SYSTEM,
            c.DESTINATION: subject.queue,
            c.MESSAGE_ID: subject.job_id,
            c.JOB_ID: subject.job_id,
            c.JOB_TYPE: subject.type,
        }


def _words(error: e.Error) -> str:
    return f"{error.type}: {error.message[:200]}" if error.message else error.type
