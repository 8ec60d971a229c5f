"""Lost workers: their attempts are lost with them, jobs run again, and a job that kills workers is stopped (I7)."""

from __future__ import annotations

import msgspec

from journeyman import events as e
from journeyman import jobs
from journeyman.decide import TRIAL_WAIT_MS, Limits
from journeyman.proposals import Leave, Orphaned, Release, Silent
from support.given import WORKER, A, B, C, Story
from support.snapshots import restored


def test_a_worker_not_heard_of_is_lost_if_it_is_still_silent_then() -> None:
    story = Story().joined(WORKER)
    (proposal,) = story.round(silent=[WORKER]).proposals
    assert proposal.events == (e.WorkerLost(WORKER),)
    assert proposal.guard == Silent(WORKER, story.now_ms)
    assert proposal.effects == (Leave(WORKER),)


def test_attempts_of_a_lost_worker_are_lost_if_it_still_holds_them() -> None:
    story = Story().running().given(e.WorkerLost(WORKER, "its process died"))
    (proposal,) = story.round().proposals
    assert proposal.events == (e.JobLost(A, 1, WORKER, "its process died"),)
    assert proposal.guard == Orphaned(A, 1, WORKER)
    assert proposal.effects == (Release(A),)


def test_a_worker_that_left_while_it_held_something_loses_it_too() -> None:
    story = Story().running().given(e.WorkerLeft(WORKER))
    assert story.decided() == [e.JobLost(A, 1, WORKER, "left")]


def test_a_lost_attempt_runs_again_under_the_next_number_and_costs_no_attempt() -> None:
    story = Story().running(e.JobSubmitted(A, "t", max_attempts=1)).given(e.WorkerLost(WORKER))
    story.decided()
    assert story.decided() == [e.JobReleased(A, 2, 10)]
    state = story.state()
    assert isinstance(state, jobs.Ready)
    assert (state.failures, state.losses) == (0, 1)


def test_a_job_that_loses_three_workers_is_poison_and_says_so() -> None:
    story = Story(Limits(poison_attempts=3)).ready()
    for attempt, worker in enumerate(["u", "v", "w"], 1):
        story.joined(worker).given(e.JobStarted(A, attempt, worker), e.WorkerLost(worker, "killed"))
        assert story.decided() == [e.JobLost(A, attempt, worker, "killed")]
        followed = story.decided()
    (dead,) = followed
    assert isinstance(dead, e.JobDeadLettered)
    assert (dead.attempt, dead.reason) == (3, "poison")
    assert dead.error.message == "3 workers were lost while they ran it; the last one: killed"


def lost_together(story: Story, attempt: int, *job_ids: str) -> None:
    """Tell of one worker that ran these jobs and was lost, and let the scheduler say that they are."""
    worker = f"w{attempt}"
    story.joined(worker).given(*(e.JobStarted(job_id, attempt, worker) for job_id in job_ids), e.WorkerLost(worker))
    assert story.decided() == [e.JobLost(job_id, attempt, worker, "no heartbeat") for job_id in job_ids]


def test_jobs_that_lost_a_worker_together_run_together_again_the_first_time() -> None:
    story = Story().ready(e.JobSubmitted(A, "t")).ready(e.JobSubmitted(B, "t"))
    lost_together(story, 1, A, B)
    assert story.decided() == [e.JobReleased(A, 2, 10), e.JobReleased(B, 2, 10)]


def test_before_the_last_loss_suspects_are_tried_one_at_a_time() -> None:
    story = Story(Limits(poison_attempts=3))
    for job_id in (A, B, C):
        story.ready(e.JobSubmitted(job_id, "t"))
    lost_together(story, 1, A, B, C)
    story.decided()
    lost_together(story, 2, A, B, C)
    concluded = story.round()
    assert [event for proposal in concluded.proposals for event in proposal.events] == [e.JobReleased(A, 3, 10)]
    assert concluded.postponed == [B, C]
    story.given(e.JobReleased(A, 3, 10)).joined("w3").given(e.JobStarted(A, 3, "w3"), e.JobSucceeded(A, 3, "w3"))
    assert story.decided() == [e.JobReleased(B, 3, 10)]


def test_the_neighbours_of_a_poison_job_are_not_charged_for_it() -> None:
    story = Story(Limits(poison_attempts=3)).ready(e.JobSubmitted(A, "t")).ready(e.JobSubmitted(B, "t"))
    lost_together(story, 1, A, B)
    story.decided()
    lost_together(story, 2, A, B)
    assert story.decided() == [e.JobReleased(A, 3, 10)]
    lost_together(story, 3, A)
    first = story.decided()
    assert isinstance(first[0], e.JobDeadLettered)
    assert story.decided() == [e.JobReleased(B, 3, 10)]


def test_a_suspect_that_nobody_takes_does_not_hold_up_the_next_one_for_ever() -> None:
    story = Story(Limits(poison_attempts=2)).ready(e.JobSubmitted(A, "t")).ready(e.JobSubmitted(B, "t"))
    lost_together(story, 1, A, B)
    assert story.decided() == [e.JobReleased(A, 2, 10)]
    story.partition.note(B, True)
    assert story.round(after_ms=TRIAL_WAIT_MS - 1).postponed == [B]
    story.partition.note(B, True)
    assert story.decided(after_ms=1) == [e.JobReleased(B, 2, 10)]


