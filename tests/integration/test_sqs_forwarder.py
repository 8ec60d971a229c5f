"""What the scheduler's forwarder sends to SQS: every place that may start, and again whatever may have been missed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journeyman import events as e
from journeyman.aws import forget_session
from journeyman.ids import compose
from journeyman.log.api import Fate, Wanted
from journeyman.log.connect import connect
from journeyman.log.keys import FORWARDER
from journeyman.log.redis_log import RedisLog
from journeyman.log.turns import RedisTurn
from journeyman.proposals import Gate, Proposal, Push, Release, Valve, Void, place
from support.aws import MotoServer, aws_settings
from support.driver import QUEUE, TYPE, Driver, failed, given_back
from support.sqs import Amazon
from support.tcp_proxy import TcpProxy
from support.waiting import wait_for

NEVER_S = 3_600.0
WAIT_S = 60.0


@pytest.fixture
def log(server_url: str) -> Iterator[RedisLog]:
    log = RedisLog(connect(server_url))
    yield log
    log.close()


@pytest.fixture
def driver(log: RedisLog) -> Driver:
    driver = Driver(log)
    driver.join()
    return driver


@pytest.fixture
def amazon(aws: MotoServer, aws_environ: dict[str, str], server_url: str, tmp_path: Path) -> Amazon:
    return Amazon(aws, server_url, tmp_path)


def at(job_id: str, priority: int = 10, attempt: int = 1, moves: int = 0, generation: int = 1) -> Wanted:
    return Wanted(QUEUE, priority, TYPE, place(job_id, attempt, moves, generation))


def wait_for_places(amazon: Amazon, *places: Wanted, name: str = "normal") -> None:
    """Wait until a queue had these, and no others."""
    found: set[Wanted] = set()

    def all_there() -> bool:
        found.update(amazon.take(name))
        return found >= set(places)

    wait_for(all_there, f"{len(places)} places in {name}", timeout_s=WAIT_S)
    assert found == set(places)


def test_what_is_released_goes_to_the_queue_of_its_class(driver: Driver, log: RedisLog, amazon: Amazon) -> None:
    before = driver.submitted()
    with amazon.forwarding(log, NEVER_S):
        wait_for_places(amazon, at(before))
        jobs = [driver.job(priority=priority) for priority in range(21)]
        driver.submit(*jobs)
        for name, priorities in {"critical": [20], "high": range(15, 20), "normal": range(10, 15)}.items():
            wait_for_places(amazon, *(at(jobs[index].job_id, index) for index in priorities), name=name)
        wait_for_places(amazon, *(at(jobs[index].job_id, index) for index in range(10)), name="low")


def test_retries_moves_and_redrives_are_sent_at_their_own_places(driver: Driver, log: RedisLog, amazon: Amazon) -> None:
    with amazon.forwarding(log, NEVER_S):
        job = driver.submitted()
        wait_for_places(amazon, at(job))
        [claimed] = driver.claim()
        driver.finish("w", failed(claimed))
        driver.release(job, 2)
        wait_for_places(amazon, at(job, attempt=2))
        there = place(job, 2, 1, 3)
        moved = e.JobReleased(job, 2, 20, 1, 3)
        driver.commit(Proposal((moved,), None, (Release(job), Push(QUEUE, 20, TYPE, (there,)))))
        wait_for_places(amazon, at(job, 20, 2, 1, 3), name="critical")


def test_many_at_once_are_all_sent(driver: Driver, log: RedisLog, amazon: Amazon) -> None:
    with amazon.forwarding(log, NEVER_S):
        jobs = [driver.job() for _ in range(120)]
        driver.submit(*jobs)
        wait_for_places(amazon, *(at(job.job_id) for job in jobs))


def test_one_that_died_before_it_noted_how_far_it_came_is_repeated_and_the_second_claim_finds_nothing(
    driver: Driver, log: RedisLog, amazon: Amazon
) -> None:
    with amazon.forwarding(log, NEVER_S):
        since = log.end()
        job = driver.submitted()
        wait_for_places(amazon, at(job))
    RedisTurn(log, FORWARDER).come_to(since)
    with amazon.forwarding(log, NEVER_S):
        wait_for_places(amazon, at(job))
    fates = [log.claim("w", driver.number(), 1, queues=[QUEUE], types=[TYPE], wanted=[at(job)]).fates for _ in range(2)]
    assert fates == [[Fate.STARTED], [Fate.GONE]]


def test_only_one_has_the_turn_and_another_takes_over(driver: Driver, log: RedisLog, amazon: Amazon) -> None:
    with amazon.forwarding(log, NEVER_S):
        from journeyman_scheduler.sqs.forwarder import Forwarder

        second = Forwarder(log, amazon.settings, "second", NEVER_S)
        second.start()
        try:
            wait_for_places(amazon, at(driver.submitted()))
            assert second.status() == "another scheduler hands jobs to SQS"
        finally:
            second.stop()
    with amazon.forwarding(log, NEVER_S) as third:
        wait_for_places(amazon, at(driver.submitted()))
        assert third.status() == "handing jobs to SQS"


def test_the_log_is_kept_for_it(driver: Driver, log: RedisLog, amazon: Amazon) -> None:
    with amazon.forwarding(log, NEVER_S):
        driver.submitted()
        wait_for(lambda: log.readers().get(FORWARDER) == log.end(), "it to say how far it has read")


def test_what_was_purged_is_sent_again(driver: Driver, log: RedisLog, amazon: Amazon) -> None:
    jobs = [driver.submitted() for _ in range(30)]
    with amazon.forwarding(log):
        wait_for(lambda: amazon.count("normal") >= len(jobs), "messages", timeout_s=WAIT_S)
        amazon.client.purge_queue(QueueUrl=amazon.url("normal"))
        wait_for_places(amazon, *(at(job) for job in jobs))


def test_a_queue_that_was_deleted_is_made_again(driver: Driver, log: RedisLog, amazon: Amazon) -> None:
    with amazon.forwarding(log):
        amazon.client.delete_queue(QueueUrl=amazon.url("normal"))
        job = driver.submitted()
        wait_for(lambda: amazon.is_there("normal"), "the queue", timeout_s=WAIT_S)
        wait_for_places(amazon, at(job))


def test_what_may_start_again_is_sent_again(driver: Driver, log: RedisLog, amazon: Amazon) -> None:
    with amazon.forwarding(log, NEVER_S):
        other, job = driver.submitted("other", "elsewhere"), driver.submitted()
        wait_for(lambda: amazon.count("normal") == 2, "messages", timeout_s=WAIT_S)
        assert {wanted.place for wanted in amazon.take("normal")} == {place(other, 1), place(job, 1)}
        driver.append(Proposal((e.QueuePaused(QUEUE),), None, (Gate(QUEUE, open=False),)))
        driver.append(Proposal((e.QueueResumed(QUEUE),), None, (Gate(QUEUE, open=True),)))
        wait_for_places(amazon, at(job))
        driver.append(Proposal((e.BreakerOpened(TYPE, "manual"),), None, (Valve(TYPE, "manual"),)))
        driver.append(Proposal((e.BreakerClosed(TYPE, "manual"),), None, (Valve(TYPE),)))
        wait_for_places(amazon, at(job))
        driver.append(Proposal((e.BreakerHalfOpened(TYPE, 1),), None, ()))
        wait_for_places(amazon, at(job))
        [claimed] = driver.claim()
        driver.finish("w", given_back(claimed))
        wait_for_places(amazon, at(job))


def test_nothing_of_a_paused_queue_is_swept(driver: Driver, log: RedisLog, amazon: Amazon) -> None:
    driver.append(Proposal((e.QueuePaused(QUEUE),), None, (Gate(QUEUE, open=False),)))
    with amazon.forwarding(log):
        paused, sentinel = driver.submitted(), None
        wait_for_places(amazon, at(paused))
        driver.join("v", ("open",), ("t",))
        sentinel = Wanted("open", 10, "t", place(driver.submitted("t", "open"), 1))
        wait_for_places(amazon, sentinel)
        wait_for_places(amazon, sentinel)


def test_while_sqs_is_away_it_says_so_and_then_catches_up(
    driver: Driver, log: RedisLog, amazon: Amazon, aws: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = TcpProxy(aws.port)
    aws_settings(aws.environ(f"http://127.0.0.1:{proxy.port}"), monkeypatch.setenv)
    try:
        with amazon.forwarding(log, NEVER_S) as forwarder:
            proxy.refuse()
            jobs = [driver.submitted() for _ in range(3)]
            wait_for(lambda: forwarder.status().startswith("not handing jobs to SQS: sqs send"), timeout_s=WAIT_S)
            assert forwarder.trouble
            proxy.heal()
            wait_for_places(amazon, *(at(job) for job in jobs))
            wait_for(lambda: not forwarder.trouble, "the trouble to be over", timeout_s=WAIT_S)
    finally:
        proxy.close()
        forget_session()


def test_what_sqs_gave_up_becomes_a_permanent_failure_where_it_still_waits(
    driver: Driver, log: RedisLog, amazon: Amazon
) -> None:
    gone, job, cancelled = driver.submitted(), driver.submitted(), driver.submitted()
    driver.claim()
    driver.append(Proposal((), None, (Void(place(cancelled, 1)),)))
    with amazon.forwarding(log):
        for wanted in (at(gone), at(job), at(cancelled), at(compose(1, 2, 3))):
            amazon.put("dead", wanted)
        wait_for(lambda: driver.tags(job)[-1] == "job.failed", "the failure", timeout_s=WAIT_S)
        wait_for(lambda: amazon.count("dead") == 0, "the dead-letter queue to be empty", timeout_s=WAIT_S)
    failures = [event for event in driver.events() if isinstance(event, e.JobFailed)]
    assert [(one.job_id, one.error.type, one.retryable) for one in failures] == [(job, "SqsReceivesExhausted", False)]
    assert [beat.worker for beat in log.beats()] == ["w"]


def test_what_only_some_workers_take_was_passed_on_and_is_sent_again(
    driver: Driver, log: RedisLog, amazon: Amazon
) -> None:
    driver.join("v", ("elsewhere",), ("other",))
    job = driver.submitted()
    with amazon.forwarding(log, SWEEP_LATE_S):
        wait_for_places(amazon, at(job))
        amazon.put("dead", at(job))
        wait_for_places(amazon, at(job))
    assert "job.failed" not in driver.tags()


def test_what_cannot_be_read_stays_in_the_dead_letter_queue(
    driver: Driver, log: RedisLog, amazon: Amazon, caplog: pytest.LogCaptureFixture
) -> None:
    with amazon.forwarding(log):
        for body in ("not base64!", "bm90IGpzb24=", "e30="):
            amazon.put("dead", body)
        wait_for(lambda: caplog.text.count("cannot be read and stays there") == 3, "log lines", timeout_s=WAIT_S)
        wait_for_places(amazon, at(driver.submitted()))
    assert amazon.count("dead") == 3


#: Looks at the dead-letter queue, and has not yet seen anything twice.
SWEEP_LATE_S = 2.0
