"""What a worker on an EC2 instance does besides: it knows the instance, and drains before that is taken away.

A thread of the parent process asks the instance's metadata every `POLL_S` for three notices (`notices.py`). At the
first it asks for a drain, as SIGTERM does: no more claims, running jobs may go on for the drain timeout, what has not
ended then is handed back. A spot instance's last `HURRY_S` are for handing back. Once every process has ended, the
termination lifecycle hook is completed, so that the group lets the instance go at once; while jobs still run, it is
extended. The parent then stays until the instance ends, so that nobody starts a new worker on it.

What happens when:

- *The metadata service does not answer*: told once; it is asked again. The id is waited for at the start for
  `ID_WITHIN_S`; then the worker works without, and the autoscaler cannot tell that it is busy.
- *AWS does not take the completion*: tried for `COMPLETE_WITHIN_S`; then the hook runs out by itself.
- *The notice was missed and SIGTERM came first* (the service is stopped): the metadata is asked once more at the end;
  if the group takes the instance away, the hook is completed. It does not stay.
- *EC2 recommended to rebalance and nothing follows* for `REBALANCE_WITHIN_S`: the parent ends with exit code 1, whoever
  runs it starts it anew, and the old recommendation is not heeded again.
- *SIGTERM while it stays*: it ends at once.
"""

from __future__ import annotations

import logging
import time
from threading import Event, Thread

from journeyman.errors import CloudError
from journeyman.process import FAILED
from journeyman.settings import Settings
from journeyman_worker.imds import Imds, MetadataUnavailableError
from journeyman_worker.lifecycle_hook import LifecycleHook
from journeyman_worker.notices import IN_WORDS, REBALANCE, SPOT, STATE, Notice, notice_of
from journeyman_worker.signals import Signals

POLL_S = 2.0
ID_WITHIN_S = 10.0
#: Before a spot instance's end. Interrupting jobs and handing them back takes some seconds.
HURRY_S = 20.0
#: A hook waits for half a minute at least.
EXTEND_EVERY_S = 15.0
COMPLETE_WITHIN_S = 20.0
#: How long the parent stays after a drain when nothing comes of a notice.
REBALANCE_WITHIN_S = 900.0
GONE_WITHIN_S = 300.0
_RETRY_S = 1.0
_LISTEN_S = 0.1

_log = logging.getLogger(__name__)


