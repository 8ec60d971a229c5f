"""A scheduler's rhythm over a log: a round at a time, on what was read, repeated after a lost reply, in one epoch."""

from __future__ import annotations

import msgspec
import pytest

from journeyman import events as e
from journeyman import jobs
from journeyman.decide import Limits
from journeyman.errors import EpochPassedError, ServerUnavailableError
from journeyman.ids import compose
from journeyman.partition import Partition
from journeyman.proposals import Proposal, Store
from journeyman.scheduling import AGAIN_MS, Scheduling
from journeyman.snapshot import Snapshot
from support.simulated_clients import Order, SimulatedClient
from support.simulated_workers import SimulatedWorker
from support.simulation import HEARTBEAT_TIMEOUT_MS, SimulatedScheduler, World


class Place:
    """A world with one scheduler that leads, a client and a worker."""

    def __init__(self) -> None:
        self.world = World()
        self.client = SimulatedClient(self.world)
        self.worker = SimulatedWorker(self.world, "w", ["mail"], ["a"])
        self.scheduler = SimulatedScheduler("s", self.world)
        self.settle()

    def settle(self) -> None:
        while self.scheduler.turn():
            pass

    def job(self, **order: object) -> str:
        self.client.submit([Order(**order)])  # type: ignore[arg-type]
        return self.client.ids[-1]

    def tags(self, job_id: str) -> list[str]:
        return [e.tag_of(event) for event in self.world.events() if getattr(event, "job_id", "") == job_id]

    def state(self, job_id: str) -> jobs.Job | None:
        return self.scheduler.partition.jobs.get(job_id)


@pytest.fixture
def place() -> Place:
    return Place()


def test_nothing_is_decided_before_the_last_decision_was_read_back(place: Place) -> None:
    place.job(delay_ms=10)
    place.settle()
    place.world.now_ms += 10
    assert place.scheduler.decide() is True
    assert place.scheduler.decide() is False
    place.settle()
    assert place.tags(place.client.ids[0]).count("job.released") == 1


@pytest.mark.parametrize("lose", ["request", "reply"])
def test_a_commit_is_repeated_after_a_lost_reply_and_happens_once(place: Place, lose: str) -> None:
    job_id = place.job(delay_ms=10)
    place.settle()
    place.world.now_ms += 10
    place.world.log.lose = lose
    place.settle()
    assert place.tags(job_id) == ["job.submitted", "job.released"]


def test_what_is_read_between_a_lost_commit_and_its_repetition_is_decided_too(place: Place) -> None:
    job_id = place.job()
    place.client.change("cancel", 0, 0)
    place.worker.claim(1)
    place.world.log.lose = "request"
    place.scheduler.turn()
    place.worker.leave()
    place.settle()
    assert place.tags(job_id)[-2:] == ["job.lost", "job.cancelled"]


def test_what_a_passed_epoch_left_undecided_is_decided_in_the_next_term(place: Place) -> None:
    job_id = place.job(delay_ms=10)
    place.settle()
    place.world.now_ms += 10
    place.world.log.lose = "request"
    place.scheduler.decide()
    place.world.log.lose_lease()
    place.world.now_ms += HEARTBEAT_TIMEOUT_MS // 2
    place.worker.beat()
    place.settle()
    assert place.scheduler.epoch == 2
    assert place.tags(job_id) == ["job.submitted", "job.released"]


def test_an_ex_leader_writes_nothing_and_stands_by(place: Place) -> None:
    job_id = place.job(delay_ms=10)
    place.settle()
    place.world.log.lose_lease()
    other = SimulatedScheduler("other", place.world)
    other.turn()
    place.world.now_ms += 10
    end = place.world.log.end()
    with pytest.raises(EpochPassedError):
        place.scheduler.scheduling.settle(1, place.world.now_ms)
    assert place.world.log.end() == end
    while other.turn():
        pass
    assert place.tags(job_id) == ["job.submitted", "job.released"]
    place.scheduler.follow_to_the_end()
    assert isinstance(place.state(job_id), jobs.Ready)


def test_a_refused_decision_is_looked_at_again(place: Place) -> None:
    job_id = place.job()
    place.client.change("cancel", 0, 0)
    place.scheduler.scheduling.follow()
    place.worker.claim(1)
    settled = place.scheduler.scheduling.settle(1, place.world.now_ms)
    assert settled is not None
    assert (settled.accepted, settled.refused) == (0, 1)
    assert place.scheduler.scheduling.idle_ms(place.world.now_ms, 60_000) <= AGAIN_MS
    place.worker.say([(job_id, "give back")])
    place.settle()
    assert place.tags(job_id)[-1] == "job.cancelled"


def test_a_move_decided_on_old_news_is_refused_when_the_attempt_is_over(place: Place) -> None:
    job_id = place.job()
    place.client.change("reprioritise", 0, 20)
    place.scheduler.scheduling.follow()
    place.worker.claim(1)
    place.worker.say([(job_id, "fail")])
    place.scheduler.decide()
    assert place.tags(job_id).count("job.released") == 1
    place.settle()
    place.world.now_ms += 500
    place.settle()
    place.worker.claim(1)
    assert [job.attempt for job in place.worker.holding.values()] == [2]


