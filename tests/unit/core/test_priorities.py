"""Priorities: a waiting job moves to the line of its new one; one that waits too long moves to the top."""

from __future__ import annotations

from journeyman import events as e
from journeyman import jobs
from journeyman.decide import Limits
from journeyman.partition import PRIORITY_MAX, Partition
from journeyman.proposals import Push, Standing, Void, place
from support.given import WORKER, A, B, Story, job_id

LIMITS = Limits(wait_max_ms=1_000)


def test_a_ready_job_moves_to_the_line_of_its_new_priority_if_it_still_stands() -> None:
    story = Story().ready().given(e.JobReprioritised(A, 20))
    (proposal,) = story.round().proposals
    assert proposal.events == (e.JobReleased(A, 1, 20, 1),)
    assert proposal.guard == Standing(A)
    assert proposal.effects == (Void(place(A, 1)), Push("default", 20, "t", (place(A, 1, 1),)))
    story.given(*proposal.events)
    assert story.decided() == []


def test_a_job_moved_twice_stands_at_a_third_place() -> None:
    story = Story().ready().given(e.JobReprioritised(A, 20))
    story.decided()
    assert story.given(e.JobReprioritised(A, 10)).decided() == [e.JobReleased(A, 1, 10, 2)]


def test_a_job_that_is_not_ready_yet_is_released_at_its_new_priority() -> None:
    story = Story().given(e.JobSubmitted(A, "t", due_ms=1 << 50), e.JobReprioritised(A, 3))
    assert story.decided() == []
    story.now_ms = 1 << 50
    assert story.decided() == [e.JobReleased(A, 1, 3)]


def test_a_job_that_was_claimed_first_keeps_running_and_moves_if_it_comes_back() -> None:
    story = Story().running().given(e.JobReprioritised(A, 20))
    assert story.decided() == []
    story.given(e.JobReturned(A, 1, WORKER, "drained", back=True))
    assert story.decided() == [e.JobReleased(A, 1, 20, 1)]


def test_a_retry_stands_at_the_new_priority() -> None:
    story = Story().failed(retry_after_ms=0).given(e.JobReprioritised(A, 1))
    story.decided()
    assert story.decided() == [e.JobReleased(A, 2, 1)]


def test_a_job_that_waits_too_long_goes_to_the_head_of_all() -> None:
    story = Story(LIMITS).ready()
    assert story.decided(after_ms=999) == []
    assert story.decided(after_ms=1) == [e.JobReprioritised(A, PRIORITY_MAX)]
    assert story.decided() == [e.JobReleased(A, 1, PRIORITY_MAX, 1)]
    assert story.decided(after_ms=10_000) == []


def test_waiting_is_counted_from_the_first_line_not_from_the_last_move() -> None:
    story = Story(LIMITS).ready()
    story.now_ms += 600
    story.given(e.JobReprioritised(A, 5))
    story.decided()
    assert story.decided(after_ms=400) == [e.JobReprioritised(A, PRIORITY_MAX)]


def test_a_job_of_a_paused_queue_does_not_age_until_it_is_resumed() -> None:
    story = Story(LIMITS).ready().given(e.QueuePaused("default"))
    assert story.decided(after_ms=5_000) == []
    assert story.given(e.QueueResumed("default")).decided() == [e.JobReprioritised(A, PRIORITY_MAX)]


def test_only_those_that_waited_long_enough_are_moved() -> None:
    story = Story(LIMITS).ready()
    story.now_ms += 500
    story.ready(e.JobSubmitted(B, "t"))
    assert story.decided(after_ms=500) == [e.JobReprioritised(A, PRIORITY_MAX)]
    assert e.JobReprioritised(B, PRIORITY_MAX) in story.decided(after_ms=500)


def test_a_restored_partition_ages_by_waiting_not_by_submission() -> None:
    story = Story(LIMITS)
    for number in range(3):
        story.given(e.JobSubmitted(job_id(number), "t", due_ms=story.now_ms + 3_000))
    for number in (2, 0, 1):
        story.given(e.JobReleased(job_id(number), 1, 10), after_ms=400)
    story.partition = Partition.restore(story.partition.snapshot())
    # Then the first of them has waited 1,000 ms, the next 600.
    assert story.decided(after_ms=200) == [e.JobReprioritised(job_id(2), PRIORITY_MAX)]


def test_a_priority_beyond_what_users_may_ask_is_not_aged() -> None:
    story = Story(LIMITS).ready(e.JobSubmitted(A, "t", priority=PRIORITY_MAX))
    assert story.decided(after_ms=5_000) == []
    assert isinstance(story.state(), jobs.Ready)


def test_a_job_that_nobody_takes_does_not_keep_the_names_of_all_that_came_after_it() -> None:
    story = Story().ready(e.JobSubmitted(A, "nobody-knows")).joined(WORKER)
    for number in range(10, 3_000):
        one = job_id(number)
        story.ready(e.JobSubmitted(one, "t")).given(e.JobStarted(one, 1, WORKER), e.JobSucceeded(one, 1, WORKER))
    story.round()
    (line,) = story.partition.lines.values()
    assert list(line) == [A]
