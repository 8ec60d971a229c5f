"""A process started by one of ours: on a lifeline, in a session of its own, and ended whole.

The session keeps the terminal's Ctrl-C from reaching it, and makes a process group that can be ended even when
its leader died and left children behind. The lifeline (`process.py`) ends it when its parent is gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Thread

from journeyman.last_lines import LastLines
from journeyman.process import LIFELINE

STDERR = 2
_POLL_S = 0.05
_GROUP_PATIENCE_S = 5.0


class Child:
    """A started process. Its standard input is the lifeline; `on_line` takes its output, which is inherited without.

    `on_line` is called on a thread of its own, without the line's end. Without it, standard error is passed on, and
    `keep_lines` of its last lines are kept.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environ: Mapping[str, str],
        on_line: Callable[[str], None] | None = None,
        *,
        keep_lines: int = 0,
    ) -> None:
        self.started = time.monotonic()
        self._lines: LastLines | None = None
        source, errors = os.pipe() if keep_lines else (None, None)
        self._process = subprocess.Popen(
            argv,
            env={**environ, LIFELINE: "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if on_line else None,
            stderr=subprocess.STDOUT if on_line else errors,
            start_new_session=True,
        )
        self.pid = self._process.pid
        if source is not None and errors is not None:
            os.close(errors)
            self._lines = LastLines(source, STDERR, keep_lines)
        self._reader: Thread | None = None
        if on_line:
            self._reader = Thread(target=self._read, args=(on_line,), name=f"output of {self.pid}", daemon=True)
            self._reader.start()

    def _read(self, on_line: Callable[[str], None]) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                on_line(line.decode(errors="replace").rstrip("\r\n"))

    def await_output(self, wait_s: float = 5.0) -> None:
        """Wait until `on_line` has had everything. Waits so long for the end of it, which others may hold open."""
        if self._reader is not None:
            self._reader.join(wait_s)

    def last_lines(self, wait_s: float = 0.5) -> str:
        """Return what was kept of its standard error. Waits so long for its end, which others may hold open."""
        return self._lines.text(wait_s) if self._lines else ""

    def exit_code(self) -> int | None:
        """Return how it ended (negative: the signal that ended it); None while it runs."""
        code = self._process.poll()
        if code is not None and self._process.stdin is not None:
            self._process.stdin.close()
        return code

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()

    def wait(self, timeout_s: float) -> bool:
        """Wait for its end; returns whether it has ended."""
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return self.exit_code() is not None

    def cut_lifeline(self) -> None:
        """Close its lifeline, as this process's end would."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def end_group(self, *, gently: bool = True) -> None:
        """End whatever is left of its process group: SIGTERM first if `gently`, SIGKILL in the end."""
        if gently and self._signal_group(signal.SIGTERM):
            deadline = time.monotonic() + _GROUP_PATIENCE_S
            while self._signal_group(0) and time.monotonic() < deadline:
                time.sleep(_POLL_S)
        self._signal_group(signal.SIGKILL)
        self.wait(_GROUP_PATIENCE_S)

    def _signal_group(self, number: int) -> bool:
        self._process.poll()
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True
