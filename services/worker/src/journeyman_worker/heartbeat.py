"""Saying that the worker lives, on a thread and a connection of its own, so that no busy job delays it.

It beats at a quarter of the heartbeat timeout, and at once when the doorbell rings (there may be something to
interrupt), though not more often than every `SOON_MS`. A beat that fails is tried again soon: three may fail
before the worker is lost. When the log holds the worker to be lost, it says so once and ends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from threading import Event, Thread

from journeyman import failpoints
from journeyman.errors import JourneymanError, WorkerLostError
from journeyman.log.api import Beaten, Log
from journeyman_worker.clock import monotonic_ms
from journeyman_worker.pace import in_step

SOON_MS = 100.0

_log = logging.getLogger(__name__)


class Heartbeat:
    """Beats for one worker id until closed."""

    def __init__(
        self,
        open_log: Callable[[], Log],
        worker: str,
        every_ms: float,
        *,
        facts: Callable[[], Mapping[str, object]],
        on_beat: Callable[[Beaten], None],
        on_lost: Callable[[], None],
    ) -> None:
        """Prepare. `open_log` connects; it is called on the heartbeat's own thread and may fail for a while."""
        self._open_log = open_log
        self._worker = worker
        self._every_ms = every_ms
        self._facts = facts
        self._on_beat = on_beat
        self._on_lost = on_lost
        self._closed = Event()
        self._nudge = Event()
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def soon(self) -> None:
        """Beat as soon as the last beat is `SOON_MS` old."""
        self._nudge.set()

    def close(self, timeout_s: float = 2.0) -> None:
        """Stop beating."""
        self._closed.set()
        self._nudge.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        log: Log | None = None
        last = 0.0
        while not self._closed.is_set():
            try:
                log = log or self._open_log()
                failpoints.hit("worker.before_beat")
                beaten = log.beat(self._worker, self._facts())
                failpoints.hit("worker.after_beat")
                self._on_beat(beaten)
                pause_ms = in_step(self._every_ms, beaten.now_ms)
            except WorkerLostError:
                self._on_lost()
                break
            except JourneymanError as error:
                _log.warning("heartbeat failed, trying on: %s", error)
                pause_ms = min(self._every_ms, 1_000.0)
            except Exception:  # noqa: BLE001 - a loop's runner; it is logged
                _log.exception("heartbeat failed, trying on")
                pause_ms = min(self._every_ms, 1_000.0)
            last = monotonic_ms()
            self._pause(last, pause_ms)
        close = getattr(log, "close", None)
        if close is not None:
            close()

    def _pause(self, last: float, pause_ms: float) -> None:
        """Wait for the next beat; where it was asked for soon, until the last one is old enough."""
        if self._nudge.wait(pause_ms / 1000):
            self._nudge.clear()
            self._closed.wait(max(0.0, last + min(SOON_MS, pause_ms) - monotonic_ms()) / 1000)
