"""The parent of the worker processes: starts them, replaces those that die, passes signals on.

A child that dies without having left is reported to the log at once (`worker.lost`), so that its jobs go on without
waiting for the heartbeat timeout. It is replaced after a pause that doubles with every death in a row. A
child that ends by itself in good order was asked to, and is not replaced. Where the first child cannot even start
(settings, import, server), the parent ends with its exit code.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from journeyman import failpoints
from journeyman.children import Child
from journeyman.events import Evidence
from journeyman.process import FAILED, NO_SERVER, OK, WRONG_USAGE
from journeyman.redaction import passwords_in, redacted
from journeyman.settings import Settings
from journeyman_worker.casualties import Casualties, Death
from journeyman_worker.figures import Counts, Household, State, figures_of, read_figures
from journeyman_worker.memory_killer import MemoryKiller
from journeyman_worker.running_board import board_of, read_board
from journeyman_worker.signals import Signals

PAUSE_FIRST_S = 0.1
PAUSE_LONGEST_S = 10.0
#: A child that lived this long was healthy: the next pause is the first again.
HEALTHY_S = 30.0
#: What a child may take to end beyond the drain timeout.
END_GRACE_S = 25.0

_log = logging.getLogger(__name__)


#: Without this the C library's heap of a process that writes outcomes of ever other sizes grows by a fifth over the
#: hours, all of it free and none of it given back. What the environment says goes before.
ALLOCATOR: Mapping[str, str] = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "131072",
}


class WorkerProcess:
    """One child. It writes into its report file which worker id it has; an empty file: none."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        report: Path,
        mailbox: SimpleQueue[str],
        keep_lines: int = 0,
    ) -> None:
        self._report = report
        self._mailbox = mailbox
        self._child = Child([*command, "--report", str(report)], environ, keep_lines=keep_lines)
        self.started = self._child.started
        self.pid = self._child.pid
        self.exit_code: int | None = None
        self._memory_killer = MemoryKiller(self.pid)
        self._out_of_memory = False
        Thread(target=self._wait, name="child-exit", daemon=True).start()

    def _wait(self) -> None:
        with contextlib.suppress(ChildProcessError):
            # Its cgroup can be asked for until it is waited for.
            died = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            if died is not None and died.si_status == signal.SIGKILL and died.si_code != os.CLD_EXITED:
                self._out_of_memory = self._memory_killer.has_struck()
        while not self._child.wait(3600):
            pass
        self.exit_code = self._child.exit_code()
        self._mailbox.put("exit")

    @property
    def has_joined(self) -> bool:
        """Whether it ever had a worker id."""
        return self._report.exists()

    @property
    def worker(self) -> str:
        """Its present worker id; empty before it has joined and after it has left."""
        return self._report.read_text() if self._report.exists() else ""

    def figures(self) -> tuple[Counts, State]:
        """Return what it has counted, and how it is."""
        return read_figures(figures_of(self._report))

    def stop(self) -> None:
        """Ask it to drain; asked again, to hurry."""
        self._child.ask_to_stop()

    def kill(self) -> None:
        """End it, and what it left running, by force."""
        self._child.end_group(gently=False)

    def last_words(self) -> str:
        """Say how it ended."""
        code = self.exit_code or 0
        if self._out_of_memory:
            return "process was killed by the kernel for want of memory (SIGKILL)"
        if code >= 0:
            return f"process ended with exit code {code}"
        try:
            return f"process ended by signal {-code} ({signal.Signals(-code).name})"
        except ValueError:
            return f"process ended by signal {-code}"

    def death(self, secrets: Sequence[str]) -> Death:
        """Return what is known of its end, without `secrets`."""
        rss_bytes, running = read_board(board_of(self._report)) or (0, None)
        code = self.exit_code or 0
        evidence = Evidence(
            socket.gethostname(),
            self.pid,
            max(0, -code),
            code if code >= 0 else None,
            self._out_of_memory,
            rss_bytes,
            redacted(self._child.last_lines(), secrets),
        )
        return Death(self.worker, self.last_words(), evidence, running)


