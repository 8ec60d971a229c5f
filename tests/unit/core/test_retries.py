"""What follows a failure: another attempt after a wait, or the dead letters."""

from __future__ import annotations

import pytest

from journeyman import events as e
from journeyman import jobs
from journeyman.decide import reopen
from journeyman.proposals import Bury, Push, Release, place
from support.given import WORKER, A, Story

STEADY = e.Backoff(1_000, 2.0, 60_000, False)


def fail(story: Story, attempt: int) -> list[e.Event]:
    story.given(e.JobReleased(A, attempt, 10)) if attempt == 1 else None
    story.given(e.JobStarted(A, attempt, WORKER), e.JobFailed(A, attempt, WORKER, e.Error("Boom")))
    return story.decided()


def test_a_failed_job_waits_and_is_released_for_its_next_attempt() -> None:
    story = Story().joined(WORKER).given(e.JobSubmitted(A, "t", backoff=STEADY))
    assert fail(story, 1) == [e.JobRetryScheduled(A, 2, story.now_ms + 1_000, 1_000)]
    assert story.decided(after_ms=999) == []
    assert story.decided(after_ms=1) == [e.JobReleased(A, 2, 10)]


def test_each_wait_is_twice_the_one_before_until_attempts_are_exhausted() -> None:
    story = Story().joined(WORKER).given(e.JobSubmitted(A, "t", backoff=STEADY, max_attempts=4))
    waits = []
    for attempt in range(1, 4):
        (scheduled,) = fail(story, attempt)
        assert isinstance(scheduled, e.JobRetryScheduled)
        waits.append(scheduled.delay_ms)
        story.decided(after_ms=scheduled.delay_ms)
    assert waits == [1_000, 2_000, 4_000]
    assert fail(story, 4) == [e.JobDeadLettered(A, 4, "attempts_exhausted", e.Error("Boom"))]
    assert story.state() is None


def test_a_job_with_one_attempt_is_not_retried() -> None:
    assert Story().failed(max_attempts=1).decided() == [e.JobDeadLettered(A, 1, "attempts_exhausted", e.Error("Boom"))]


def test_a_permanent_failure_is_not_retried_however_many_attempts_are_left() -> None:
    assert Story().failed(retryable=False).decided() == [e.JobDeadLettered(A, 1, "permanent", e.Error("Boom"))]


@pytest.mark.parametrize("wait_ms", [0, 5, 86_400_000])
def test_a_job_that_says_how_long_to_wait_waits_that_long(wait_ms: int) -> None:
    story = Story().failed(retry_after_ms=wait_ms)
    assert story.decided() == [e.JobRetryScheduled(A, 2, story.now_ms + wait_ms, wait_ms)]


def test_a_dead_letter_is_buried_with_what_a_redrive_selects_by() -> None:
    body = e.JobSubmitted(A, "mail.send", "mail", max_attempts=1)
    story = Story().running(body)
    story.given(e.JobFailed(A, 1, WORKER, e.Error("Refused", "no", fingerprint="f1")))
    (proposal,) = story.round().proposals
    assert proposal.effects == (Bury(A, 1, 1, "mail.send", "mail", "Refused", "f1"),)
    assert proposal.guard is None


def test_a_release_after_a_failure_frees_the_job_from_its_spent_attempt() -> None:
    story = Story().failed(retry_after_ms=0)
    story.decided()
    (proposal,) = story.round().proposals
    assert proposal.effects == (Release(A), Push("default", 10, "t", (place(A, 2),)))


def test_the_same_state_is_judged_the_same_again() -> None:
    story = Story().failed()
    first = story.round()
    reopen(story.partition, first)
    assert story.round() == first


def test_a_redriven_job_is_released_under_the_next_number_with_a_fresh_allowance() -> None:
    story = Story().failed(max_attempts=1)
    story.decided()
    redriven = e.JobRedriven(A, 2, 1, "t", "default", 7, 2)
    assert story.given(redriven).decided() == [e.JobReleased(A, 2, 7, generation=2)]
    state = story.state()
    assert isinstance(state, jobs.Ready)
    assert (state.generation, state.failures, state.losses, state.plan.max_attempts) == (2, 0, 0, 2)


def test_places_of_two_generations_are_never_alike() -> None:
    story = Story().ready().given(e.JobCancelRequested(A))
    story.decided()
    story.given(e.JobRedriven(A, 2, 0, "t", "default", 10, 3))
    (proposal,) = story.round().proposals
    (push,) = proposal.effects
    assert isinstance(push, Push)
    assert push.places == (place(A, 1, 0, 2),) != (place(A, 1),)


def test_a_staggered_redrive_waits_for_its_turn() -> None:
    story = Story().failed(max_attempts=1)
    story.decided()
    story.given(e.JobRedriven(A, 2, 1, "t", "default", 10, 3, due_ms=story.now_ms + 500))
    assert story.decided() == []
    assert story.decided(after_ms=500) == [e.JobReleased(A, 2, 10, generation=2)]
