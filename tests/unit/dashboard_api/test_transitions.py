from __future__ import annotations

import msgspec
import pytest

from journeyman import events as e
from journeyman_dashboard.places import IN_ROW, place_of, read_places
from journeyman_dashboard.postings import sets_of
from journeyman_dashboard.projection import Changes, Next, fold
from journeyman_dashboard.rows import JobRow

JOB = "a" * 22 + "00"
T = 1_732_000_000_000
ERROR = e.Error("ValueError", "no", "", "f1")

SUBMITTED = e.JobSubmitted(JOB, "test.job")
RELEASED = e.JobReleased(JOB, 1, 10)
STARTED = e.JobStarted(JOB, 1, "w-1")
FAILED = e.JobFailed(JOB, 1, "w-1", ERROR, 2_000)
DEAD = e.JobDeadLettered(JOB, 1, "permanent", ERROR)
REDRIVEN = e.JobRedriven(JOB, 2, 1, "test.job", "default", 10, 5)
EVIDENCE = e.Evidence("host-a", 4711, 11, None, False, 128 << 20, "Fatal Python error: Segmentation fault")


def folded(*events: e.Event) -> tuple[JobRow, Changes]:
    """Fold events a second apart from each other, each a commit."""
    entries = [e.Entry(e.Offset(T + at * 1_000, 0), [event]) for at, event in enumerate(events)]
    changes = fold(entries, {}, Next())
    return changes.jobs[JOB], changes


def bare(row: JobRow) -> JobRow:
    """Leave out where the events of a job stand: each of them is remembered, whatever it changes."""
    return msgspec.structs.replace(row, places=b"")


@pytest.mark.parametrize(
    ("job", "phase"),
    [
        (SUBMITTED, "scheduled"),
        (e.JobSubmitted(JOB, "t", depends_on=("b",)), "blocked"),
        (e.JobSubmitted(JOB, "t", due_ms=T + 9), "scheduled"),
        (e.JobSubmitted(JOB, "t", depends_on=("b",), due_ms=T + 9), "blocked"),
    ],
)
def test_a_new_job_waits_for_what_it_was_submitted_with(job: e.JobSubmitted, phase: str) -> None:
    assert folded(job)[0].phase == phase


def test_a_released_job_stands_in_line_since_then() -> None:
    row, _ = folded(SUBMITTED, RELEASED)
    assert (row.phase, row.ready_at_ms, row.placed) == ("ready", T + 1_000, 10)


def test_a_move_in_line_changes_the_place_and_not_the_wait() -> None:
    row, _ = folded(SUBMITTED, RELEASED, e.JobReprioritised(JOB, 15), e.JobReleased(JOB, 1, 15, moves=1))
    assert (row.priority, row.placed, row.line, row.ready_at_ms) == (15, 15, T + 3_000, T + 1_000)


def test_a_start_is_counted_with_how_long_it_waited() -> None:
    row, changes = folded(SUBMITTED, RELEASED, STARTED)
    assert (row.phase, row.attempt, row.worker) == ("running", 1, "w-1")
    (rollup,) = changes.rollups.values()
    assert rollup.started == 1
    assert sum(rollup.waits.values()) == 1


def test_progress_is_that_of_the_running_attempt() -> None:
    row, _ = folded(
        SUBMITTED, STARTED, e.JobProgressed(JOB, 1, "w-1", 40.0, "half"), e.JobProgressed(JOB, 9, "w", 80.0)
    )
    assert (row.percent, row.message) == (40.0, "half")


def test_a_success_ends_the_job_and_keeps_its_result() -> None:
    row, _ = folded(SUBMITTED, STARTED, e.JobSucceeded(JOB, 1, "w-1", "[1]", 700))
    assert (row.phase, row.finished_at_ms, row.run_us, row.duration_ms) == ("completed", T + 2_000, 700, 1_000)
    assert row.success == place_of(3, 0)


def test_a_failure_waits_for_its_verdict_and_then_for_its_retry() -> None:
    row, _ = folded(SUBMITTED, STARTED, FAILED)
    assert (row.phase, row.due_ms, row.error_type) == ("retrying", 0, "ValueError")
    row, _ = folded(SUBMITTED, STARTED, FAILED, e.JobRetryScheduled(JOB, 2, T + 9_000, 6_000))
    assert (row.phase, row.due_ms, row.attempt) == ("retrying", T + 9_000, 1)


def test_an_attempt_gets_a_row_of_its_own_when_another_takes_its_place() -> None:
    row, changes = folded(SUBMITTED, STARTED, FAILED, e.JobReleased(JOB, 2, 10), e.JobStarted(JOB, 2, "w-2"))
    assert [attempt[1:4] for attempt in changes.attempts] == [(1, "w-1", "failed")]
    assert (row.attempt, row.outcome, row.error) == (2, "running", None)


