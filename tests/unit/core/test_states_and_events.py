"""The fold never fails: every event on every state, also those that cannot be; what does not fit changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from journeyman import events as e
from journeyman import jobs
from journeyman.decide import Limits, advance, decide, next_due_ms
from journeyman.partition import Partition, fold
from support.event_strategies import any_event
from support.given import START_MS, WORKER, A, B, Story
from support.snapshots import assert_same_state, canonical, restored, stored

PLAN = jobs.Plan("t", "q", 10, 3, e.Backoff(), False)
HEAD = (PLAN, 1, 2, 1, 0)
STATES: tuple[jobs.Job, ...] = (
    jobs.Blocked(*HEAD, 0, frozenset({B}), frozenset()),
    jobs.Blocked(*HEAD, 0, frozenset(), frozenset({B}), (A, "failed")),
    jobs.Scheduled(*HEAD, 5),
    jobs.Ready(*HEAD, 10, 0, START_MS),
    jobs.Running(*HEAD, WORKER, 10, 0),
    jobs.Cancelling(*HEAD, WORKER, 10, 0),
    jobs.Failed(*HEAD, e.Error("E"), True, None),
    jobs.Orphaned(*HEAD, "gone"),
    jobs.Retrying(*HEAD, 5),
    jobs.Withdrawn(*HEAD, True, 10, 0),
    jobs.Withdrawn(*HEAD, False),
)
EVENTS: tuple[e.JobEvent, ...] = tuple(
    event
    for attempt in (1, 2, 3)
    for event in (
        e.JobBlocked(A),
        e.JobReleased(A, attempt, 5),
        e.JobReleased(A, attempt, 5, 1),
        e.JobStarted(A, attempt, WORKER),
        e.JobProgressed(A, attempt, WORKER, 1.0),
        e.JobSucceeded(A, attempt, WORKER),
        e.JobFailed(A, attempt, WORKER, e.Error("E")),
        e.JobReturned(A, attempt, WORKER),
        e.JobReturned(A, attempt, WORKER, "drained", True),
        e.JobLost(A, attempt, WORKER),
        e.JobRetryScheduled(A, attempt, 9, 9),
        e.JobDeadLettered(A, attempt, "permanent", e.Error("E")),
        e.JobCancelRequested(A),
        e.JobCancelled(A),
        e.JobReprioritised(A, 3),
    )
)


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_every_event_on_every_state_gives_a_state_or_an_end(state: jobs.Job) -> None:
    for event in EVENTS:
        after = jobs.evolve(state, event, START_MS)
        assert after is None or isinstance(after, tuple(jobs.PHASES))


def test_the_table_names_every_job_event_but_those_that_begin_a_life() -> None:
    begin = {e.JobSubmitted, e.JobRedriven}
    assert {type(event) for event in EVENTS} == set(jobs.TRANSITIONS)
    tagged = {event for event in e.EVENT_TYPES if e.tag_of(event).startswith("job.")}
    assert set(jobs.TRANSITIONS) == tagged - begin


def test_only_an_end_ends_a_job() -> None:
    ends = {
        (type(state).__name__, type(event).__name__)
        for state in STATES
        for event in EVENTS
        if jobs.evolve(state, event, START_MS) is None
    }
    for state, event in ends:
        assert event in ("JobSucceeded", "JobDeadLettered", "JobCancelled")
        assert event != "JobSucceeded" or state in ("Running", "Cancelling")


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_what_speaks_of_another_attempt_changes_nothing(state: jobs.Job) -> None:
    for event in EVENTS:
        attempt = getattr(event, "attempt", None)
        if attempt == 1 and not isinstance(event, e.JobDeadLettered):
            assert jobs.evolve(state, event, START_MS) == state


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_only_the_holder_is_believed(state: jobs.Job) -> None:
    for event in (e.JobSucceeded(A, 2, "x"), e.JobFailed(A, 2, "x", e.Error("E")), e.JobLost(A, 2, "x")):
        assert jobs.evolve(state, event, START_MS) == state


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_every_state_has_a_status_and_survives_being_stored(state: jobs.Job) -> None:
    assert jobs.PHASES[type(state)][0] in ("pending", "processing")
    partition = Partition()
    partition.jobs[A] = state
    assert restored(stored(partition)).jobs == {A: state}


about_two_jobs = st.builds(
    lambda event, job: structs.replace(event, job_id=job) if hasattr(event, "job_id") else event,
    any_event,
    st.sampled_from([A, B]),
)


@given(st.lists(st.tuples(st.lists(about_two_jobs, max_size=4), st.integers(0, 10_000)), max_size=15), st.data())
def test_any_events_in_any_order_can_be_folded_stored_and_decided_on(
    told: list[tuple[list[e.Event], int]], data: st.DataObject
) -> None:
    told.sort(key=lambda item: item[1])
    entries = [e.Entry(e.Offset(START_MS + after, seq), list(events)) for seq, (events, after) in enumerate(told)]
    whole = fold(entries)
    cut = data.draw(st.integers(0, len(entries)))
    assert_same_state(whole, fold(entries[cut:], restored(stored(fold(entries[:cut])))), "restored half way")
    assert canonical(whole) == canonical(fold(entries))
    now_ms = START_MS + 20_000
    advance(whole, now_ms, Limits())
    decide(whole, now_ms, Limits(), {})
    assert (next_due_ms(whole) or now_ms + 1) > now_ms


def test_an_entry_that_was_folded_is_skipped() -> None:
    story = Story().ready()
    before = canonical(story.partition)
    story.partition.apply(e.Entry(e.Offset(START_MS, 1), [e.JobCancelled(A)]))
    assert canonical(story.partition) == before


def test_a_second_submission_of_an_open_job_changes_nothing() -> None:
    story = Story().running()
    before = story.state()
    assert story.given(e.JobSubmitted(A, "other", priority=0)).state() == before


def test_like_jobs_share_one_plan() -> None:
    story = Story().given(e.JobSubmitted(A, "t"), e.JobSubmitted(B, "t"))
    first, second = story.state(A), story.state(B)
    assert first is not None
    assert second is not None
    assert first.plan is second.plan
