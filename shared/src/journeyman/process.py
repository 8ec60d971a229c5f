"""What every service's process does alike: read settings, set up logging, stop on a signal, end with a code.

Exit codes: 0 ended as asked, 1 failed, 2 wrong settings or usage, 3 no server, or not a suitable one. What is
wrong with settings or server is one line on standard error, never a traceback.

A process started by another of ours can hold a *lifeline*: its standard input is a pipe whose other end the parent
keeps open and never writes to. When the parent is gone, however it went, the pipe ends; the child then stops
as if by SIGTERM, and is ended for good when it has not stopped in time. See docs/adr/0001-workspace.md.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, NoReturn

from journeyman import failpoints
from journeyman.errors import ServerRefusedError, ServerUnavailableError, SettingsError, UnsuitableServerError
from journeyman.settings import Settings, load
from journeyman.telemetry import configure_logging

OK, FAILED, WRONG_USAGE, NO_SERVER, INTERRUPTED = 0, 1, 2, 3, 130

#: Environment variable by which a parent says that standard input is a lifeline.
LIFELINE = "JM_LIFELINE"

#: How much longer than the drain timeout a process may take to stop once its parent is gone.
LIFELINE_GRACE_S = 15.0

_log = logging.getLogger(__name__)


def run_service(
    name: str,
    main: Callable[[Settings], int | None],
    environ: Mapping[str, str] | None = None,
    **overrides: Any,
) -> NoReturn:
    """Run `main` as the service `name` and end the process with its exit code (None: 0).

    `overrides` are settings given on the command line; those that are not None win over the environment.
    """
    raise SystemExit(_run(name, main, os.environ if environ is None else environ, overrides))


def _run(
    name: str, main: Callable[[Settings], int | None], environ: Mapping[str, str], overrides: Mapping[str, Any]
) -> int:
    try:
        settings = load(environ, **overrides)
        configure_logging(name, settings)
        failpoints.arm(settings.failpoints)
        if os.environ.pop(LIFELINE, ""):
            hold_lifeline(settings.drain_timeout_ms / 1000 + LIFELINE_GRACE_S)
        return main(settings) or OK
    except SettingsError as error:
        return _say(name, error, WRONG_USAGE)
    except (ServerUnavailableError, ServerRefusedError, UnsuitableServerError) as error:
        return _say(name, error, NO_SERVER)
    except KeyboardInterrupt:
        return INTERRUPTED


def _say(name: str, error: Exception, code: int) -> int:
    print(f"{name}: {error}", file=sys.stderr, flush=True)  # noqa: T201 - logging may not be set up yet
    return code


class SignalledEvent(threading.Event):
    """An event that the handler of a signal may set.

    Handlers run in the main thread between any two instructions of it. `Event` takes a lock to be set, and the main
    thread may be holding that very lock, just before or behind its wait; then it would stand for ever. A `SimpleQueue`
    is made for being put into from a handler.
    """

    def __init__(self) -> None:
        super().__init__()
        self._was_set = False
        self._wakes: SimpleQueue[None] = SimpleQueue()

    def is_set(self) -> bool:
        """Tell whether it was set."""
        return self._was_set

    def set(self) -> None:
        """Set it, and wake whoever waits."""
        self._was_set = True
        self._wakes.put(None)

    def clear(self) -> None:
        """Have it not set any more; not while it may be set."""
        self._was_set = False
        self._wakes = SimpleQueue()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, for so many seconds at most; returns whether it is."""
        if not self._was_set:
            with suppress(Empty):
                self._wakes.get(timeout=None if timeout is None else max(timeout, 0.0))
                self._wakes.put(None)  # for whoever else waits
        return self._was_set


def stop_event() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set. Call it on the main thread.

    A second Ctrl-C interrupts at once (KeyboardInterrupt, which `run_service` turns into exit code 130).
    """
    stop = SignalledEvent()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    return stop


def hold_lifeline(grace_s: float) -> None:
    """At the end of the lifeline, SIGTERM this process, and end it for good when it still runs `grace_s` later."""

    def stop() -> None:
        _log.warning("the parent process is gone; stopping")
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace_s)
        _log.error("still not stopped %.0f s after the parent process was gone; ending", grace_s)
        os._exit(FAILED)

    watch_lifeline(stop)


def watch_lifeline(ended: Callable[[], None]) -> None:
    """Call `ended` once, on a thread of its own, when standard input has come to its end."""

    def watch() -> None:
        stdin = 0
        try:
            while os.read(stdin, 4096):
                pass
        except OSError as error:
            _log.warning("the lifeline broke: %s", error)
        ended()

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