def test_failures_between_losses_do_not_hide_the_poison() -> None:
    story = Story(Limits(poison_attempts=2)).ready(e.JobSubmitted(A, "t", max_attempts=9)).joined("u")
    story.given(e.JobStarted(A, 1, "u"), e.WorkerLost("u"))
    story.decided()
    story.decided()
    story.joined("v").given(e.JobStarted(A, 2, "v"), e.JobFailed(A, 2, "v", e.Error("E"), retry_after_ms=0))
    story.decided()
    story.decided()
    story.given(e.JobStarted(A, 3, "v"), e.WorkerLost("v"))
    story.decided()
    (dead,) = story.decided()
    assert isinstance(dead, e.JobDeadLettered)


def test_a_late_outcome_of_a_lost_attempt_changes_nothing() -> None:
    story = Story().running().given(e.WorkerLost(WORKER))
    story.decided()
    before = story.state()
    for late in (e.JobSucceeded(A, 1, WORKER), e.JobFailed(A, 1, WORKER, e.Error("E")), e.JobReturned(A, 1, WORKER)):
        assert story.given(late).state() == before


def test_an_outcome_read_after_the_worker_was_lost_but_before_its_attempt_was_counts() -> None:
    story = Story().running().given(e.WorkerLost(WORKER), e.JobSucceeded(A, 1, WORKER))
    assert story.state() is None
    assert story.decided() == []
    assert story.partition.gone == {}


def test_losing_one_worker_leaves_what_others_run() -> None:
    story = Story().running(worker="u").running(e.JobSubmitted(B, "t"), worker="v").given(e.WorkerLost("u"))
    assert story.decided() == [e.JobLost(A, 1, "u", "no heartbeat")]
    assert isinstance(story.state(B), jobs.Running)


def test_an_attempt_given_back_keeps_its_number() -> None:
    story = Story().running().given(e.JobReturned(A, 1, WORKER, "drained", back=True))
    state = story.state()
    assert isinstance(state, jobs.Ready)
    assert (state.attempt, state.placed) == (0, 10)
    assert story.decided() == []
    assert isinstance(story.given(e.JobStarted(A, 1, "v")).state(), jobs.Running)


def test_an_attempt_handed_over_is_released_anew_at_a_place_of_its_own() -> None:
    story = Story().running().given(e.JobReturned(A, 1, WORKER))
    assert story.decided() == [e.JobReleased(A, 1, 10, 1)]


EVIDENCE = e.Evidence("host", 7, 11, None, False, 0, "Fatal Python error: Segmentation fault")


def died(story: Story, attempt: int, *held: str, running: tuple[str, ...] | None) -> list[e.Event]:
    """Tell of a worker that held these jobs and died while it ran some; return what the scheduler says is lost."""
    worker = f"w{attempt}"
    story.joined(worker).given(*(e.JobStarted(job_id, attempt, worker) for job_id in held))
    story.given(e.WorkerLost(worker, "SIGSEGV", EVIDENCE, running))
    return story.decided()


def test_a_loss_is_charged_only_to_what_was_running() -> None:
    story = Story().ready().ready(e.JobSubmitted(B, "t"))
    assert died(story, 1, A, B, running=(A,)) == [
        e.JobLost(A, 1, "w1", "SIGSEGV", True, EVIDENCE),
        e.JobLost(B, 1, "w1", "SIGSEGV", False, None),
    ]
    running, waited = story.state(A), story.state(B)
    assert running is not None
    assert waited is not None
    assert (running.losses, waited.losses) == (1, 0)
    assert story.decided() == [e.JobReleased(A, 2, 10), e.JobReleased(B, 2, 10)]


def test_where_nobody_knows_what_was_running_all_are_charged() -> None:
    story = Story().ready().ready(e.JobSubmitted(B, "t"))
    died(story, 1, A, B, running=None)
    assert {job.losses for job in story.partition.jobs.values()} == {1}


def test_a_job_that_only_waited_in_workers_that_die_is_never_poison() -> None:
    story = Story(Limits(poison_attempts=3)).ready()
    for attempt in range(1, 8):
        died(story, attempt, A, running=())
        assert story.decided() == [e.JobReleased(A, attempt + 1, 10)]
    assert story.partition.casualties.against == {}


def test_a_dead_letter_of_poison_keeps_how_its_last_worker_died() -> None:
    story = Story(Limits(poison_attempts=2)).ready()
    for attempt in (1, 2):
        died(story, attempt, A, running=(A,))
        followed = story.decided()
    (dead,) = followed
    assert isinstance(dead, e.JobDeadLettered)
    assert dead.error.traceback == EVIDENCE.log
    assert dead.evidence == msgspec.structs.replace(EVIDENCE, log="")
    assert story.partition.casualties.deaths == {}
    assert story.partition.casualties.against == {}


def test_what_is_known_of_a_death_survives_a_snapshot() -> None:
    story = Story(Limits(poison_attempts=1)).ready()
    story.joined("w1").given(e.JobStarted(A, 1, "w1"), e.WorkerLost("w1", "SIGSEGV", EVIDENCE, (A,)))
    story.partition = restored(story.partition.snapshot())
    assert story.decided() == [e.JobLost(A, 1, "w1", "SIGSEGV", True, EVIDENCE)]
    story.partition = restored(story.partition.snapshot())
    (dead,) = story.decided()
    assert isinstance(dead, e.JobDeadLettered)
    assert dead.error.traceback == EVIDENCE.log
