"""Passing on what a process writes, and keeping its last lines in case it dies.

The process writes into a pipe. A thread reads it, passes whole lines on to where they would have gone, and remembers
the end. That nobody can be written to any more is no reason to stop reading: the process would then wait for ever.
"""

from __future__ import annotations

import os
from collections import deque
from threading import Thread

CHUNK = 65_536
BYTES_MAX = 8_192
LINE_MAX = 2_000


class LastLines:
    """Reads `source` until its end and passes it on to `target`, both file descriptors; keeps `lines` lines."""

    def __init__(self, source: int, target: int, lines: int) -> None:
        self._source = source
        self._target = target
        self._kept: deque[bytes] = deque(maxlen=lines)
        self._thread = Thread(target=self._run, name="last lines", daemon=True)
        self._thread.start()

    def text(self, wait_s: float) -> str:
        """Return the last lines, waiting so long for the end; at most `BYTES_MAX` bytes of them."""
        self._thread.join(wait_s)
        kept: list[str] = []
        left = BYTES_MAX
        for line in reversed(list(self._kept)):
            text = line.decode(errors="replace").rstrip("\r\n")
            left -= len(text.encode()) + 1
            if left < 0:
                break
            kept.append(text)
        return "\n".join(reversed(kept))

    def _run(self) -> None:
        rest = b""
        with os.fdopen(self._source, "rb", buffering=0) as source:
            while chunk := source.read(CHUNK):
                rest += chunk
                whole, newline, rest = rest.rpartition(b"\n")
                if not newline and len(rest) > CHUNK:
                    whole, rest = rest, b""
                self._take(whole + newline)
        self._take(rest)

    def _take(self, data: bytes) -> None:
        if not data:
            return
        self._pass_on(data)
        # What is kept of a line is its beginning: it says what it is about.
        self._kept.extend(line[:LINE_MAX] for line in data.splitlines() if line.strip())

    def _pass_on(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._target, view) :]
        except OSError:
            return