def test_a_dead_letter_has_failed_for_good() -> None:
    row, changes = folded(SUBMITTED, STARTED, FAILED, e.JobDeadLettered(JOB, 1, "permanent", ERROR))
    assert (row.phase, row.reason, row.outcome, row.fingerprint) == ("dead", "permanent", "failed", "f1")
    assert not changes.attempts


def test_an_attempt_keeps_its_own_error_where_the_jobs_is_another() -> None:
    poison = e.Error("Poison", "three workers died")
    row, changes = folded(SUBMITTED, STARTED, FAILED, e.JobDeadLettered(JOB, 1, "poison", poison))
    assert row.error_type == "Poison"
    assert "ValueError" in str(changes.attempts[0][-1])


def test_a_returned_job_stands_at_the_head_of_its_line() -> None:
    row, _ = folded(SUBMITTED, RELEASED, STARTED, e.JobReturned(JOB, 1, "w-1", back=True))
    assert (row.phase, row.outcome) == ("ready", "returned")
    assert row.line < 0
    assert row.ready_at_ms == T + 3_000


def test_the_next_start_of_a_returned_attempt_has_its_number_and_its_place() -> None:
    _, changes = folded(SUBMITTED, STARTED, e.JobReturned(JOB, 1, "w-1", back=True), e.JobStarted(JOB, 1, "w-2"))
    assert changes.attempts == []


def test_a_job_whose_redrive_was_stopped_keeps_the_error_it_had() -> None:
    given_up = e.JobDeadLettered(JOB, 1, "redrive_stopped", e.Error("ValueError", "not tried again", "", "f1"))
    row, _ = folded(SUBMITTED, STARTED, FAILED, DEAD, REDRIVEN, given_up)
    assert (row.phase, row.reason, row.generation) == ("dead", "redrive_stopped", 2)
    assert row.error == msgspec.json.encode(msgspec.structs.asdict(ERROR)).decode()
    assert (row.error_type, row.fingerprint) == ("ValueError", "f1")


def test_of_a_job_that_was_forgotten_the_error_is_the_events() -> None:
    given_up = e.JobDeadLettered(JOB, 1, "redrive_stopped", e.Error("ValueError", "not tried again", "", "f1"))
    row, _ = folded(REDRIVEN, given_up)
    assert "not tried again" in str(row.error)


def test_a_lost_attempt_shows_how_its_worker_died() -> None:
    lost = e.JobLost(JOB, 1, "w-1", "process ended by signal 11 (SIGSEGV)", True, EVIDENCE)
    row, _ = folded(SUBMITTED, STARTED, lost)
    error = msgspec.json.decode(row.error or "{}")
    assert error["type"] == row.error_type == "WorkerLost"
    message = "process ended by signal 11 (SIGSEGV) (process 4711 on host-a, 128 MiB at its last heartbeat)"
    assert (error["message"], error["traceback"]) == (message, EVIDENCE.log)
    poison = e.JobDeadLettered(JOB, 1, "poison", e.Error("Poison", "3 workers", EVIDENCE.log, "poison"), EVIDENCE)
    row, changes = folded(SUBMITTED, STARTED, lost, poison)
    assert row.error_type == "Poison"
    ((_, number, _, outcome, *_, error_of_attempt),) = changes.attempts
    assert (number, outcome) == (1, "lost")
    assert "SIGSEGV" in str(error_of_attempt)


def test_a_lost_attempt_that_had_not_begun_says_so() -> None:
    row, _ = folded(SUBMITTED, STARTED, e.JobLost(JOB, 1, "w-1", "killed", False))
    assert "killed; the job had not begun" in str(row.error)


def test_a_lost_attempt_waits_to_be_released_again() -> None:
    row, _ = folded(SUBMITTED, STARTED, e.JobLost(JOB, 1, "w-1"))
    assert (row.phase, row.outcome) == ("retrying", "lost")


def test_an_outcome_of_another_attempt_changes_nothing() -> None:
    before, _ = folded(SUBMITTED, STARTED, e.JobLost(JOB, 1, "w-1"), e.JobStarted(JOB, 2, "w-2"))
    after, _ = folded(
        SUBMITTED, STARTED, e.JobLost(JOB, 1, "w-1"), e.JobStarted(JOB, 2, "w-2"), e.JobSucceeded(JOB, 1, "w-1")
    )
    assert bare(after) == bare(before)


def test_a_running_job_that_shall_stop_is_cancelling_until_it_has() -> None:
    asked = (SUBMITTED, STARTED, e.JobCancelRequested(JOB))
    assert folded(*asked)[0].phase == "cancelling"
    stopped = (*asked, e.JobReturned(JOB, 1, "w-1", "interrupted"))
    assert folded(*stopped)[0].phase == "cancelling"
    row, _ = folded(*stopped, e.JobCancelled(JOB))
    assert (row.phase, row.outcome, row.reason) == ("cancelled", "cancelled", "requested")