def test_jobs_cancelled_and_redriven_in_a_paused_queue_run_once(place: Place) -> None:
    place.client.gate("mail", is_open=False)
    job_id = place.job()
    for _ in range(3):
        place.client.change("cancel", 0, 0)
        place.settle()
        place.client.change("redrive", 0, 0)
        place.settle()
    place.client.gate("mail", is_open=True)
    place.worker.claim(10)
    place.worker.say([(job_id, "fail")])
    assert place.worker.claim(10) is not None
    assert place.worker.holding == {}


def test_a_child_of_a_parent_that_was_redriven_meanwhile_is_not_told_that_it_is_unknown(place: Place) -> None:
    parent = place.job()
    place.client.change("cancel", 0, 0)
    place.settle()
    child = place.job(parents=[0])
    place.client.redrive(parent, place.world.log.outcomes([parent]))
    place.settle()
    cancelled = [event for event in place.world.events() if isinstance(event, e.JobCancelled)][-1]
    assert (cancelled.job_id, cancelled.reason) == (child, "dependency")
    assert cancelled.error is not None
    assert cancelled.error.message.endswith("had failed or been cancelled, and is being tried again")


def test_a_silent_worker_is_lost_within_the_timeout_and_its_job_runs_elsewhere(place: Place) -> None:
    job_id = place.job()
    place.worker.claim(1)
    place.world.now_ms += HEARTBEAT_TIMEOUT_MS - 1
    place.settle()
    assert "job.lost" not in place.tags(job_id)
    place.world.now_ms += 1
    place.settle()
    assert place.tags(job_id)[-2:] == ["job.lost", "job.released"]


def test_a_scheduler_without_a_server_waits_with_its_decision(place: Place) -> None:
    place.job(delay_ms=10)
    place.settle()
    place.world.now_ms += 10
    place.world.log.lose = "request"
    with pytest.raises(ServerUnavailableError):
        place.scheduler.scheduling.settle(1, place.world.now_ms)
    assert place.scheduler.scheduling.settle(1, place.world.now_ms) is not None


def test_idle_time_ends_with_the_next_timer(place: Place) -> None:
    idle = place.scheduler.scheduling.idle_ms
    assert idle(place.world.now_ms, 500) == 500
    place.job(delay_ms=120)
    place.settle()
    assert idle(place.world.now_ms, 500) == 120
    assert idle(place.world.now_ms + 10_000, 500) == 0


def test_a_fact_of_the_scheduler_is_committed_under_its_epoch(place: Place) -> None:
    fact = Proposal((e.LogTrimmed("1-0", 5),))
    place.scheduler.scheduling.state_fact(fact, 1, place.world.now_ms)
    assert place.world.whole_log()[-1].epoch == 1
    place.settle()
    assert place.scheduler.scheduling.settle(1, place.world.now_ms) is None


def test_a_scheduler_that_reads_the_log_anew_decides_nothing_again(place: Place) -> None:
    job_id = place.job(delay_ms=10)
    place.world.inject(b"\xc1")
    place.world.now_ms += 10
    place.settle()
    end = place.world.log.end()
    again = SimulatedScheduler("again", place.world, Partition())
    place.world.log.lose_lease()
    while again.turn():
        pass
    assert e.tag_of(place.world.events()[-1]) == "scheduler.elected"
    assert len(place.world.log.read(end)) == 1
    assert place.tags(job_id).count("job.released") == 1


def test_jobs_that_asked_for_the_same_share_one_plan_after_a_restore_too() -> None:
    before = Partition()
    jobs_ = [e.JobSubmitted(compose(1, number, 0), "t", due_ms=10**15) for number in range(2)]
    before.apply(e.Entry(e.Offset(1, 0), list(jobs_)))
    snapshot = msgspec.msgpack.decode(msgspec.msgpack.encode(before.snapshot()), type=Snapshot)
    first, second = Partition.restore(snapshot).jobs.values()
    assert first.plan is second.plan


def test_a_job_that_is_due_as_it_is_read_is_released_by_a_clock_that_lags(place: Place) -> None:
    log, now_ms = place.world.log, place.world.now_ms
    scheduling = Scheduling(log, Limits(), heartbeat_timeout_ms=HEARTBEAT_TIMEOUT_MS)
    job = e.JobSubmitted(compose(now_ms, 7, 0), "a", "mail", due_ms=now_ms)
    log.append([Proposal((job,), None, (Store((job.job_id,)),))], caller="late", number=1)
    while scheduling.follow():
        pass
    epoch = place.scheduler.partition.epoch
    assert scheduling.settle(epoch, now_ms - 40) is not None
    assert place.tags(job.job_id) == ["job.submitted", "job.released"]
