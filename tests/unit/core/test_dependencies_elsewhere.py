"""Parents in other partitions: the other log is told first, then it is noted here; the first answer counts."""

from __future__ import annotations

import pytest

from journeyman import events as e
from journeyman import jobs
from journeyman.conclusions import Limits
from journeyman.decide import MESSAGES_MAX, decide, look_again
from journeyman.ids import compose
from journeyman.messages import WATCHING, Message, answer, watch
from journeyman.reasons import Facts, Reason, explain
from journeyman.watchers import Edge
from support.given import START_MS, WORKER, A, B, Story, job_id

LIMITS = Limits(partitions=3)
#: Jobs of partitions 1, 2 and of one that does not exist.
P, Q, NOWHERE = compose(START_MS, 1, 1), compose(START_MS, 1, 2), compose(START_MS, 1, 3)
EDGE = Edge(A, P)
#: The same partition seen from the other side: A is the parent, P its child.
WATCHER = Edge(P, A)


def story() -> Story:
    return Story(LIMITS)


def child(*parents: str, on_failure: str = "cancel") -> e.JobSubmitted:
    return e.JobSubmitted(A, "t", depends_on=parents, on_dependency_failure=on_failure)


def test_the_parents_partition_is_told_before_anything_is_noted() -> None:
    concluded = story().given(child(P)).round()
    assert concluded.messages == [Message(EDGE, 1, WATCHING)]
    assert concluded.proposals == []


def test_what_every_neighbour_has_acknowledged_is_noted() -> None:
    told = story().given(child(P, Q))
    assert told.round(told={EDGE: WATCHING}).messages == [watch(Edge(A, Q))]
    look_again(told.partition, Edge(A, Q))
    assert told.decided(told={EDGE: WATCHING, Edge(A, Q): WATCHING}) == [e.JobBlocked(A, (P, Q))]
    assert told.round().messages == []


def test_the_child_runs_when_the_answer_has_come_and_not_before() -> None:
    told = story().given(child(P), e.JobBlocked(A, (P,)))
    assert told.decided() == []
    assert told.given(e.DependencyResolved(A, P, "completed")).decided() == [e.JobReleased(A, 1, 10)]


def test_an_answer_that_overtakes_the_note_is_as_good() -> None:
    told = story().given(child(P), e.DependencyResolved(A, P, "completed"), e.JobBlocked(A, (P,)))
    assert told.decided() == [e.JobReleased(A, 1, 10)]


@pytest.mark.parametrize("status", ["failed", "cancelled", "reopened"])
def test_a_bad_end_elsewhere_cancels_unless_the_child_runs_anyway(status: str) -> None:
    told = e.DependencyResolved(A, P, status)
    (cancelled,) = story().given(child(P), told).decided()
    assert isinstance(cancelled, e.JobCancelled)
    assert cancelled.reason == "dependency"
    assert story().given(child(P, on_failure="run"), told).decided() == [e.JobReleased(A, 1, 10)]


@pytest.mark.parametrize("policy", ["cancel", "run"])
def test_a_parent_that_its_log_does_not_know_cancels_whatever_the_policy(policy: str) -> None:
    (cancelled,) = story().given(child(P, on_failure=policy), e.DependencyResolved(A, P, "unknown")).decided()
    assert isinstance(cancelled, e.JobCancelled)
    assert cancelled.reason == "unknown_dependency"


def test_a_parent_of_a_partition_that_does_not_exist_is_unknown_without_asking() -> None:
    concluded = story().given(child(NOWHERE)).round()
    (cancelled,) = concluded.proposals[0].events
    assert isinstance(cancelled, e.JobCancelled)
    assert cancelled.reason == "unknown_dependency"
    assert concluded.messages == []


def test_a_child_that_ends_anyway_asks_nobody() -> None:
    concluded = story().given(child(P, B)).round()
    assert concluded.messages == []
    assert isinstance(concluded.proposals[0].events[0], e.JobCancelled)


def test_an_answer_counts_once_and_is_nothing_to_a_child_that_has_ended() -> None:
    told = story().given(child(P, Q), e.JobBlocked(A, (P, Q)), e.DependencyResolved(A, P, "completed"))
    told.given(e.DependencyResolved(A, P, "failed"))
    state = told.state()
    assert isinstance(state, jobs.Blocked)
    assert state.unmet == {Q}
    assert state.broken is None
    assert told.given(e.JobCancelled(A), e.DependencyResolved(A, Q, "completed")).decided() == []


