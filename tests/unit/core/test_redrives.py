"""Redrives that stop: when too many of their jobs fail again, those that have not started become dead letters again."""

from __future__ import annotations

from journeyman import events as e
from journeyman import jobs, redrives
from journeyman.decide import ROUND_MAX
from journeyman.proposals import Bury, Standing, Void, place
from journeyman.verify import verify
from support import drain
from support.given import WORKER, A, B, C, Story, job_id
from support.redrives import assert_stopped_as_told
from support.simulated_clients import Order, SimulatedClient
from support.simulated_workers import SimulatedWorker
from support.simulation import SimulatedScheduler, World
from support.snapshots import assert_same_state, restored

FORMER = e.Error("Boom", "", "", "f00d")
NAME = "r-1"


def dead(job: str) -> tuple[e.Event, ...]:
    """Tell how a job became a dead letter."""
    return e.JobSubmitted(job, "t", max_attempts=1), e.JobDeadLettered(job, 1, "permanent", FORMER)


def redriven(job: str, due_ms: int = 0, *, stop: int = 1, name: str = NAME, generation: int = 2) -> e.JobRedriven:
    return e.JobRedriven(
        job, generation, 1, "t", "default", 10, 1, due_ms=due_ms, redrive=name, stop_on_failures=stop, error=FORMER
    )


def canary(*waiting: str, stop: int = 1) -> Story:
    """Tell of a redrive of which A runs and the others wait for their time."""
    story = Story().joined(WORKER)
    later = story.now_ms + 60_000
    story.given(*(event for job in (A, *waiting) for event in dead(job)))
    story.given(redriven(A, stop=stop), *(redriven(job, later, stop=stop) for job in waiting))
    assert story.decided() == [e.JobReleased(A, 2, 10, generation=2)]
    return story.given(e.JobStarted(A, 2, WORKER))


def fails(story: Story, job: str, attempt: int = 2) -> Story:
    """Tell that a job fails for good, and let the scheduler bury it."""
    story.given(e.JobFailed(job, attempt, WORKER, FORMER, 0, False))
    assert [event.reason for event in story.decided() if isinstance(event, e.JobDeadLettered)] == ["permanent"]
    return story


def test_jobs_that_wait_become_dead_letters_again_with_the_error_they_had() -> None:
    story = fails(canary(B, C), A)
    (proposal,) = story.round().proposals
    for job, event in zip((B, C), proposal.events, strict=True):
        assert isinstance(event, e.JobDeadLettered)
        assert (event.job_id, event.attempt, event.reason) == (job, 1, "redrive_stopped")
        assert (event.error.type, event.error.fingerprint) == ("Boom", "f00d")
        assert "redrive r-1" in event.error.message
    assert proposal.effects == tuple(Bury(job, 1, 2, "t", "default", "Boom", "f00d") for job in (B, C))


def test_nothing_stops_before_so_many_have_failed() -> None:
    story = fails(canary(B, stop=2), A)
    assert story.decided() == []
    assert isinstance(story.state(B), jobs.Scheduled)


def test_a_job_that_completes_or_is_cancelled_is_no_failure() -> None:
    story = canary(B, C).given(e.JobSucceeded(A, 2, WORKER), e.JobCancelRequested(B))
    story.decided()
    assert story.decided() == []
    assert isinstance(story.state(C), jobs.Scheduled)


def test_a_failure_that_is_tried_again_is_none_yet() -> None:
    story = canary(B).given(e.JobFailed(A, 2, WORKER, FORMER, 0, True))
    # One attempt allowed: it is buried, and only then is it a failure. Retrying is not.
    assert isinstance(story.state(B), jobs.Scheduled)
    assert isinstance(story.decided()[0], e.JobDeadLettered)
    assert [event.reason for event in story.decided() if isinstance(event, e.JobDeadLettered)] == ["redrive_stopped"]


def test_a_job_that_stands_in_line_is_taken_out_if_nobody_took_it_meanwhile() -> None:
    story = canary(B)
    story.decided(after_ms=60_000)
    assert isinstance(story.state(B), jobs.Ready)
    (proposal,) = fails(story, A).round().proposals
    assert proposal.guard == Standing(B)
    assert proposal.effects == (Void(place(B, 2, 0, 2)), Bury(B, 1, 2, "t", "default", "Boom", "f00d"))


def test_a_job_that_has_started_goes_its_way() -> None:
    story = canary(B)
    story.decided(after_ms=60_000)
    story.given(e.JobStarted(B, 2, WORKER))
    fails(story, A)
    assert story.decided() == []
    story.given(e.JobReturned(B, 2, WORKER, back=True))
    assert story.decided() == []
    assert isinstance(story.state(B), jobs.Ready)


