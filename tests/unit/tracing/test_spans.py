"""The spans that a job's events tell."""

from __future__ import annotations

from collections.abc import Sequence

from journeyman import events as e
from journeyman.tracing import conventions as c
from journeyman.tracing.ids import span_id_of, trace_id_of
from journeyman.tracing.shapes import TOLD_MAX, Link, Shut, Span, Subject, root_link
from journeyman.tracing.spans import tree_of

T = 1_732_000_000_000
JOB, PARENT = "a" * 24, "b" * 24
TRACE, ABOVE = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
ERROR = e.Error("ValueError", "no such file", "Traceback …", "f1")
SUBJECT = Subject(JOB, "thumbnail", "images", "", {"team": "x"})

SUBMITTED = e.JobSubmitted(JOB, "thumbnail", "images")


def told(*events: tuple[int, e.Event]) -> list[e.Record]:
    """Return records of events, each with when it happened after the first."""
    return [e.Record(e.Offset(T + at, 0), T + at, event) for at, event in events]


def tree(
    *events: tuple[int, e.Event], subject: Subject = SUBJECT, links: Sequence[Link] = (), shut: Sequence[Shut] = ()
) -> list[Span]:
    return tree_of(subject, told(*events), links, shut)


def shown(spans: Sequence[Span]) -> list[tuple[str, int, int]]:
    """Return names and times, in milliseconds after the first event."""
    return [(span.name, span.start_ns // 10**6 - T, span.end_ns // 10**6 - T) for span in spans]


def released(attempt: int = 1, moves: int = 0) -> e.JobReleased:
    return e.JobReleased(JOB, attempt, 10, moves)


def started(attempt: int = 1, worker: str = "w-1") -> e.JobStarted:
    return e.JobStarted(JOB, attempt, worker)


def succeeded(attempt: int = 1) -> e.JobSucceeded:
    return e.JobSucceeded(JOB, attempt, "w-1", '"secret"', 7_000)


def test_a_job_that_succeeds_is_a_job_a_wait_and_an_attempt() -> None:
    root, queued, attempt = tree((0, SUBMITTED), (0, released()), (20, started()), (28, succeeded()))

    assert shown([root, queued, attempt]) == [("job thumbnail", 0, 28), ("queued", 0, 20), ("process images", 20, 28)]
    assert {span.trace_id for span in (root, queued, attempt)} == {trace_id_of(JOB, "")}
    assert (root.parent_id, queued.parent_id, attempt.parent_id) == (None, root.span_id, root.span_id)
    assert attempt.span_id == span_id_of(JOB, 0, "attempt", 1)
    assert (root.kind, queued.kind, attempt.kind) == ("internal", "internal", "consumer")
    assert root.error is attempt.error is None
    assert root.attributes[c.JOB_STATUS] == "completed"
    assert root.attributes["journeyman.tag.team"] == "x"
    assert attempt.attributes[c.ATTEMPT_OUTCOME] == "succeeded"
    assert attempt.attributes[c.WORKER] == "w-1"
    assert attempt.attributes[c.MESSAGE_ID] == JOB


def test_neither_payload_nor_result_is_in_any_span() -> None:
    submitted = e.JobSubmitted(JOB, "thumbnail", "images", payload='{"password":"secret"}')

    assert "secret" not in repr(tree((0, submitted), (0, released()), (2, started()), (3, succeeded())))


def test_a_job_is_below_its_submitters_span() -> None:
    subject = SUBJECT._replace(traceparent=f"00-{TRACE}-{ABOVE}-01")
    spans = tree((0, SUBMITTED), (0, released()), (2, started()), (3, succeeded()), subject=subject)

    assert spans[0].parent_id == ABOVE
    assert {span.trace_id for span in spans} == {TRACE}


def test_each_failure_has_its_attempt_its_exception_and_the_backoff_behind_it() -> None:
    spans = tree(
        (0, SUBMITTED),
        (0, released()),
        (5, started()),
        (9, e.JobFailed(JOB, 1, "w-1", ERROR)),
        (10, e.JobRetryScheduled(JOB, 2, T + 110, 100)),
        (111, released(2)),
        (112, started(2)),
        (115, succeeded(2)),
    )

    assert shown(spans[1:]) == [
        ("queued", 0, 5),
        ("backoff", 9, 111),
        ("queued", 111, 112),
        ("process images", 5, 9),
        ("process images", 112, 115),
    ]
    failed = spans[4]
    assert failed.error == "ValueError: no such file"
    assert failed.attributes[c.ATTEMPT_OUTCOME] == "failed"
    assert failed.events[0].name == "exception"
    assert failed.events[0].attributes[c.EXCEPTION_STACKTRACE] == "Traceback …"
    assert spans[2].attributes[c.WAIT_DELAY_MS] == 100
    assert spans[0].error is None
    assert len({span.span_id for span in spans}) == len(spans)


def test_an_attempt_whose_worker_was_killed_ends_where_the_loss_was_noticed_as_an_error() -> None:
    spans = tree(
        (0, SUBMITTED),
        (0, released()),
        (5, started()),
        (1_505, e.JobLost(JOB, 1, "w-1", "no heartbeat")),
        (1_505, released(2)),
        (1_506, started(2, "w-2")),
        (1_510, succeeded(2)),
    )

    lost = spans[3]
    assert shown([lost]) == [("process images", 5, 1_505)]
    assert lost.attributes[c.ATTEMPT_OUTCOME] == "lost"
    assert lost.error == "WorkerLost: no heartbeat"
    assert [span.name for span in spans[1:3]] == ["queued", "queued"]


def test_a_dead_letter_is_an_error_with_its_reason() -> None:
    spans = tree(
        (0, SUBMITTED),
        (0, released()),
        (5, started()),
        (9, e.JobFailed(JOB, 1, "w-1", ERROR, retryable=False)),
        (11, e.JobDeadLettered(JOB, 1, "permanent", ERROR)),
    )

    assert shown(spans) == [("job thumbnail", 0, 11), ("queued", 0, 5), ("process images", 5, 9)]
    assert spans[0].error == "ValueError: no such file"
    assert (spans[0].attributes[c.JOB_STATUS], spans[0].attributes[c.JOB_REASON]) == ("failed", "permanent")


def test_waiting_for_dependencies_and_for_a_time_are_told_apart() -> None:
    submitted = e.JobSubmitted(JOB, "thumbnail", "images", depends_on=(PARENT,), due_ms=T + 100)
    link = root_link(PARENT, "", 1, c.LINK_DEPENDENCY)
    spans = tree(
        (0, submitted),
        (1, e.JobBlocked(JOB, (PARENT,))),
        (40, e.JobBlocked(JOB, ())),
        (100, released()),
        (100, started()),
        (101, succeeded()),
        links=[link],
    )

    assert shown(spans[1:4]) == [("blocked", 0, 40), ("scheduled", 40, 100), ("queued", 100, 100)]
    assert spans[1].attributes[c.WAIT_ON] == (PARENT,)
    assert spans[0].links == (link,)


def test_a_wait_in_a_paused_queue_is_told_in_turns() -> None:
    shut = [Shut(T - 50, T - 10), Shut(T + 10, T + 30), Shut(T + 40, None)]
    events = ((0, SUBMITTED), (0, released()), (60, started()), (61, succeeded()))

    assert shown(tree(*events, shut=shut)[1:-1]) == [
        ("queued", 0, 10),
        ("held", 10, 30),
        ("queued", 30, 40),
        ("held", 40, 60),
    ]


def test_a_job_that_changes_lines_goes_on_waiting() -> None:
    spans = tree(
        (0, SUBMITTED),
        (0, released()),
        (10, e.JobReprioritised(JOB, 20)),
        (11, released(1, 1)),
        (15, started()),
        (16, succeeded()),
    )

    assert shown(spans[1:]) == [("queued", 0, 15), ("process images", 15, 16)]
    assert spans[0].attributes[c.JOB_PRIORITY] == 20
    assert [event.name for event in spans[0].events] == ["reprioritised"]


def test_an_attempt_that_was_given_back_gives_its_id_to_the_next_of_its_number() -> None:
    spans = tree(
        (0, SUBMITTED),
        (0, released()),
        (5, started()),
        (6, e.JobReturned(JOB, 1, "w-1", "drained", back=True)),
        (8, started(1, "w-2")),
        (9, succeeded()),
    )

    assert shown(spans[1:]) == [("queued", 0, 5), ("queued", 6, 8), ("process images", 5, 6), ("process images", 8, 9)]
    assert [span.span_id for span in spans[3:]] == [
        span_id_of(JOB, 1, "returned", 1),
        span_id_of(JOB, 1, "attempt", 1),
    ]
    assert spans[3].attributes[c.ATTEMPT_OUTCOME] == "returned"
    assert spans[0].attributes[c.JOB_ATTEMPTS] == 1


def test_an_attempt_that_was_interrupted_for_a_cancel_was_cancelled() -> None:
    spans = tree(
        (0, SUBMITTED),
        (0, released()),
        (5, started()),
        (9, e.JobCancelRequested(JOB)),
        (12, e.JobReturned(JOB, 1, "w-1", "interrupted")),
        (14, e.JobCancelled(JOB)),
    )

    assert shown(spans) == [("job thumbnail", 0, 14), ("queued", 0, 5), ("process images", 5, 12)]
    assert spans[2].attributes[c.ATTEMPT_OUTCOME] == "cancelled"
    assert (spans[0].attributes[c.JOB_STATUS], spans[0].error) == ("cancelled", None)
    assert [event.name for event in spans[0].events] == ["cancel requested"]


def test_a_job_that_is_cancelled_while_it_waits_has_waited() -> None:
    submitted = e.JobSubmitted(JOB, "thumbnail", "images", depends_on=(PARENT,))
    error = e.Error("DependencyFailed", "job b…, which this one depends on, failed")
    spans = tree((0, submitted), (1, e.JobBlocked(JOB, (PARENT,))), (30, e.JobCancelled(JOB, "dependency", error)))

    assert shown(spans) == [("job thumbnail", 0, 30), ("blocked", 0, 30)]
    assert spans[0].error is not None
    assert spans[0].error.startswith("DependencyFailed")


def test_a_generation_is_a_tree_of_its_own_linked_to_the_former() -> None:
    life: list[tuple[int, e.Event]] = [
        (0, SUBMITTED),
        (0, released()),
        (5, started()),
        (9, e.JobFailed(JOB, 1, "w-1", ERROR, retryable=False)),
        (11, e.JobDeadLettered(JOB, 1, "permanent", ERROR)),
    ]
    again: list[tuple[int, e.Event]] = [
        (500, e.JobRedriven(JOB, 2, 1, "thumbnail", "images", 10, 3)),
        (503, released(2)),
        (505, started(2)),
        (509, succeeded(2)),
    ]
    first, second = tree(*life), tree(*life, *again)

    assert shown(second) == [
        ("job thumbnail", 500, 509),
        ("scheduled", 500, 503),
        ("queued", 503, 505),
        ("process images", 505, 509),
    ]
    assert second[0].links[0].span_id == first[0].span_id
    assert second[0].trace_id == first[0].trace_id
    assert not {span.span_id for span in first} & {span.span_id for span in second}


def test_reports_of_progress_are_events_of_the_attempt_a_bounded_number() -> None:
    steps = [(5 + step, e.JobProgressed(JOB, 1, "w-1", float(step), "on the way")) for step in range(100)]
    spans = tree((0, SUBMITTED), (0, released()), (5, started()), *steps, (200, succeeded()))

    reported = [event.attributes[c.PERCENT] for event in spans[2].events]
    assert len(reported) == TOLD_MAX
    assert (reported[0], reported[-1]) == (0.0, 99.0)


def test_a_job_that_has_not_ended_or_whose_beginning_is_not_known_has_no_spans() -> None:
    assert tree((0, SUBMITTED), (0, released()), (5, started())) == []
    assert tree((5, started()), (6, succeeded())) == []


def test_what_a_late_attempt_says_changes_nothing() -> None:
    late = e.JobProgressed(JOB, 1, "w-1", 50.0)
    spans = tree((0, SUBMITTED), (0, released()), (1, late), (5, started()), (6, succeeded()))

    assert spans[2].events == ()