class Parent:
    """Keeps `settings.worker_processes` children alive until told to stop."""

    def __init__(
        self, settings: Settings, modules: Sequence[str], environ: Mapping[str, str], instance: str = ""
    ) -> None:
        """Prepare. instance: the EC2 instance that this runs on, which the children tell of."""
        self._settings = settings
        where = ["--instance", instance] if instance else []
        self._command = [sys.executable, "-m", "journeyman_worker.child", *where, *modules]
        self._environ = {**ALLOCATOR, **environ}
        self._mailbox: SimpleQueue[str] = SimpleQueue()
        self.signals = Signals(self._mailbox)
        self._directory = tempfile.TemporaryDirectory(prefix="journeyman-worker-")
        self._children: list[WorkerProcess] = []
        self._started = self._died = 0
        #: What children have counted that have ended; to be read together with who lives.
        self._past = Counts()
        self._counting = Lock()
        self._due: list[float] = []
        self._pause_s = PAUSE_FIRST_S
        self._exit_code: int | None = None
        self._end_by = float("inf")
        self._casualties = Casualties(settings)
        self._secrets = passwords_in([settings.redis_url, settings.smtp_url])

    def ready(self) -> tuple[bool, str]:
        """Tell whether every child has joined."""
        joined = sum(bool(child.worker) for child in list(self._children))
        return joined == self._settings.worker_processes, f"{joined} of {self._settings.worker_processes} joined"

    def household(self) -> Household:
        """Return what the children count and how they are."""
        with self._counting:
            children = [child.figures() for child in self._children]
            counts = self._past
            for counted, _ in children:
                counts = counts.plus(counted)
            return Household(counts, [state for _, state in children], self._started, self._died)

    def run(self) -> int:
        """Run until every child has ended for good; return the exit code."""
        for _ in range(self._settings.worker_processes):
            self._start()
        signals = 0
        while self._children or self._due:
            if self._news() == "signal":
                signals += 1
                self._stop(OK, kill=signals > 2)
            if time.monotonic() > self._end_by:
                self._stop(FAILED, kill=True)
                self._end_by = float("inf")
            for child in [child for child in self._children if child.exit_code is not None]:
                with self._counting:
                    self._children.remove(child)
                    self._past = self._past.plus(child.figures()[0])
                self._gone(child)
            self._start_due()
        self._casualties.finish()
        self._directory.cleanup()
        return self._exit_code or OK

    def _news(self) -> str:
        until = min([*self._due, self._end_by])
        try:
            return self._mailbox.get(timeout=None if until == float("inf") else max(0.0, until - time.monotonic()))
        except Empty:
            return ""

    def _start(self) -> None:
        self._started += 1
        report = Path(self._directory.name, f"worker-{self._started}")
        self._children.append(self._child(report))
        failpoints.hit("worker.child_started")

    def _child(self, report: Path) -> WorkerProcess:
        return WorkerProcess(self._command, self._environ, report, self._mailbox, self._settings.evidence_log_lines)

    def _start_due(self) -> None:
        now = time.monotonic()
        for due in [due for due in self._due if due <= now]:
            self._due.remove(due)
            self._start()

    def _stop(self, exit_code: int, *, kill: bool = False) -> None:
        """Stop everything. The first reason given is the exit code."""
        if self._exit_code is None:
            self._exit_code = exit_code
            self._end_by = time.monotonic() + self._settings.drain_timeout_ms / 1000 + END_GRACE_S
        self._due.clear()
        for child in self._children:
            if kill:
                child.kill()
            else:
                child.stop()

    def _gone(self, child: WorkerProcess) -> None:
        failpoints.hit("worker.child_died")
        self._environ = failpoints.disarmed(self._environ)
        if child.worker:
            self._casualties.report(child.death(self._secrets))
        child.kill()
        if child.exit_code == OK or self._exit_code is not None:
            return
        if child.exit_code is not None and self._is_hopeless(child):
            self._stop(child.exit_code)
            return
        self._died += 1
        _log.warning("worker process %d: %s; starting another", child.pid, child.last_words())
        if time.monotonic() - child.started > HEALTHY_S:
            self._pause_s = PAUSE_FIRST_S
        self._due.append(time.monotonic() + self._pause_s)
        self._pause_s = min(PAUSE_LONGEST_S, self._pause_s * 2)

    def _is_hopeless(self, child: WorkerProcess) -> bool:
        """Tell whether another child would end the same way: wrong usage, or no server at the very start."""
        if child.has_joined:
            return False
        return child.exit_code == WRONG_USAGE or (
            child.exit_code == NO_SERVER and self._started <= self._settings.worker_processes
        )
