"""What a person asks of `journeyman up` by signals: to stop, and then to hurry."""

from __future__ import annotations

import signal
from types import FrameType

from journeyman.process import SignalledEvent


class StopRequests:
    """Hears SIGINT, SIGTERM and SIGHUP from its making on, except one that is ignored (nohup).

    Make it on the main thread.
    """

    def __init__(self) -> None:
        self._asked = SignalledEvent()
        self.hurry = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.hurry = self._asked.is_set()
        self._asked.set()

    @property
    def asked(self) -> bool:
        """Whether a stop was asked for."""
        return self._asked.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for a request to stop; returns whether there was one."""
        return self._asked.wait(timeout_s)
