"""A worker on a pretended EC2 instance: a real process, a metadata service of its own, and its group's hook.

moto does not know the two calls that a hook takes; `support.lifecycle_actions` takes them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from integration.worker_kit import Kit, server_kit
from journeyman.events import JobReturned, JobStarted, JobSucceeded, WorkerDraining, WorkerJoined, WorkerLeft
from journeyman.process import FAILED
from journeyman.settings import Settings
from journeyman_worker import instance as instance_module
from journeyman_worker.imds import Imds, MetadataUnavailableError
from journeyman_worker.instance import InstanceAgent
from journeyman_worker.policy import Policy
from journeyman_worker.signals import Signals
from support.aws import MotoServer
from support.fake_imds import FakeImds
from support.lifecycle_actions import COMPLETE, HEARTBEAT, Action, LifecycleActions
from support.servers import TestServer, free_port
from support.waiting import wait_for

INSTANCE = "i-0123456789abcdef0"
JOBS = """
import pathlib, time
import journeyman_worker as jm

@jm.job("until")
def until(path: str):
    while not pathlib.Path(path).exists():
        time.sleep(0.01)
"""


@pytest.fixture
def kit(server: TestServer, tmp_path: Path) -> Iterator[Kit]:
    with server_kit(server.url, tmp_path) as kit:
        yield kit


@pytest.fixture
def imds() -> Iterator[FakeImds]:
    imds = FakeImds(INSTANCE)
    yield imds
    imds.close()


@pytest.fixture
def actions() -> Iterator[LifecycleActions]:
    actions = LifecycleActions()
    yield actions
    actions.close()


class Machine:
    """`python -m journeyman_worker` on an instance whose metadata are `imds`."""

    def __init__(self, server: TestServer, directory: Path, environ: dict[str, str], **settings: str) -> None:
        (directory / "jobs_on_an_instance.py").write_text(JOBS)
        settings = {
            "redis_url": server.url,
            "durability": "memory",
            "data_dir": str(directory),
            "worker_threads": "2",
            "drain_timeout_ms": "60000",
            **settings,
        }
        self.go_on = directory / "go-on"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "journeyman_worker", "jobs_on_an_instance"],
            cwd=directory,
            env={**os.environ, **environ, **{f"JOURNEYMAN_{name.upper()}": value for name, value in settings.items()}},
        )

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def shut_down(self) -> int:
        """End it as an instance does that goes down: SIGTERM; return its exit code."""
        if self.runs:
            self.process.terminate()
        return self.process.wait(30)


Start = Callable[..., Machine]


@pytest.fixture
def start(
    server: TestServer, kit: Kit, tmp_path: Path, aws: MotoServer, imds: FakeImds, actions: LifecycleActions
) -> Iterator[Start]:
    """Start a worker on the instance, wait until it has joined and runs one job that waits for `go_on`."""
    machines: list[Machine] = []

    def start(**settings: str) -> Machine:
        on_ec2 = {
            "instance_metadata": "imds",
            "instance_metadata_url": imds.url,
            "autoscaling_group": "workers",
            "lifecycle_hook": "drain",
        }
        machine = Machine(server, tmp_path, aws.environ(actions.url), **(on_ec2 | settings))
        machines.append(machine)
        kit.broker.submit("until", {"path": str(machine.go_on)}, policy=Policy())
        kit.wait_for_event(JobStarted)
        return machine

    yield start
    for machine in machines:
        machine.process.terminate()
        machine.process.terminate()
        try:
            machine.process.wait(20)
        except subprocess.TimeoutExpired:
            machine.process.kill()
            machine.process.wait()


def test_an_instance_that_its_group_takes_away_drains_and_is_let_go(
    kit: Kit, imds: FakeImds, actions: LifecycleActions, start: Start
) -> None:
    machine = start()
    assert kit.wait_for_event(WorkerJoined).instance == INSTANCE

    imds.target_state = "Terminated"
    kit.wait_for_event(WorkerDraining)
    wait_for(lambda: actions.of(HEARTBEAT), "the hook to be extended")
    assert actions.of(COMPLETE) == []
    machine.go_on.touch()
    wait_for(lambda: actions.of(COMPLETE), "the hook to be completed")

    assert kit.events(JobSucceeded)
    assert kit.events(WorkerLeft)
    assert actions.of(COMPLETE) == [Action(COMPLETE, "workers", "drain", INSTANCE, "CONTINUE")]
    assert machine.runs
    assert machine.shut_down() == 0
    assert len(kit.events(WorkerJoined)) == len(kit.events(JobStarted)) == 1


def test_a_spot_notice_drains_and_leaves_no_worker_behind(
    kit: Kit, imds: FakeImds, actions: LifecycleActions, start: Start
) -> None:
    machine = start()

    imds.interrupt(within_s=120)
    kit.wait_for_event(WorkerDraining)
    machine.go_on.touch()
    kit.wait_for_event(WorkerLeft)

    assert kit.events(JobSucceeded)
    assert machine.runs
    assert machine.shut_down() == 0
    assert actions.actions == []


def test_what_runs_in_the_last_seconds_of_a_spot_instance_is_handed_back(
    kit: Kit, imds: FakeImds, start: Start
) -> None:
    machine = start()

    imds.interrupt(within_s=15)
    returned = kit.wait_for_event(JobReturned)
    kit.wait_for_event(WorkerLeft)

    assert (returned.reason, returned.back) == ("drained", True)
    assert machine.shut_down() == 0


def test_after_a_recommendation_to_rebalance_it_drains_and_waits_to_be_taken_away(
    kit: Kit, imds: FakeImds, actions: LifecycleActions, start: Start
) -> None:
    machine = start()

    imds.recommend_to_rebalance()
    kit.wait_for_event(WorkerDraining)
    machine.go_on.touch()
    kit.wait_for_event(WorkerLeft)
    assert actions.actions == []

    actions.away = True
    imds.target_state = "Terminated"
    wait_for(lambda: actions.refused > 1, "a completion that fails to be tried again")
    actions.away = False
    wait_for(lambda: actions.of(COMPLETE), "the hook to be completed")
    assert machine.shut_down() == 0


def test_a_service_that_is_stopped_drains_and_ends_and_lets_go_what_is_held(
    kit: Kit, imds: FakeImds, actions: LifecycleActions, start: Start
) -> None:
    machine = start()

    machine.process.terminate()
    kit.wait_for_event(WorkerDraining)
    imds.target_state = "Terminated"
    machine.go_on.touch()

    assert machine.process.wait(30) == 0
    assert actions.of(COMPLETE)


def test_without_being_told_to_no_metadata_are_asked_for(kit: Kit, imds: FakeImds, start: Start) -> None:
    machine = start(instance_metadata="off")
    machine.go_on.touch()
    kit.wait_for_event(JobSucceeded)

    assert machine.shut_down() == 0
    assert kit.wait_for_event(WorkerJoined).instance == ""
    assert imds.given == 0


# --- in this process ---------------------------------------------------------------------------------------


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance_module, "POLL_S", 0.02)
    monkeypatch.setattr(instance_module, "ID_WITHIN_S", 0.0)


@pytest.mark.usefixtures("_quick")
def test_a_recommendation_that_nothing_follows_has_the_worker_started_anew(
    imds: FakeImds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instance_module, "REBALANCE_WITHIN_S", 0.1)
    signals = Signals(SimpleQueue())
    agent = InstanceAgent(Imds(imds.url), Settings())
    agent.watch(signals)
    imds.recommend_to_rebalance()
    wait_for(lambda: signals.stopping, "a drain to be asked for")
    assert agent.finish(0, signals) == FAILED

    time.sleep(0.001)
    again, next_signals = InstanceAgent(Imds(imds.url), Settings()), Signals(SimpleQueue())
    assert again.finish(0, next_signals) == 0


@pytest.mark.usefixtures("_quick")
def test_metadata_that_do_not_answer_keep_nobody_from_working(caplog: pytest.LogCaptureFixture) -> None:
    signals = Signals(SimpleQueue())
    agent = InstanceAgent(Imds(f"http://127.0.0.1:{free_port()}"), Settings())
    agent.watch(signals)

    wait_for(lambda: "whether this instance is taken away cannot be asked for" in caplog.text, "the trouble to be told")
    assert agent.instance == ""
    assert agent.finish(0, signals) == 0
    assert not signals.stopping


def test_a_token_that_is_no_longer_taken_is_fetched_anew(imds: FakeImds) -> None:
    asked = Imds(imds.url)
    assert asked.get("instance-id") == INSTANCE
    assert asked.get("spot/instance-action") is None
    imds.forget_tokens()

    assert asked.get("instance-id") == INSTANCE
    assert imds.given == 2


def test_metadata_that_do_not_answer_in_time_are_not_waited_for() -> None:
    with pytest.raises(MetadataUnavailableError):
        Imds(f"http://127.0.0.1:{free_port()}").get("instance-id")
