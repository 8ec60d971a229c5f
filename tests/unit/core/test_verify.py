"""The verifier: a good log passes, and every kind of corruption of it is caught, at its offset, by its promise."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from journeyman import events as e
from journeyman.verify import Report, verify
from support.given import START_MS, A, B, C

ELECTED, RETRIED, BURIED = 3, 8, 13
S = e.SchedulerElected

#: (epoch or None, events, ms since the last entry): a parent, its child, and a job that fails for good and is redriven.
Told = list[tuple[int | None, list[e.Event], int]]


JOINED: tuple[int | None, list[e.Event], int] = (None, [e.WorkerJoined("w", "h", 1, "1", ("q",), ("t",), 1)], 0)
ASKED: tuple[int | None, list[e.Event], int] = (None, [e.JobCancelRequested(A)], 0)


def good_log() -> Told:
    due_ms = START_MS + 1_000
    return [
        (None, [e.WorkerJoined("w", "h", 1, "1", ("q",), ("t",), 1)], 0),
        (None, [e.JobSubmitted(A, "t", idempotency="k"), e.JobReleased(A, 1, 10)], 0),
        (None, [e.JobSubmitted(B, "t", depends_on=(A,)), e.JobSubmitted(C, "t", due_ms=due_ms, max_attempts=1)], 0),
        (1, [S(1, "s")], 1),
        (None, [e.JobStarted(A, 1, "w")], 1),
        (None, [e.JobReturned(A, 1, "w", "drained", True)], 1),
        (None, [e.JobStarted(A, 1, "w"), e.JobProgressed(A, 1, "w", 5.0)], 1),
        (None, [e.JobFailed(A, 1, "w", e.Error("E"))], 1),
        (1, [e.JobRetryScheduled(A, 2, START_MS + 100, 95)], 1),
        (1, [e.JobReleased(A, 2, 10)], 100),
        (None, [e.JobStarted(A, 2, "w"), e.JobSucceeded(A, 2, "w")], 0),
        (1, [e.JobReleased(B, 1, 10), e.JobReleased(C, 1, 10)], 1_000),
        (None, [e.JobStarted(B, 1, "w"), e.JobStarted(C, 1, "w"), e.JobFailed(C, 1, "w", e.Error("E"))], 0),
        (1, [e.JobDeadLettered(C, 1, "attempts_exhausted", e.Error("E"))], 1),
        (2, [S(2, "z")], 1),
        (2, [e.WorkerLost("w"), e.JobLost(B, 1, "w")], 1),
        (2, [e.JobReleased(B, 2, 10)], 1),
        (None, [e.JobCancelRequested(B)], 1),
        (2, [e.JobCancelled(B)], 1),
        (None, [e.JobRedriven(C, 2, 1, "t", "default", 10, 1)], 1),
        (2, [e.JobReleased(C, 2, 10)], 1),
        (None, [e.WorkerJoined("v", "h", 1, "1", ("q",), ("t",), 1)], 1),
        (None, [e.JobStarted(C, 2, "v"), e.JobSucceeded(C, 2, "v")], 1),
    ]


def check(told: Told) -> Report:
    now_ms, entries = START_MS, []
    for seq, (epoch, events, after_ms) in enumerate(told):
        now_ms += after_ms
        entries.append(e.Entry(e.Offset(now_ms, seq), list(events), (), epoch))
    return verify(entries)


def test_a_good_log_keeps_every_promise() -> None:
    report = check(good_log())
    assert report.violations == []
    assert (report.jobs, report.unfinished, report.undecodable) == (3, 0, [])


def test_a_part_of_a_good_log_is_good_as_far_as_it_goes() -> None:
    for length in range(len(good_log())):
        assert check(good_log()[:length]).violations == []


Corruption = Callable[[Told], object]


def insert(at: int, *events: e.Event, epoch: int | None = None) -> Corruption:
    return lambda told: told.insert(at, (epoch, list(events), 0))


def drop(at: int, index: int = 0) -> Corruption:
    return lambda told: told[at][1].pop(index)


def swap(one: int, other: int) -> Corruption:
    def swapping(told: Told) -> None:
        told[one], told[other] = told[other], told[one]

    return swapping


def forge(at: int, epoch: int | None) -> Corruption:
    def forging(told: Told) -> None:
        told[at] = (epoch, told[at][1], told[at][2])

    return forging


CORRUPTIONS: dict[str, tuple[str, Corruption]] = {
    "a job submitted twice": ("I2", insert(4, e.JobSubmitted(A, "t"))),
    "a key used twice": ("I2", insert(4, e.JobSubmitted("0" * 24, "t", idempotency="k"))),
    "a submission missing": ("I6", drop(1)),
    "a release missing": ("I8", drop(1, 1)),
    "a release missing after a failure": ("I8", drop(9)),
    "a start missing": ("I3", drop(6)),
    "a second start of what is held": ("I3", insert(7, e.JobStarted(A, 1, "v"))),
    "a start of an attempt that is over": ("I3", insert(10, e.JobStarted(A, 1, "v"))),
    "a start of another attempt than was released": ("I3", insert(10, e.JobStarted(A, 3, "w"))),
    "an outcome by who does not hold it": ("I3", insert(7, e.JobSucceeded(A, 1, "v"))),
    "an outcome of another attempt": ("I3", insert(7, e.JobFailed(A, 9, "w", e.Error("E")))),
    "progress by who does not hold it": ("I3", insert(7, e.JobProgressed(A, 1, "v", 1.0))),
    "a late outcome": ("I3", insert(16, e.JobSucceeded(B, 1, "w"))),
    "a release of what is held": ("I3", insert(7, e.JobReleased(A, 1, 10), epoch=1)),
    "an end of what is held": ("I3", insert(7, e.JobCancelled(A), epoch=1)),
    "a loss of what nobody holds": ("I3", insert(9, e.JobLost(A, 1, "w"), epoch=1)),
    "two ends": ("I4", insert(14, e.JobCancelled(C), epoch=1)),
    "an end after success": ("I4", insert(12, e.JobDeadLettered(A, 2, "permanent", e.Error("E")), epoch=1)),
    "success twice": ("I4", insert(12, e.JobSucceeded(A, 2, "w"))),
    "a start after the end": ("I4", insert(14, e.JobStarted(C, 2, "w"))),
    "a release after the end": ("I4", insert(14, e.JobReleased(C, 2, 10), epoch=1)),
    "a redrive of what is open": ("I4", insert(11, e.JobRedriven(B, 2, 0, "t", "q", 1, 1))),
    "a redrive of what completed": ("I4", insert(12, e.JobRedriven(A, 2, 2, "t", "q", 1, 1))),
    "a generation left out": ("I4", insert(14, e.JobRedriven(C, 3, 1, "t", "q", 1, 1))),
    "a commit of a passed epoch": ("I5", insert(16, e.LogTrimmed("0-0"), epoch=1)),
    "an election of a passed epoch": ("I5", insert(16, S(1, "s"))),
    "a forged epoch": ("I5", forge(RETRIED, 7)),
    "a decision nobody took": ("I5", forge(BURIED, None)),
    "entries the wrong way round": ("I8", swap(9, 10)),
    "a child before its parent ended": ("I8", insert(9, e.JobReleased(B, 1, 1), e.JobStarted(B, 1, "w"), epoch=1)),
    "a start before its time": ("I8", insert(11, e.JobReleased(C, 1, 1), e.JobStarted(C, 1, "w"), epoch=1)),
    "a retry before its time": ("I8", insert(9, e.JobReleased(A, 2, 1), e.JobStarted(A, 2, "w"), epoch=1)),
}


@pytest.mark.parametrize("name", list(CORRUPTIONS))
def test_corruption_is_caught(name: str) -> None:
    promise, corrupt = CORRUPTIONS[name]
    told = good_log()
    corrupt(told)
    violations = check(told).violations
    assert promise in {violation.promise for violation in violations}, violations
    assert all(violation.detail for violation in violations)
    assert [violation.offset for violation in violations] == sorted(violation.offset for violation in violations)


def test_the_offset_is_that_of_the_first_event_that_does_not_fit() -> None:
    told = good_log()
    insert(16, e.JobSucceeded(B, 1, "w"))(told)
    first = check(told).violations[0]
    assert (first.promise, first.offset.seq, first.offset.index) == ("I3", 16, 0)


def test_entries_that_do_not_rise_are_caught() -> None:
    entry = e.Entry(e.Offset(START_MS, 1), [e.QueuePaused("q")])
    report = verify([entry, entry])
    assert [violation.promise for violation in report.violations] == ["I6"]


def test_a_child_of_a_failed_parent_may_not_start_unless_it_wants_to_run_anyway() -> None:
    for policy, found in (("cancel", ["I8"]), ("run", [])):
        told: Told = [
            (None, [e.JobSubmitted(A, "t"), e.JobSubmitted(B, "t", depends_on=(A,), on_dependency_failure=policy)], 0),
            JOINED,
            ASKED,
            (1, [S(1, "s"), e.JobCancelled(A)], 0),
            (1, [e.JobReleased(B, 1, 10)], 0),
            (None, [e.JobStarted(B, 1, "w")], 0),
        ]
        assert [violation.promise for violation in check(told).violations] == found


def test_a_child_may_start_while_its_failed_parent_is_tried_again() -> None:
    told: Told = [
        (None, [e.JobSubmitted(A, "t"), e.JobSubmitted(B, "t", depends_on=(A,), on_dependency_failure="run")], 0),
        JOINED,
        ASKED,
        (1, [S(1, "s"), e.JobCancelled(A), e.JobReleased(B, 1, 10)], 0),
        (None, [e.JobRedriven(A, 2, 0, "t", "q", 1, 1), e.JobStarted(B, 1, "w")], 0),
    ]
    assert check(told).violations == []


def test_a_child_of_a_parent_that_never_was_may_not_start() -> None:
    told: Told = [
        JOINED,
        (None, [e.JobSubmitted(B, "t", depends_on=(A,)), e.JobReleased(B, 1, 10), e.JobStarted(B, 1, "w")], 0),
    ]
    assert [violation.promise for violation in check(told).violations] == ["I8"]


def test_a_redriven_job_runs_without_its_parents() -> None:
    told: Told = [
        (None, [e.JobSubmitted(A, "t"), e.JobSubmitted(B, "t", depends_on=(A,))], 0),
        JOINED,
        ASKED,
        (1, [S(1, "s"), e.JobCancelled(A), e.JobCancelled(B, "dependency")], 0),
        (None, [e.JobRedriven(B, 2, 0, "t", "q", 1, 1)], 0),
        (1, [e.JobReleased(B, 1, 1)], 0),
        (None, [e.JobStarted(B, 1, "w")], 0),
    ]
    assert check(told).violations == []


def test_of_a_trimmed_log_only_what_is_there_is_judged() -> None:
    told = good_log()[7:]
    assert check(told).violations != []
    told.append((2, [e.LogTrimmed("1-0", 7)], 0))
    assert check(told).violations == []
    insert(9, e.SchedulerElected(1, "s"))(told)
    assert [violation.promise for violation in check(told).violations] == ["I5"]


def test_what_cannot_be_read_is_reported_and_is_no_violation() -> None:
    found = e.Undecodable(e.Offset(START_MS, 1, 0), "unknown tag")
    report = verify([e.Entry(e.Offset(START_MS, 1), [None, e.QueuePaused("q")], (found,))])
    assert (report.undecodable, report.violations, report.events) == ([found], [], 1)
