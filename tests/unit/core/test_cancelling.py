"""Cancelling, in every phase: what waits never starts, what runs is interrupted, what completes first has completed."""

from __future__ import annotations

import pytest

from journeyman import events as e
from journeyman import jobs
from journeyman.proposals import Discard, Interrupt, Open, Standing, Void, Waiting, place
from support.given import WORKER, A, B, Story

ASKED = e.JobCancelRequested(A)
LATER_MS = 1 << 50


def waiting_stories() -> dict[str, Story]:
    """Return a story for each phase in which nobody holds the job."""
    lost = Story().running().given(e.WorkerLost(WORKER))
    lost.decided()
    retrying = Story().failed()
    retrying.decided()
    blocked = Story().given(e.JobSubmitted(B, "t", due_ms=LATER_MS), e.JobSubmitted(A, "t", depends_on=(B,)))
    return {
        "scheduled": Story().given(e.JobSubmitted(A, "t", due_ms=LATER_MS)),
        "blocked": blocked,
        "ready": Story().ready(),
        "failed": Story().failed(),
        "retrying": retrying,
        "orphaned": lost,
    }


@pytest.mark.parametrize("phase", list(waiting_stories()))
def test_a_job_that_waits_is_cancelled_at_once(phase: str) -> None:
    story = waiting_stories()[phase].given(ASKED)
    (proposal,) = story.round().proposals
    assert proposal.events == (e.JobCancelled(A, "requested"),)
    assert proposal.guard == (Standing(A) if phase == "ready" else Waiting(A))
    assert [effect for effect in proposal.effects if isinstance(effect, Discard)]
    assert story.given(*proposal.events).state() is None


def test_a_cancelled_job_leaves_its_line() -> None:
    (proposal,) = Story().ready().given(ASKED).round().proposals
    assert proposal.effects == (Void(place(A, 1)), Discard(A, 0, 1))


def test_a_running_job_is_interrupted_and_cancelled_when_it_was_handed_over() -> None:
    story = Story().running().given(ASKED)
    assert isinstance(story.state(), jobs.Cancelling)
    assert story.decided() == []
    story.given(e.JobReturned(A, 1, WORKER, "interrupted"))
    assert story.decided() == [e.JobCancelled(A)]


def test_a_job_that_completes_before_it_is_interrupted_has_completed() -> None:
    story = Story().running().given(ASKED, e.JobSucceeded(A, 1, WORKER))
    assert story.state() is None
    assert story.decided() == []


def test_a_job_that_fails_while_it_is_cancelled_is_cancelled_not_retried() -> None:
    assert Story().running().given(ASKED, e.JobFailed(A, 1, WORKER, e.Error("E"))).decided() == [e.JobCancelled(A)]


def test_a_job_whose_worker_is_lost_while_it_is_cancelled_is_cancelled() -> None:
    story = Story().running().given(ASKED, e.WorkerLost(WORKER))
    assert story.decided() == [e.JobLost(A, 1, WORKER, "no heartbeat")]
    assert story.decided() == [e.JobCancelled(A)]


def test_a_job_claimed_behind_the_schedulers_back_is_interrupted_after_all() -> None:
    story = Story().joined(WORKER).ready().given(ASKED)
    story.round()
    story.given(e.JobStarted(A, 1, WORKER))
    (proposal,) = story.round().proposals
    assert (proposal.events, proposal.guard, proposal.effects) == ((), Open(A), (Interrupt(A),))


def test_a_job_given_back_while_it_is_cancelled_leaves_its_line_too() -> None:
    story = Story().running().given(ASKED, e.JobReturned(A, 1, WORKER, "drained", back=True))
    (proposal,) = story.round().proposals
    assert proposal.effects == (Void(place(A, 1)), Discard(A, 0, 1))


def test_a_job_released_after_the_request_leaves_the_line_it_came_to() -> None:
    story = Story().given(e.JobSubmitted(A, "t", due_ms=5)).given(ASKED, e.JobReleased(A, 1, 10))
    (proposal,) = story.round().proposals
    assert proposal.effects == (Void(place(A, 1)), Discard(A, 0, 1))


def test_a_job_moved_after_the_request_leaves_the_line_it_moved_to() -> None:
    story = Story().ready().given(ASKED, e.JobReleased(A, 1, 20, 1))
    (proposal,) = story.round().proposals
    assert proposal.effects == (Void(place(A, 1, 1)), Discard(A, 0, 1))


def test_asking_twice_cancels_once() -> None:
    story = Story().ready().given(ASKED, ASKED)
    assert story.decided() == [e.JobCancelled(A)]
    assert story.given(ASKED).decided() == []


def test_children_of_a_cancelled_job_go_with_it() -> None:
    story = Story().given(e.JobSubmitted(A, "t", due_ms=LATER_MS), e.JobSubmitted(B, "t", depends_on=(A,)), ASKED)
    story.decided()
    (cancelled,) = story.decided()
    assert isinstance(cancelled, e.JobCancelled)
    assert (cancelled.job_id, cancelled.reason) == (B, "dependency")


def test_a_request_for_a_job_that_ended_or_never_was_is_stepped_over() -> None:
    assert Story().given(ASKED).decided() == []