class InstanceAgent:
    """Watches over one instance. Build it, `watch`, and `finish` when every worker process has ended."""

    def __init__(self, imds: Imds, settings: Settings) -> None:
        """Learn the instance's id, for `ID_WITHIN_S` at most. Raises SettingsError for a hook that cannot be called."""
        self._imds = imds
        self._began_s = time.time()
        self.instance = self._learn_id()
        self._hook: LifecycleHook | None = None
        if settings.lifecycle_hook:
            self._hook = LifecycleHook(settings.autoscaling_group, settings.lifecycle_hook, self.instance)
            self._hook.check()
        self._extend_until = float("inf")
        self._drain_s = settings.drain_timeout_ms / 1000
        self._notice: Notice | None = None
        self._silent = False
        self._extended_at = float("-inf")
        self._closed = Event()
        self._thread: Thread | None = None

    def _learn_id(self) -> str:
        until = time.monotonic() + ID_WITHIN_S
        while True:
            try:
                return (self._imds.get("instance-id") or "").strip()
            except MetadataUnavailableError as error:
                if time.monotonic() > until:
                    _log.warning("working without knowing on which instance: %s", error)
                    return ""
            time.sleep(_RETRY_S)

    def watch(self, signals: Signals) -> None:
        """Look for notices from now on, and ask `signals` for a drain."""
        self._thread = Thread(target=self._run, args=(signals,), name="instance", daemon=True)
        self._thread.start()

    def finish(self, exit_code: int, signals: Signals) -> int:
        """Let the instance go where it is held, and stay until it ends or a signal comes. Returns the exit code."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
        self._look()
        if self._notice is None:
            return exit_code
        stay_until = self._stay_until(self._notice)
        while not self._is_held() and not _signalled(signals, POLL_S):
            if time.time() > stay_until:
                _log.warning("the instance is still there; ending, to be started anew")
                return exit_code or FAILED
            self._look()
        if self._is_held():
            self._complete()
            _signalled(signals, GONE_WITHIN_S)
        return exit_code

    # --- what is asked and heard -----------------------------------------------------------------------

    def _run(self, signals: Signals) -> None:
        while not self._closed.is_set():
            try:
                self._turn(signals)
            except Exception:  # noqa: BLE001 - a loop's runner; it is logged
                _log.exception("looking after the instance failed; trying on")
            self._closed.wait(POLL_S)

    def _turn(self, signals: Signals) -> None:
        first = self._notice is None
        self._look()
        notice = self._notice
        if notice is None:
            return
        if first:
            self._extend_until = time.monotonic() + self._drain_s + GONE_WITHIN_S
            if not signals.stopping:
                signals.ask()
        elif self._is_last_moment(notice) and not signals.hurried:
            # Never in the turn of the first: two signals at once would arrive as one.
            _log.warning("the instance ends within %.0f s; handing back what still runs", HURRY_S)
            signals.ask()
        self._extend()

    def _look(self) -> None:
        """Take in what the metadata says now. A notice is never taken back, only made more pressing."""
        try:
            state, spot, rebalance = (self._imds.get(path) for path in (STATE, SPOT, REBALANCE))
        except MetadataUnavailableError as error:
            if not self._silent:
                _log.warning("whether this instance is taken away cannot be asked for: %s", error)
            self._silent = True
            return
        self._silent = False
        heard = notice_of(state, spot, rebalance, time.time(), self._began_s)
        if heard is None or (self._notice is not None and heard.kind == self._notice.kind):
            return
        if self._notice is None or heard.kind != "rebalance":
            _log.warning("%s; draining", IN_WORDS[heard.kind])
            self._notice = heard

    def _is_last_moment(self, notice: Notice) -> bool:
        return notice.deadline_s is not None and time.time() > notice.deadline_s - HURRY_S

    def _is_held(self) -> bool:
        return self._notice is not None and self._notice.kind == "lifecycle"

    def _stay_until(self, notice: Notice) -> float:
        if notice.kind == "rebalance":
            return time.time() + REBALANCE_WITHIN_S
        return (notice.deadline_s or time.time()) + GONE_WITHIN_S

    # --- the hook --------------------------------------------------------------------------------------

    def _extend(self) -> None:
        now = time.monotonic()
        due = self._extended_at + EXTEND_EVERY_S <= now <= self._extend_until
        if self._hook is None or not self._is_held() or not due:
            return
        self._extended_at = now
        try:
            self._hook.extend()
        except CloudError as error:
            _log.warning("the lifecycle hook could not be extended: %s", error)

    def _complete(self) -> None:
        if self._hook is None:
            return
        until = time.monotonic() + COMPLETE_WITHIN_S
        while True:
            try:
                self._hook.complete()
            except CloudError as error:
                if time.monotonic() > until:
                    _log.error("the lifecycle hook could not be completed, and will run out: %s", error)
                    return
            else:
                _log.info("drained; the group may take %s away", self.instance)
                return
            time.sleep(_RETRY_S)


def _signalled(signals: Signals, within_s: float) -> bool:
    """Wait for a signal from outside; tell whether one has come."""
    until = time.monotonic() + within_s
    while not signals.received and time.monotonic() < until:
        time.sleep(_LISTEN_S)
    return signals.received


def instance_agent(settings: Settings) -> InstanceAgent | None:
    """Return who watches over this instance; nobody where the settings do not say that it is one."""
    if settings.instance_metadata == "off":
        return None
    return InstanceAgent(Imds(settings.instance_metadata_url), settings)
