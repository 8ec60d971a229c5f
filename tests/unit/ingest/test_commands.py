"""What is asked of jobs, queues and workers, as proposals, and what a guard's word means."""

from __future__ import annotations

import pytest

from journeyman import job_changes
from journeyman.events import (
    Backoff,
    JobCancelRequested,
    JobRedriven,
    JobReprioritised,
    JobSubmitted,
    QueuePaused,
    QueueResumed,
    WorkerDraining,
)
from journeyman.log.api import DeadLetter, StoredOutcome
from journeyman.proposals import Alive, Drain, Ended, Gate, Interrupt, Open, Proposal, Reopen, Waiting
from journeyman_ingest import commands
from journeyman_ingest.errors import RefusedError

JOB = "0123456789abcdefghjkmnpq"
BODY = JobSubmitted(JOB, "t", "q", 15, max_attempts=5, backoff=Backoff(1), timeout_ms=1_000)


def letter(**changes: str) -> DeadLetter:
    facts = {"type": "t", "queue": "q", "fingerprint": "f"} | changes
    return DeadLetter(JOB, 0, "Error", facts["fingerprint"], 3, 1, JobSubmitted(JOB, facts["type"], facts["queue"]))


def test_a_cancel_interrupts_whoever_holds_an_open_job() -> None:
    assert job_changes.cancel(JOB) == Proposal((JobCancelRequested(JOB),), Open(JOB), (Interrupt(JOB),))


def test_a_priority_changes_only_while_the_job_waits() -> None:
    assert job_changes.reprioritise(JOB, 3) == Proposal((JobReprioritised(JOB, 3),), Waiting(JOB))


def test_queues_are_gated_in_the_commit_that_says_so() -> None:
    assert commands.pause("q") == Proposal((QueuePaused("q"),), None, (Gate("q", False),))
    assert commands.resume("q") == Proposal((QueueResumed("q"),), None, (Gate("q", True),))


def test_a_drain_is_for_registered_workers() -> None:
    assert commands.drain("w-1") == Proposal((WorkerDraining("w-1", "request"),), Alive("w-1"), (Drain("w-1"),))


def test_a_retry_begins_the_next_generation_of_what_is_kept() -> None:
    event = commands.retry(StoredOutcome("failed", None, BODY, 5, 2), is_open=False)
    assert event == JobRedriven(JOB, 3, 5, "t", "q", 15, 5, Backoff(1), 1_000, 0)
    assert job_changes.reopen(event) == Proposal((event,), Ended(JOB), (Reopen(JOB),))


@pytest.mark.parametrize(
    ("outcome", "is_open", "status"),
    [(None, False, 404), (None, True, 409), (StoredOutcome("completed"), False, 409)],
)
def test_only_failed_and_cancelled_jobs_can_be_retried(
    outcome: StoredOutcome | None, is_open: bool, status: int
) -> None:
    with pytest.raises(RefusedError) as caught:
        commands.retry(outcome, is_open=is_open)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("reason", "status"),
    [("unknown", 404), ("completed", 409), ("failed", 409), ("cancelled", 409), ("held", 409), ("open", 409)],
)
def test_a_refusal_says_why(reason: str, status: int) -> None:
    refused = commands.refused(reason)
    assert refused.status == status
    assert refused.detail != reason


@pytest.mark.parametrize(
    ("wanted", "selected"),
    [
        (commands.Redrive(), True),
        (commands.Redrive(type="t", queue="q", error_fingerprint="f"), True),
        (commands.Redrive(type="other"), False),
        (commands.Redrive(queue="other"), False),
        (commands.Redrive(error_fingerprint="other"), False),
        (commands.Redrive(type="t", queue="other"), False),
    ],
)
def test_a_redrive_selects_what_matches_every_filter(wanted: commands.Redrive, selected: bool) -> None:
    assert wanted.selects(letter()) is selected


def test_a_rate_spreads_generations_over_time() -> None:
    events = [job_changes.redriven(BODY, 3, 1) for _ in range(4)]
    assert [event.due_ms for event in commands.staggered(events, 1_000, 2.0)] == [0, 1_500, 2_000, 2_500]
    assert [event.due_ms for event in commands.staggered(events, 1_000, None)] == [0, 0, 0, 0]
