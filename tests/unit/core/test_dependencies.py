"""Dependencies: a job waits for all its parents; a parent that ended badly ends it, unless it wants to run anyway."""

from __future__ import annotations

import pytest

from journeyman import events as e
from journeyman import jobs
from journeyman.decide import ROUND_MAX
from support.given import WORKER, A, B, C, D, Story, job_id

GOOD = e.JobSucceeded(A, 1, WORKER)


def child(*parents: str, job: str = B, on_failure: str = "cancel", due_ms: int = 0) -> e.JobSubmitted:
    return e.JobSubmitted(job, "t", depends_on=parents, on_dependency_failure=on_failure, due_ms=due_ms)


def ended_badly(how: str) -> e.Event:
    return e.JobCancelled(A) if how == "cancelled" else e.JobDeadLettered(A, 1, "permanent", e.Error("E"))


def test_a_child_is_released_when_its_parent_completes_and_not_before() -> None:
    story = Story().running().given(child(A))
    assert story.decided() == []
    assert story.given(GOOD).decided() == [e.JobReleased(B, 1, 10)]


def test_a_child_of_several_waits_for_the_last_of_them() -> None:
    story = Story().running().running(e.JobSubmitted(C, "t")).given(child(A, C))
    assert story.given(GOOD).decided() == []
    assert story.given(e.JobSucceeded(C, 1, WORKER)).decided() == [e.JobReleased(B, 1, 10)]


def test_a_child_with_a_time_waits_for_both() -> None:
    story = Story().running()
    due_ms = story.now_ms + 1_000
    story.given(child(A, due_ms=due_ms), GOOD)
    assert story.decided() == [e.JobBlocked(B)]
    assert isinstance(story.state(B), jobs.Scheduled)
    assert story.decided(after_ms=1_000) == [e.JobReleased(B, 1, 10)]


@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_a_parent_that_ended_badly_cancels_its_child_with_the_reason(how: str) -> None:
    story = Story().given(e.JobSubmitted(A, "t", due_ms=1 << 50), child(A), ended_badly(how))
    (cancelled,) = story.decided()
    assert isinstance(cancelled, e.JobCancelled)
    assert (cancelled.job_id, cancelled.reason) == (B, "dependency")
    assert cancelled.error is not None
    assert cancelled.error.type == "DependencyFailed"
    assert A in cancelled.error.message
    assert how in cancelled.error.message


@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_a_child_that_wants_to_run_anyway_does(how: str) -> None:
    story = Story().given(e.JobSubmitted(A, "t", due_ms=1 << 50), child(A, on_failure="run"), ended_badly(how))
    assert story.decided() == [e.JobReleased(B, 1, 10)]


def test_a_child_that_wants_to_run_anyway_still_waits_for_all() -> None:
    story = Story().given(e.JobSubmitted(A, "t", due_ms=1 << 50)).running(e.JobSubmitted(C, "t"))
    story.given(child(A, C, on_failure="run"), ended_badly("cancelled"))
    assert story.decided() == []
    assert story.given(e.JobSucceeded(C, 1, WORKER)).decided() == [e.JobReleased(B, 1, 10)]


def test_a_failure_does_not_wait_for_the_other_parents() -> None:
    story = Story().given(e.JobSubmitted(A, "t", due_ms=1 << 50), e.JobSubmitted(C, "t", due_ms=1 << 50), child(A, C))
    (cancelled,) = story.given(ended_badly("failed")).decided()
    assert isinstance(cancelled, e.JobCancelled)


def test_a_whole_chain_behind_a_failure_is_cancelled_link_by_link() -> None:
    story = Story().given(e.JobSubmitted(A, "t", due_ms=1 << 50), child(A), child(B, job=C), child(C, job=D))
    story.given(ended_badly("failed"))
    ended = [event for _ in range(3) for event in story.decided()]
    assert [event.job_id for event in ended if isinstance(event, e.JobCancelled)] == [B, C, D]
    assert story.partition.jobs == {}


def test_the_foot_of_a_diamond_is_released_once() -> None:
    story = Story().running().given(child(A, job=B), child(A, job=C), child(B, C, job=D), GOOD)
    assert story.decided() == [e.JobReleased(B, 1, 10), e.JobReleased(C, 1, 10)]
    story.given(e.JobStarted(B, 1, WORKER), e.JobStarted(C, 1, WORKER), e.JobSucceeded(B, 1, WORKER))
    assert story.decided() == []
    assert story.given(e.JobSucceeded(C, 1, WORKER)).decided() == [e.JobReleased(D, 1, 10)]
    assert story.decided() == []


def test_one_parent_named_twice_is_one() -> None:
    story = Story().running().given(child(A, A))
    assert story.given(GOOD).decided() == [e.JobReleased(B, 1, 10)]


def test_a_parent_nobody_knows_cancels_whatever_the_policy() -> None:
    for policy in ("cancel", "run"):
        story = Story().given(child(A, on_failure=policy))
        assert story.unsure() == [A]
        (cancelled,) = story.decided()
        assert isinstance(cancelled, e.JobCancelled)
        assert cancelled.reason == "unknown_dependency"
        assert cancelled.error is not None
        assert cancelled.error.type == "UnknownDependency"


def test_a_job_that_depends_on_itself_depends_on_nobody_known() -> None:
    (cancelled,) = Story().given(child(B)).decided()
    assert isinstance(cancelled, e.JobCancelled)


def test_a_parent_that_completed_long_ago_does_not_hold_up_its_child() -> None:
    assert Story().given(child(A)).decided({A: "completed"}) == [e.JobReleased(B, 1, 10)]


@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_a_parent_that_ended_badly_before_its_child_came_cancels_it(how: str) -> None:
    (cancelled,) = Story().given(child(A)).decided({A: how})
    assert isinstance(cancelled, e.JobCancelled)
    assert cancelled.reason == "dependency"
    assert Story().given(child(A, on_failure="run")).decided({A: how}) == [e.JobReleased(B, 1, 10)]


def test_known_and_long_ended_parents_together() -> None:
    story = Story().running(e.JobSubmitted(C, "t")).given(child(A, C))
    assert story.decided({A: "completed"}) == [e.JobBlocked(B, (C,))]
    assert story.unsure() == []
    assert story.given(e.JobSucceeded(C, 1, WORKER)).decided() == [e.JobReleased(B, 1, 10)]


def test_a_long_ended_parent_is_not_called_unknown_because_another_has_ended_badly_meanwhile() -> None:
    story = Story().running().given(child(A, C)).given(ended_badly("failed"))
    assert story.unsure() == [C]
    (cancelled,) = story.decided({C: "completed"})
    assert isinstance(cancelled, e.JobCancelled)
    assert cancelled.reason == "dependency"


def test_a_fan_out_wider_than_a_round_is_released_in_rounds_each_child_once() -> None:
    story = Story().running()
    children = [job_id(number) for number in range(1, 5_001)]
    story.given(*(child(A, job=one) for one in children), GOOD)
    released: list[e.Event] = []
    while events := story.decided():
        assert len(events) <= ROUND_MAX
        released += events
    assert released == [e.JobReleased(one, 1, 10) for one in children]


def test_children_of_a_retried_parent_wait_for_its_end_not_for_its_failure() -> None:
    story = Story().failed(retry_after_ms=0).given(child(A))
    assert story.decided() == [e.JobRetryScheduled(A, 2, story.now_ms, 0)]
    assert story.decided() == [e.JobReleased(A, 2, 10)]
    story.given(e.JobStarted(A, 2, WORKER), e.JobSucceeded(A, 2, WORKER))
    assert story.decided() == [e.JobReleased(B, 1, 10)]
