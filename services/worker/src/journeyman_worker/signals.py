"""The first SIGTERM or SIGINT asks for a drain, the second for haste.

Handlers run in the main thread between any two instructions of it, so they take no lock: they set plain
attributes and put a word into a `SimpleQueue`, which is made for that.
"""

from __future__ import annotations

import signal
from queue import SimpleQueue
from types import FrameType


class Signals:
    """What was asked for so far. `mailbox` gets "signal" for each. received: a real one came from outside."""

    def __init__(self, mailbox: SimpleQueue[str]) -> None:
        self.received = False
        self.stopping = False
        self.hurried = False
        self._mailbox = mailbox

    def install(self) -> None:
        """Handle the signals from here on. Call it on the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.received = True
        self.ask()

    def ask(self) -> None:
        """Do as if a signal had come."""
        self.hurried = self.stopping
        self.stopping = True
        self._mailbox.put("signal")
