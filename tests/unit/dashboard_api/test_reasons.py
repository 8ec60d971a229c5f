from __future__ import annotations

import pytest

from journeyman.reasons import Circuit, Explanation, Facts, Reason, explain

NOW = 1_732_000_000_000


def in_line(**more: object) -> Explanation:
    facts = {"phase": "ready", "now_ms": NOW, "queue": "images", "type": "thumb", "workers_for_type": 1, "position": 4}
    return explain(Facts(**{**facts, **more}))  # type: ignore[arg-type]


@pytest.mark.parametrize("phase", ["completed", "dead", "cancelled"])
def test_a_job_that_ended_is_finished(phase: str) -> None:
    assert explain(Facts(phase=phase, now_ms=NOW)).reason == Reason.FINISHED


def test_a_dead_job_says_what_for() -> None:
    detail = explain(Facts(phase="dead", now_ms=NOW, end_reason="poison")).detail
    assert detail == "It has failed for good: it took its worker down too often."


@pytest.mark.parametrize("phase", ["running", "cancelling"])
def test_a_held_job_is_running(phase: str) -> None:
    told = explain(Facts(phase=phase, now_ms=NOW, worker="w-1", attempt=2))
    assert told.reason == Reason.RUNNING
    assert "Attempt 2 is running on w-1" in told.detail


def test_a_blocked_job_names_the_jobs_it_waits_for() -> None:
    told = explain(Facts(phase="blocked", now_ms=NOW, due_ms=NOW + 5_000, unfinished_parents=("a", "b")))
    assert (told.reason, told.blocked_by) == (Reason.WAITING_FOR_DEPENDENCY, ("a", "b"))


def test_a_blocked_job_whose_parents_have_ended_waits_for_its_time() -> None:
    told = explain(Facts(phase="blocked", now_ms=NOW, due_ms=NOW + 5_000))
    assert (told.reason, told.eta_ms) == (Reason.WAITING_FOR_TIME, 5_000)


def test_a_scheduled_job_says_when_it_is_due() -> None:
    told = explain(Facts(phase="scheduled", now_ms=NOW, due_ms=NOW + 90_000))
    assert (told.reason, told.eta_ms, told.detail) == (Reason.WAITING_FOR_TIME, 90_000, "Is due in 90 s.")


def test_a_job_between_attempts_waits_for_its_retry() -> None:
    told = explain(Facts(phase="retrying", now_ms=NOW, attempt=1, due_ms=NOW + 1_000))
    assert (told.reason, told.eta_ms) == (Reason.WAITING_FOR_RETRY, 1_000)


def test_a_job_whose_attempt_has_just_failed_has_no_time_yet() -> None:
    assert explain(Facts(phase="retrying", now_ms=NOW, attempt=1)).eta_ms is None


def test_a_paused_queue_comes_before_a_missing_worker() -> None:
    assert in_line(queue_paused=True, workers_for_type=0).reason == Reason.QUEUE_PAUSED


OPEN = Circuit(False, "failure_ratio", NOW - 12_000, NOW + 3_000, 11, 20)


def test_an_open_circuit_says_since_when_until_when_and_after_how_many_failures() -> None:
    told = in_line(circuit=OPEN, workers_for_type=0)
    assert (told.reason, told.eta_ms, told.position) == (Reason.CIRCUIT_OPEN, 3_000, 4)
    assert told.detail == (
        "The circuit breaker of the type thumb opened 12 s ago, after 11 of 20 attempts had failed; "
        "it is tried again in 3.0 s."
    )


def test_a_half_open_circuit_says_that_it_is_being_tried() -> None:
    told = in_line(circuit=Circuit(True, "failure_ratio", NOW - 1_000, 0, 11, 20, 3))
    assert (told.reason, told.eta_ms) == (Reason.CIRCUIT_OPEN, None)
    assert told.detail == (
        "The circuit breaker of the type thumb opened after 11 of 20 attempts had failed; "
        "for 1.0 s it has been letting 3 jobs try again."
    )


def test_a_circuit_whose_trial_failed_says_of_what_how_many_failed() -> None:
    circuit = Circuit(False, "probe_failed", NOW, NOW, 1, 3)
    assert "after 1 of 3 jobs tried had failed" in in_line(circuit=circuit).detail


def test_a_circuit_opened_by_hand_says_so() -> None:
    told = in_line(circuit=Circuit(False, "manual", NOW - 5_000))
    assert told.detail == (
        "The circuit breaker of the type thumb was opened by hand 5.0 s ago and stays open until it is closed by hand."
    )
    assert in_line(circuit=OPEN, queue_paused=True).reason == Reason.QUEUE_PAUSED


def test_a_job_that_no_worker_knows_says_so() -> None:
    assert in_line(workers_for_type=0).reason == Reason.NO_WORKER_FOR_TYPE


def test_a_job_in_line_has_a_position_and_an_estimate_from_the_queues_rate() -> None:
    told = in_line(rate_out_per_s=2.0)
    assert (told.reason, told.position, told.eta_ms) == (Reason.WAITING_FOR_WORKER, 4, 2_000)


def test_a_queue_that_does_not_move_has_no_estimate() -> None:
    assert in_line().eta_ms is None


def test_far_back_in_line_there_is_no_position() -> None:
    assert in_line(position=None).position is None