# --- the other side --------------------------------------------------------------------------------------


def test_a_watcher_is_told_when_its_parent_ends_and_then_forgotten() -> None:
    told = story().running().given(e.DependencyWatched(A, P))
    assert told.round().messages == []
    concluded = told.given(e.JobSucceeded(A, 1, WORKER)).round()
    assert (concluded.messages, concluded.proposals) == ([answer(WATCHER, "completed")], [])
    look_again(told.partition, WATCHER)
    assert told.decided(told={WATCHER: "completed"}) == [e.DependencyResolved(P, A, "completed")]
    assert told.partition.watchers.of == {}
    assert told.round().messages == []


@pytest.mark.parametrize("ended", ["completed", "failed", "reopened"])
def test_a_watch_that_comes_after_the_end_is_answered_from_what_is_remembered(ended: str) -> None:
    told = story().given(e.DependencyWatched(A, P))
    assert told.unsure() == [A]
    assert told.round({A: ended}).messages == [answer(WATCHER, ended)]


def test_a_watch_of_a_job_that_nobody_remembers_is_answered_with_unknown() -> None:
    assert story().given(e.DependencyWatched(A, P)).round().messages == [answer(WATCHER, "unknown")]


def test_the_first_answer_counts_though_the_parent_was_redriven_since() -> None:
    told = story().given(e.DependencyWatched(A, P))
    assert told.decided({A: "reopened"}, told={WATCHER: "failed"}) == [e.DependencyResolved(P, A, "failed")]


def test_the_first_end_is_the_one_that_is_told() -> None:
    told = story().running().given(e.DependencyWatched(A, P), e.JobDeadLettered(A, 1, "permanent", e.Error("E")))
    told.given(e.JobRedriven(A, 2, 1, "t", "default", 10, 3)).given(e.JobCancelled(A))
    assert told.round().messages == [answer(WATCHER, "failed")]


def test_a_second_watch_changes_nothing() -> None:
    told = story().running().given(e.DependencyWatched(A, P), e.DependencyWatched(A, P), e.JobSucceeded(A, 1, WORKER))
    assert told.round().messages == [answer(WATCHER, "completed")]
    told.given(e.DependencyWatched(A, P))
    assert told.round().messages == []


def test_a_watcher_of_a_partition_that_does_not_exist_is_dropped() -> None:
    told = story().running().given(e.DependencyWatched(A, NOWHERE), e.JobSucceeded(A, 1, WORKER))
    assert told.decided() == [e.DependencyResolved(NOWHERE, A, "completed")]
    assert told.partition.watchers.of == {}


def test_one_message_is_always_the_same_proposal_and_no_two_share_a_key() -> None:
    both = [watch(EDGE), answer(EDGE, "failed"), answer(EDGE, "completed"), watch(Edge(B, P))]
    keys = [message.proposal().idempotency for message in both]
    assert [key.key for key in keys if key] == [
        f"dependency.watched:{A}:{P}",
        f"dependency.resolved:{A}:{P}",
        f"dependency.resolved:{A}:{P}",
        f"dependency.watched:{B}:{P}",
    ]
    assert len({(key.key, key.fingerprint) for key in keys if key}) == 3


def test_children_of_many_parents_are_told_of_in_rounds() -> None:
    parents = tuple(compose(START_MS, number, 1) for number in range(1_000))
    told = story().given(*(e.JobSubmitted(job_id(number), "t", depends_on=parents) for number in range(9)))
    rounds = [len(told.round().messages) for _ in range(6)]
    assert rounds == [MESSAGES_MAX, MESSAGES_MAX, MESSAGES_MAX, MESSAGES_MAX, 1_000, 0]


def test_one_partition_alone_never_has_a_message() -> None:
    concluded = decide(story().given(child(B)).partition, START_MS, Limits(), {})
    assert concluded.messages == []


def test_a_child_that_was_not_told_yet_is_said_to_wait_for_that() -> None:
    said = explain(Facts(phase="blocked", now_ms=START_MS, unheard_parents=(P,)))
    assert (said.reason, said.blocked_by) == (Reason.WAITING_FOR_DEPENDENCY, (P,))
    assert "other partitions" in said.detail