def test_a_job_that_comes_after_its_redrive_has_stopped_is_not_tried() -> None:
    story = fails(canary(), A)
    story.given(*dead(B), redriven(B))
    assert [type(event) for event in story.decided()] == [e.JobDeadLettered]


def test_what_is_asked_of_a_waiting_job_meanwhile_does_not_save_it() -> None:
    story = canary(B)
    story.given(e.JobFailed(A, 2, WORKER, FORMER, 0, False))
    story.decided()
    story.given(e.JobReprioritised(B, 20))
    assert [event.reason for event in story.decided() if isinstance(event, e.JobDeadLettered)] == ["redrive_stopped"]


def test_a_cancelled_job_is_cancelled_and_not_buried() -> None:
    story = canary(B)
    story.given(e.JobCancelRequested(B), e.JobFailed(A, 2, WORKER, FORMER, 0, False))
    assert {type(event) for event in story.decided()} == {e.JobCancelled, e.JobDeadLettered}
    assert story.decided() == []


def test_redrives_count_for_themselves() -> None:
    story = canary(B)
    story.given(*dead(C), redriven(C, story.now_ms + 60_000, name="r-2"))
    fails(story, A)
    assert [getattr(event, "job_id", "") for event in story.decided()] == [B]
    assert isinstance(story.state(C), jobs.Scheduled)


def test_a_redrive_that_was_not_told_to_stop_never_does() -> None:
    story = Story().joined(WORKER).given(*dead(A), *dead(B))
    story.given(redriven(A, stop=0), redriven(B, story.now_ms + 60_000, stop=0))
    story.decided()
    fails(story.given(e.JobStarted(A, 2, WORKER)), A)
    assert story.decided() == []
    assert story.partition.redrives.of == {}


def test_a_stop_survives_a_snapshot_and_what_was_stored_by_an_older_version_is_read() -> None:
    story = canary(B, C)
    story.given(e.JobFailed(A, 2, WORKER, FORMER, 0, False))
    story.decided()
    story.partition = restored(story.partition.snapshot())
    assert len(story.decided()) == 2
    assert_same_state(story.partition, restored(story.partition.snapshot()), "restored")


def test_many_jobs_go_back_over_several_rounds() -> None:
    many = [job_id(number) for number in range(10, 10 + ROUND_MAX + 50)]
    story = fails(canary(*many), A)
    assert len(story.decided()) == ROUND_MAX
    assert len(story.decided()) == 50
    assert story.partition.redrives.of == {}


def test_a_redrive_that_is_over_is_forgotten_when_another_begins() -> None:
    story = fails(canary(), A)
    assert set(story.partition.redrives.snapshot()) == {NAME}
    story.given(*dead(B), redriven(B, name="r-2"), after_ms=redrives.KEPT_MS + 1)
    assert set(story.partition.redrives.snapshot()) == {"r-2"}


def test_no_more_redrives_are_kept_than_a_bound() -> None:
    story = fails(canary(), A)
    for number in range(redrives.OVER_MAX + 10):
        generation = number + 2
        story.given(
            *dead(B), redriven(B, name=f"r-{number}", generation=generation), e.JobDeadLettered(B, 1, "x", FORMER)
        )
    assert len(story.partition.redrives.snapshot()) <= redrives.OVER_MAX


def test_over_a_log_nothing_is_lost_and_the_rest_of_the_redrive_waits_for_a_person_again() -> None:
    world = World()
    client, scheduler = SimulatedClient(world), SimulatedScheduler("s", world)
    worker = SimulatedWorker(world, "w", ["mail"], ["a"])

    def work_off(gap_ms: int) -> None:
        for _ in range(20):
            drain.settled([scheduler])
            claimed = worker.claim(1)
            assert claimed is not None
            worker.say([(job.body.job_id, "fail for good") for job in claimed.jobs])
            drain.settled([scheduler])
            drain.pass_time(world, [worker], gap_ms)

    client.submit([Order(max_attempts=1)] * 10)
    work_off(0)
    assert len(list(world.log.dead_letters())) == 10
    client.redrive_together(2, 400)
    work_off(400)

    reasons = [event.reason for event in world.events()[-40:] if isinstance(event, e.JobDeadLettered)]
    assert reasons[-10:] == ["permanent", "permanent", *["redrive_stopped"] * 8]
    assert assert_stopped_as_told(world.whole_log()) == 8
    letters = {letter.job_id: letter for letter in world.log.dead_letters()}
    assert len(letters) == 10
    assert sum(letter.fingerprint == letter.job_id for letter in letters.values()) == 8, "the error each had"
    assert {letter.generation for letter in letters.values()} == {2}

    client.redrive_together(20, 0)
    drain.heal_and_drain(world, [scheduler], ["mail"], ["a"])
    drain.assert_all_ended(world, client.ids)
    assert verify(world.whole_log()).violations == []