def test_a_cancelled_job_with_an_error_tells_it() -> None:
    error = e.Error("UnknownDependency", "no such job")
    row, _ = folded(e.JobSubmitted(JOB, "t", depends_on=("b",)), e.JobCancelled(JOB, "unknown_dependency", error))
    assert (row.phase, row.error_type, row.reason) == ("cancelled", "UnknownDependency", "unknown_dependency")


@pytest.mark.parametrize("end", [e.JobSucceeded(JOB, 1, "w-1"), e.JobCancelled(JOB)])
@pytest.mark.parametrize(
    "late", [RELEASED, STARTED, e.JobCancelled(JOB), e.JobDeadLettered(JOB, 1, "x", ERROR), e.JobCancelRequested(JOB)]
)
def test_nothing_overwrites_an_end(end: e.Event, late: e.Event) -> None:
    assert bare(folded(SUBMITTED, STARTED, end, late)[0]) == bare(folded(SUBMITTED, STARTED, end)[0])


def test_a_redriven_job_lives_again_as_its_next_generation() -> None:
    redriven = e.JobRedriven(JOB, 2, 1, "test.job", "default", 10, 5)
    row, changes = folded(SUBMITTED, STARTED, FAILED, e.JobDeadLettered(JOB, 1, "permanent", ERROR), redriven)
    assert (row.phase, row.generation, row.max_attempts, row.attempt) == ("scheduled", 2, 5, 1)
    assert (row.finished_at_ms, row.reason) == (0, "")
    assert row.fingerprint == "f1", "the last error is shown until it is tried again"
    row, _ = folded(SUBMITTED, STARTED, FAILED, DEAD, redriven, e.JobReleased(JOB, 2, 10), e.JobStarted(JOB, 2, "w-1"))
    assert (row.error, row.error_type, row.fingerprint) == (None, "", "")
    assert [attempt[1:4] for attempt in changes.attempts] == [(1, "w-1", "failed")]


def test_a_completed_job_is_not_redriven() -> None:
    row, _ = folded(SUBMITTED, STARTED, e.JobSucceeded(JOB, 1, "w-1"), e.JobRedriven(JOB, 2, 1, "t", "q", 10, 5))
    assert row.phase == "completed"


def test_a_redriven_job_that_was_forgotten_is_known_again() -> None:
    row, changes = folded(e.JobRedriven(JOB, 2, 3, "t", "q", 10, 5))
    assert (row.type, row.generation, row.attempt, changes.new) == ("t", 2, 3, [row])


def test_an_event_of_an_unknown_job_is_kept_and_changes_no_row() -> None:
    changes = fold([e.Entry(e.Offset(T, 0), [STARTED])], {}, Next())
    assert not changes.new
    assert changes.entries == [(1, 0, T, 0, 0, 1)]
    assert len(changes.commits) == 1


def test_counters_say_what_a_batch_changed_and_no_more() -> None:
    _, changes = folded(SUBMITTED, RELEASED, STARTED)
    assert changes.counters == {("default", "test.job", 10, "running"): 1}
    known = {JOB: changes.jobs[JOB]}
    later = fold([e.Entry(e.Offset(T, 9), [e.JobSucceeded(JOB, 1, "w-1")])], known, Next(2, 4))
    assert later.counters == {("default", "test.job", 10, "running"): -1, ("default", "test.job", 10, "completed"): 1}


def test_payloads_and_results_are_kept_with_their_events_alone() -> None:
    big = '"' + "x" * 5_000 + '"'
    row, changes = folded(e.JobSubmitted(JOB, "t", payload=big), STARTED, e.JobSucceeded(JOB, 1, "w-1", big))
    assert [len(data) > 5_000 for _, data in changes.commits] == [True, False, True]
    assert (row.submission, row.success) == (place_of(1, 0), place_of(3, 0))
    assert len(msgspec.msgpack.encode(row)) < 1_000


def test_a_job_remembers_where_its_events_stand() -> None:
    row, changes = folded(SUBMITTED, *([STARTED] * IN_ROW))
    ((n, first, earlier),) = changes.places
    assert (n, first) == (row.n, place_of(1, 0))
    assert [*read_places(earlier), *read_places(row.places)] == [place_of(at, 0) for at in range(1, IN_ROW + 2)]


def test_the_sets_a_job_gains_are_those_it_is_in() -> None:
    row, changes = folded(e.JobSubmitted(JOB, "t", tags={"a": "b"}), STARTED, FAILED, e.JobStarted(JOB, 2, "w-2"))
    assert {(kind, name) for kind, name, *_ in changes.sets.gained()} == set(sets_of(row))
    assert changes.sets.lost() == []
    known = {JOB: row}
    later = fold([e.Entry(e.Offset(T, 9), [e.JobSucceeded(JOB, 2, "w-2")])], known, Next(2, 5))
    assert {(kind, name) for kind, name, *_ in later.sets.lost()} == {("phase", "running")}
