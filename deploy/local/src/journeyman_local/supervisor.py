"""Keeping processes running, and stopping them in order.

A process that ends by itself is started again after a pause that doubles from 0.2 s to 10 s, and is first again
after 30 s of steady running. One that ends with exit code 2 or 3 before the system was ever ready (wrong
settings, no suitable server) would do so for ever: the supervisor gives up and passes the code on.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import httpx

from journeyman import failpoints
from journeyman.children import Child
from journeyman.process import FAILED, NO_SERVER, WRONG_USAGE
from journeyman_local.datadir import RunProcess, write_run
from journeyman_local.leftovers import describe, end
from journeyman_local.output import Output
from journeyman_local.plan import STEADY_S, Spec, backoff_s
from journeyman_local.signals import StopRequests

_POLL_S = 0.1
#: What a stop may take once a second signal has come.
HURRY_S = 2.0


class StartFailedError(Exception):
    """The system cannot start; `code` is the exit code, the text one line for a person (or empty: it was said)."""

    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(text)
        self.code = code


class _Running(NamedTuple):
    spec: Spec
    child: Child


class Supervisor:
    """Runs the processes of some specs. Not thread-safe: one thread starts, ticks and stops."""

    def __init__(self, run_file: Path, output: Output, requests: StopRequests) -> None:
        self._run_file = run_file
        self._output = output
        self._requests = requests
        self._children: dict[str, _Running] = {}
        self._failures: dict[str, int] = {}
        self._restart_at: dict[str, tuple[float, Spec]] = {}
        self._settled = False

    def start(self, spec: Spec) -> None:
        """Start a process and keep it running from now on."""
        child = Child(spec.argv, spec.environ, partial(self._output.line, spec.name))
        self._children[spec.name] = _Running(spec, child)
        self._note_run()

    def await_condition(self, holds: Callable[[], bool], what: str, timeout_s: float) -> None:
        """Keep everything running until `holds`, or a stop is asked for.

        Raises StartFailedError when a process gave up, or time is up.
        """
        deadline = time.monotonic() + timeout_s
        while not holds() and not self._requests.wait(_POLL_S):
            self.tick()
            if time.monotonic() > deadline:
                raise StartFailedError(FAILED, f"{what} is not ready after {timeout_s:.0f} s")

    def await_ready(self, names: list[str], timeout_s: float) -> None:
        """Keep everything running until these processes answer that they are ready: see :meth:`await_condition`."""
        urls = [self._children[name].spec.ready_url for name in names]
        with httpx.Client(timeout=1.0, trust_env=False) as client:
            self.await_condition(lambda: all(_answers(client, url) for url in urls), " or ".join(names), timeout_s)
        self._settled = True

    def run(self) -> None:
        """Keep everything running until a stop is asked for."""
        while not self._requests.wait(_POLL_S):
            self.tick()

    def tick(self) -> None:
        """Notice what has ended, and start again what is due."""
        for running in list(self._children.values()):
            if (code := running.child.exit_code()) is not None:
                self._ended(running, code)
        now = time.monotonic()
        for name, (due, spec) in list(self._restart_at.items()):
            if now >= due:
                del self._restart_at[name]
                self.start(spec)

    def _ended(self, running: _Running, code: int) -> None:
        spec, child = running
        del self._children[spec.name]
        child.end_group()
        if not self._settled and code in (WRONG_USAGE, NO_SERVER):
            raise StartFailedError(code)
        steady = time.monotonic() - child.started >= STEADY_S
        failures = 1 if steady else self._failures.get(spec.name, 0) + 1
        self._failures[spec.name] = failures
        pause = backoff_s(failures)
        words = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        self._output.note(f"{spec.name} {words}; starting it again in {pause:g} s", "warning")
        again = spec._replace(environ=failpoints.disarmed(spec.environ))
        self._restart_at[spec.name] = (time.monotonic() + pause, again)

    def stop(self) -> None:
        """Stop stage by stage, each process within its time, and then leave none. Asked again meanwhile: in a hurry."""
        self._restart_at.clear()
        stages = groupby(sorted(self._children.values(), key=_stage), key=_stage)
        for _, members in stages:
            self._stop_stage(list(members))
        self._children.clear()
        self._note_run()

    def _stop_stage(self, members: list[_Running]) -> None:
        for running in members:
            running.child.ask_to_stop()
        asked = time.monotonic()
        waiting = members
        while waiting:
            waited = time.monotonic() - asked
            for spec, child in waiting:
                if waited > self._patience_s(spec):
                    self._output.note(f"{spec.name} did not stop in time; killing it", "warning")
                    _kill_tree(spec.name, child)
            waiting = [running for running in waiting if not running.child.wait(_POLL_S / len(waiting))]
        for running in members:
            running.child.end_group(gently=False)
            running.child.await_output()

    def _patience_s(self, spec: Spec) -> float:
        return min(HURRY_S, spec.stop_s) if self._requests.hurry else spec.stop_s

    def _note_run(self) -> None:
        processes = [describe(os.getpid(), "supervisor")]
        processes += [describe(running.child.pid, name) for name, running in self._children.items()]
        write_run(self._run_file, [each for each in processes if each is not None])


def _stage(running: _Running) -> int:
    return running.spec.stage


def _kill_tree(name: str, child: Child) -> None:
    """Kill a process and its descendants, which may have process groups of their own (the autoscaler's workers)."""
    described: RunProcess | None = describe(child.pid, name)
    if described is not None:
        end([described], patience_s=0.1)


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
