"""Jobs that reach a worker through SQS: once each, in order of priority, and no message outlives its job."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

import journeyman_worker as jm
from integration.worker_kit import Kit, server_kit
from journeyman.events import JobReturned, JobStarted, JobSucceeded, QueuePaused, QueueResumed
from journeyman.ids import partition_of
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Gate, Push, Void, place
from journeyman_worker.sqs.courier import couriers
from journeyman_worker.station import Station
from support.aws import MotoServer
from support.sqs import CLASS_NAMES, Amazon
from support.transport import TRANSPORT
from support.waiting import wait_for

NEVER_S = 3_600.0
WAIT_S = 60.0
rarer = pytest.mark.skipif(TRANSPORT != "sqs", reason="`make test-sqs` runs it")


class Through:
    """A kit whose workers have their jobs through SQS."""

    def __init__(self, kit: Kit, amazon: Amazon, open_: ExitStack) -> None:
        self.kit = kit
        self.amazon = amazon
        self._open = open_
        self._couriers = couriers(amazon.settings)

    def forward(self, sweep_s: float = NEVER_S) -> None:
        """Begin to hand jobs to SQS, until the end of the test."""
        for log in self.kit.logs:
            assert isinstance(log, RedisLog)
            self._open.enter_context(self.amazon.forwarding(log, sweep_s))

    @contextmanager
    def worker(self, **options: Any) -> Iterator[Station]:
        with self.kit.worker(couriers=self._couriers, **options) as station:
            yield station

    def sent(self, count: int) -> None:
        """Wait until so many messages wait."""
        wait_for(lambda: self.amazon.total() == count, f"{count} messages", timeout_s=WAIT_S)

    def done(self, *job_ids: str) -> None:
        """Wait until these have completed, and no message is left."""
        want = set(job_ids)
        wait_for(
            lambda: want <= {event.job_id for event in self.kit.events(JobSucceeded)}, "the jobs", timeout_s=WAIT_S
        )
        self.sent(0)

    def starts(self) -> list[str]:
        return [event.job_id for event in self.kit.events(JobStarted)]


@pytest.fixture
def through(
    request: pytest.FixtureRequest, aws: MotoServer, aws_environ: dict[str, str], server_url: str, tmp_path: Path
) -> Iterator[Through]:
    assert aws_environ
    partitions = getattr(request, "param", 1)
    amazon = Amazon(aws, server_url, tmp_path, partitions=partitions)
    with server_kit(server_url, tmp_path, partitions) as kit, ExitStack() as open_:
        yield Through(kit, amazon, open_)


def test_jobs_run_once_and_their_messages_go(through: Through) -> None:
    ran: list[int] = []

    @jm.job("note", broker=through.kit.broker)
    def note(number: int) -> None:
        ran.append(number)

    through.forward()
    with through.worker():
        ids = [note.submit(number) for number in range(40)]
        through.done(*ids)
    assert sorted(ran) == list(range(40))
    assert sorted(through.starts()) == sorted(ids)


def test_a_higher_class_goes_first_whatever_came_first(through: Through) -> None:
    @jm.job("note", broker=through.kit.broker)
    def note() -> None:
        pass

    through.forward()
    ids = {priority: note.submit_with_options(priority=priority) for priority in (0, 10, 15, 20)}
    for name in CLASS_NAMES:
        wait_for(lambda name=name: through.amazon.count(name) == 1, name, timeout_s=WAIT_S)  # type: ignore[misc]
    with through.worker(threads=1):
        through.done(*ids.values())
    assert through.starts() == [ids[priority] for priority in (20, 15, 10, 0)]


def test_what_was_cancelled_or_moved_meanwhile_starts_as_the_log_has_it(through: Through) -> None:
    @jm.job("note", broker=through.kit.broker)
    def note() -> None:
        pass

    through.forward()
    cancelled, moved, twice = (note.submit() for _ in range(3))
    through.sent(3)
    there = place(moved, 1, 1)
    through.kit.append(
        effects=(Void(place(cancelled, 1)), Void(place(moved, 1)), Push("default", 20, "note", (there,)))
    )
    for wanted in through.amazon.take("normal"):
        for _ in range(2):
            through.amazon.put("normal", wanted)
    through.amazon.put("critical", wanted._replace(priority=20, place=there))
    with through.worker():
        through.done(moved, twice)
    assert sorted(through.starts()) == sorted([moved, twice])


def test_a_message_is_hidden_for_as_long_as_its_job_runs(through: Through) -> None:
    release = threading.Event()

    @jm.job("wait", broker=through.kit.broker)
    def wait() -> None:
        release.wait(60)

    through.forward()
    with through.worker(threads=1), through.worker(threads=1):
        job = wait.submit()
        through.kit.wait_for_event(JobStarted, job)
        began = through.kit.log.now_ms()
        # Longer than the time for which a message is hidden when it is received.
        wait_for(lambda: through.kit.log.now_ms() - began > 2_600, "time to pass")
        assert not through.amazon.bodies("normal")
        assert through.amazon.count("normal") == 1
        release.set()
        through.done(job)
    assert through.starts() == [job]


def test_a_large_payload_travels_by_reference(through: Through) -> None:
    text = "x" * 1_000_000

    @jm.job("measure", broker=through.kit.broker)
    def measure(text: str) -> int:
        return len(text)

    through.forward()
    job = measure.submit(text)
    through.sent(1)
    [body] = through.amazon.bodies("normal")
    assert len(body) < 1_000
    through.amazon.put("normal", body)
    with through.worker():
        through.done(job)
    assert through.kit.wait_for_event(JobSucceeded, job).result == "1000000"


def test_a_job_of_a_paused_queue_waits_for_the_queue_and_starts_then(through: Through) -> None:
    @jm.job("note", broker=through.kit.broker)
    def note() -> None:
        pass

    through.forward()
    through.kit.append(QueuePaused("default"), effects=(Gate("default", open=False),))
    with through.worker():
        job = note.submit()
        through.kit.wait_for_event(JobSucceeded, note.submit_with_options(queue="other"))
        through.sent(0)
        assert job not in through.starts()
        through.kit.append(QueueResumed("default"), effects=(Gate("default", open=True),))
        through.done(job)


@rarer
def test_what_a_worker_has_no_use_for_reaches_one_that_has(through: Through) -> None:
    @jm.job("note", broker=through.kit.broker)
    def note() -> None:
        pass

    through.forward(sweep_s=1.0)
    with through.worker(queues=("left",)), through.worker(queues=("right",)):
        ids = [note.submit_with_options(queue=queue) for queue in ("left", "right") * 3]
        through.done(*ids)
    assert sorted(through.starts()) == sorted(ids)


@rarer
def test_a_job_that_a_drained_worker_gave_back_runs_elsewhere(through: Through) -> None:
    release = threading.Event()

    @jm.job("wait", broker=through.kit.broker)
    def wait() -> None:
        release.wait(60)

    through.forward()
    with through.worker(threads=1, drain_timeout_ms=1):
        job = wait.submit()
        through.kit.wait_for_event(JobStarted, job)
    assert through.kit.wait_for_event(JobReturned, job).back
    through.sent(1)
    release.set()
    with through.worker():
        through.done(job)


@rarer
@pytest.mark.parametrize("through", [2], indirect=True)
def test_partitions_have_queues_of_their_own(through: Through) -> None:
    @jm.job("note", broker=through.kit.broker)
    def note() -> None:
        pass

    through.forward()
    ids = [note.submit() for _ in range(4)]
    wait_for(lambda: [through.amazon.total(partition) for partition in (0, 1)] == [2, 2], "messages", timeout_s=WAIT_S)
    with through.worker():
        for job_id in ids:
            through.kit.of(partition_of(job_id)).wait_for_event(JobSucceeded, job_id)
        wait_for(lambda: not any(through.amazon.total(partition) for partition in (0, 1)), timeout_s=WAIT_S)
