"""The local provider and the autoscaler's loop, with real processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from journeyman import events as e
from journeyman.admission import admit
from journeyman.log.memory_log import MemoryLog
from journeyman.proposals import Proposal
from journeyman_autoscaler.limits import Bounds
from journeyman_autoscaler.loop import Loop
from journeyman_autoscaler.policy import Limits
from journeyman_autoscaler.providers import Held, Provider
from journeyman_autoscaler.providers.local import LocalProvider
from journeyman_autoscaler.providers.none import NoProvider
from support import sleeper
from support.waiting import wait_for

SLEEPER = (sys.executable, sleeper.__file__)

Start = Callable[..., LocalProvider]


@pytest.fixture
def start() -> Iterator[Start]:
    providers = []

    def start(*options: str, drain_s: float = 10.0) -> LocalProvider:
        provider = LocalProvider((*SLEEPER, *options), os.environ, drain_s)
        providers.append(provider)
        return provider

    yield start
    for provider in providers:
        provider.close()


def sleepers() -> list[psutil.Process]:
    """Return the live sleepers that this process started, oldest first."""
    mine = []
    for process in psutil.Process().children():
        with suppress(psutil.Error):
            if sleeper.__file__ in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                mine.append(process)
    return sorted(mine, key=psutil.Process.create_time)


def test_as_many_workers_run_as_are_wanted(start: Start) -> None:
    provider = start()

    provider.apply(3, {})
    wait_for(lambda: (provider.count(), len(sleepers())) == (3, 3), "three workers")
    provider.apply(3, {})
    assert len(sleepers()) == 3


def test_a_worker_that_died_is_replaced(start: Start) -> None:
    provider = start()
    provider.apply(1, {})
    first = sleepers()[0]
    first.kill()

    def replaced() -> bool:
        provider.apply(1, {})
        return [process.pid for process in sleepers()] not in ([], [first.pid])

    wait_for(replaced, "another worker process")


def test_a_worker_that_keeps_dying_young_is_started_ever_more_slowly(start: Start) -> None:
    now = [0.0]
    provider = LocalProvider((sys.executable, "-c", ""), os.environ, 1.0, clock=lambda: now[0])
    starts = []
    for _ in range(4):
        while provider.count() == 0:
            now[0] += 0.05
            provider.apply(1, {})
        starts.append(now[0])
        wait_for(lambda: provider.count() == 0, "the end of a process that does nothing")

    pauses = [later - earlier for earlier, later in pairwise(starts)]
    assert pauses == sorted(pauses)
    assert pauses[-1] > 3 * pauses[0]


def test_the_least_busy_worker_is_stopped_first(start: Start) -> None:
    provider = start()
    provider.apply(3, {})
    pids = [process.pid for process in wait_for(lambda: len(sleepers()) == 3 and sleepers(), "three workers") or ()]

    attempts = zip(pids, (4, 0, 2), strict=True)
    here = socket.gethostname()
    provider.apply(2, {f"w-{pid}": Held(here, pid, running=running) for pid, running in attempts})

    assert provider.count() == 2
    wait_for(lambda: {process.pid for process in sleepers()} == {pids[0], pids[2]}, "the end of the idle one")


def test_a_worker_that_does_not_drain_in_time_is_killed(start: Start, tmp_path: Path) -> None:
    up = tmp_path / "up"
    provider = start("stubborn", f"touch={up}", drain_s=0.3)
    provider.apply(1, {})
    wait_for(up.exists, "the worker to be up")

    provider.apply(0, {})
    wait_for(lambda: provider.count() == 0 and not sleepers(), "the end of the stubborn one")


def test_closing_stops_every_worker(start: Start) -> None:
    provider = start()
    provider.apply(2, {})

    provider.close()

    assert not sleepers()


def test_workers_do_not_outlive_a_killed_autoscaler(tmp_path: Path) -> None:
    script = tmp_path / "autoscaler.py"
    script.write_text(
        "import os, sys, time\n"
        "from journeyman_autoscaler.providers.local import LocalProvider\n"
        f"provider = LocalProvider({SLEEPER!r}, os.environ, 10.0)\n"
        "provider.apply(2, {})\n"
        "time.sleep(600)\n"
    )
    autoscaler = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert autoscaler.stdout is not None
    with autoscaler.stdout as output:
        assert [output.readline(), output.readline()] == [b"ready\n", b"ready\n"]
        workers = psutil.Process(autoscaler.pid).children()
        assert len(workers) == 2

        autoscaler.send_signal(signal.SIGKILL)
        autoscaler.wait()

        _, alive = psutil.wait_procs(workers, timeout=10)
        assert not alive


class _Run:
    """A loop on a memory log, on a thread."""

    def __init__(
        self,
        log: MemoryLog,
        provider: Provider,
        limits: Limits,
        tell: Callable[[Mapping[str, int]], None] = lambda _: None,
    ) -> None:
        self.log = log
        self.stop = threading.Event()
        self.loop = Loop([log], provider, limits, tell)
        self.thread = threading.Thread(target=self.loop.run, args=(self.stop,))
        self.thread.start()

    def decisions(self) -> list[e.FleetScaled]:
        entries = self.log.read(e.BEGINNING, count=1000)
        return [event for entry in entries for event in entry.events if isinstance(event, e.FleetScaled)]

    def close(self) -> None:
        self.stop.set()
        self.thread.join(10)


def _submit(log: MemoryLog, count: int) -> None:
    jobs = [e.JobSubmitted(f"{number:022}00", "t") for number in range(count)]
    log.append([admit(jobs, log.now_ms())], caller="test", number=1)


def _join(log: MemoryLog, number: int) -> None:
    joined = e.WorkerJoined(f"w-{number}", "here", number, "1", ("default",), ("t",), 1)
    log.append([Proposal((joined,))], caller="worker", number=number)


def test_the_first_worker_and_every_change_are_recorded_with_their_reason(start: Start) -> None:
    log = MemoryLog()
    run = _Run(log, start(), Limits(workers_max=3, slots=1))
    try:
        wait_for(lambda: len(sleepers()) == 1, "the first worker")
        _submit(log, 500)
        # Nobody knows how long these jobs last: the next worker is added when the one before has come.
        for number in (1, 2):
            _join(log, number)
            wait_for(lambda count=number + 1: len(sleepers()) == count, "one more")  # type: ignore[misc]
        first, second, third = run.decisions()
    finally:
        run.close()

    assert (first.provider, first.previous, first.desired, first.reason) == ("local", 0, 1, "the minimum is 1")
    assert (second.previous, second.desired, second.backlog) == (1, 2, 500)
    assert (third.previous, third.desired) == (2, 3)
    assert "500 jobs wait" in second.reason
    assert run.loop.ready()[0]


def test_without_a_provider_the_decision_is_recorded_as_advice() -> None:
    log = MemoryLog()
    joined = e.WorkerJoined("w", "elsewhere", 1, "1", ("default",), ("t",), 1)
    log.append([Proposal((joined,))], caller="worker", number=1)
    _submit(log, 500)
    looks: list[Mapping[str, int]] = []
    run = _Run(log, NoProvider(), Limits(workers_max=4, slots=1), looks.append)
    try:
        wait_for(lambda: len(looks) >= 4, "it to have looked several times")
    finally:
        run.close()

    assert [(event.provider, event.previous, event.desired) for event in run.decisions()] == [("none", 1, 2)]


class _Outlasting:
    """A provider whose workers are there whether or not the autoscaler is: it notes what it is told."""

    name = "ec2"
    applies = True
    outlasts = True
    bounds: Bounds | None = None

    def __init__(self) -> None:
        self.told: list[tuple[int, Mapping[str, Held]]] = []
        self.trouble = ""

    def apply(self, desired: int, workers: Mapping[str, Held]) -> None:
        self.told.append((desired, workers))

    def close(self) -> None:
        pass


def test_where_workers_outlast_the_autoscaler_it_goes_on_from_the_number_decided_last() -> None:
    log = MemoryLog()
    joined = [e.WorkerJoined(f"w-{n}", "there", n, "1", ("*",), ("t",), 2, instance=f"i-{n}") for n in range(3)]
    log.append([Proposal((*joined, e.FleetScaled("ec2", 3, 1, "a burst")))], caller="test", number=1)
    provider = _Outlasting()
    heard: list[Mapping[str, int]] = []
    run = _Run(log, provider, Limits(workers_max=4, slots=2), heard.append)
    try:
        wait_for(lambda: provider.told and heard, "something to be applied")
        assert provider.told[0][0] == 3
        assert provider.told[0][1]["w-1"] == Held("there", 1, "i-1")
        assert run.loop.ready()[0]

        provider.trouble = "the group is gone"
        able, words = run.loop.ready()
        assert not able
        assert words.endswith("; not applied: the group is gone")
        told = len(provider.told)
        wait_for(lambda: len(provider.told) > told, "decisions to go on")

        provider.bounds = Bounds(0, 2, "the group")
        wait_for(lambda: provider.told[-1][0] == 2, "the bound to be kept")
        assert run.decisions()[-1].reason == "the maximum of the group is 2"
    finally:
        run.close()

    assert [(event.previous, event.desired) for event in run.decisions()] == [(1, 3), (3, 2)]


def test_where_nothing_was_decided_before_it_begins_with_the_workers_that_are_there() -> None:
    log = MemoryLog()
    joined = e.WorkerJoined("w", "there", 1, "1", ("*",), ("t",), 2, instance="i-1")
    log.append([Proposal((joined,))], caller="test", number=1)
    provider = _Outlasting()
    run = _Run(log, provider, Limits(workers_max=4, slots=2))
    try:
        wait_for(lambda: provider.told, "something to be applied")
    finally:
        run.close()

    assert {desired for desired, _ in provider.told} == {1}
    assert run.decisions() == []
