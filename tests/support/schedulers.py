"""Scheduler processes on a real server, to be killed, stopped and started; and what tests look at around them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journeyman import events as e
from journeyman.log.redis_log import RedisLog
from support.driver import Driver
from support.shelves import Shelf
from support.waiting import wait_for

LEASE_MS = 1_500
HEARTBEAT_TIMEOUT_MS = 800
STOP_S = 30.0


class Schedulers:
    """The scheduler processes of one test, by pid, and the log they work on."""

    #: Where they archive, in tests of that.
    shelf: Shelf

    def __init__(self, log: RedisLog, url: str, directory: Path) -> None:
        self.log = log
        self.driver = Driver(log)
        self.directory = directory
        self._url = url
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, **settings: object) -> int:
        """Start one, and return its pid. Further settings by their names."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("JOURNEYMAN_")}
        wanted = {
            "redis_url": self._url,
            "durability": "memory",
            "data_dir": str(self.directory),
            "scheduler_lease_ms": LEASE_MS,
            "heartbeat_timeout_ms": HEARTBEAT_TIMEOUT_MS,
            **settings,
        }
        environ |= {f"JOURNEYMAN_{name.upper()}": str(value) for name, value in wanted.items()}
        with (self.directory / "schedulers.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "journeyman_scheduler"],
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._processes[process.pid] = process
        return process.pid

    def start_leader(self, **settings: object) -> int:
        """Start one and wait until it leads."""
        pid = self.start(**settings)
        wait_for(lambda: self.leader() == pid, "the scheduler to lead")
        return pid

    def leader(self) -> int:
        """Return the pid of who was elected last; 0 for nobody."""
        elected = [event for event in self.driver.events() if isinstance(event, e.SchedulerElected)]
        return int(elected[-1].scheduler.split("-")[-2]) if elected else 0

    def alive(self, pid: int) -> bool:
        return self._processes[pid].poll() is None

    def send(self, pid: int, number: signal.Signals) -> None:
        self._processes[pid].send_signal(number)

    def kill(self, pid: int) -> None:
        """End one as a crash would."""
        self._processes[pid].kill()
        self._processes[pid].wait()

    @staticmethod
    def kill_other(pid: int) -> None:
        """End a process that one of these has started."""
        os.kill(pid, signal.SIGKILL)

    def stop(self, pid: int) -> int:
        """End one in good order and return its exit code."""
        self._processes[pid].terminate()
        return self._processes[pid].wait(STOP_S)

    def said(self) -> str:
        return (self.directory / "schedulers.log").read_text(errors="replace")

    def released(self, job_id: str) -> bool:
        return "job.released" in self.driver.tags(job_id)

    def decides(self) -> str:
        """Submit a job that only a scheduler can release, and wait until one does; return its id."""
        job = self.driver.job()
        body = e.JobSubmitted(job.job_id, job.type, job.queue, due_ms=self.log.now_ms() + 20)
        assert self.driver.submit(body).accepted
        wait_for(lambda: self.released(body.job_id), "a scheduler to decide")
        return body.job_id


@contextmanager
def running(log: RedisLog, url: str, directory: Path) -> Iterator[Schedulers]:
    """Give schedulers, and end those that are left."""
    schedulers = Schedulers(log, url, directory)
    try:
        yield schedulers
    finally:
        for process in schedulers._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()


def derived_state(log: RedisLog) -> dict[str, object]:
    """Return what the keys of a partition say, without what a rebuild need not bring back.

    Left out: answers to repeated calls, workers' facts, who is idle, places that are worth nothing, and when ends are
    forgotten.
    """
    client, keys = log.client, log.keys
    void = {text.decode() for text in client.smembers(keys.of("void"))}
    lines: dict[str, list[str]] = {}
    ended: dict[bytes, bytes] = {}
    for key in sorted(key.decode() for key in client.scan_iter(keys.prefix + "*")):
        name = key.removeprefix(keys.prefix)
        if name.startswith("ready:") and client.type(key) == b"list":
            places = [text.decode() for text in client.lrange(key, 0, -1)]
            lines[name] = [text for text in places if text not in void and client.hexists(keys.bodies, text[:24])]
        elif name.startswith("ended:"):
            ended |= client.hgetall(key)
    return {
        "bodies": client.hgetall(keys.bodies),
        "held": client.hgetall(keys.held),
        "dead": client.hgetall(keys.dead),
        "ended": ended,
        "lines": {name: places for name, places in lines.items() if places},
        "paused": client.smembers(keys.paused),
        "valves": client.hgetall(keys.valves),
        "a valve is shut": client.hexists(keys.meta, "shut"),
        "workers": sorted(client.zrange(keys.beats, 0, -1)),
        "epoch of a scheduler": client.hexists(keys.meta, "epoch"),
    }
