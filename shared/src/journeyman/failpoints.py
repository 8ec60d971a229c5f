"""Named places at which a process of ours can be told to die or to stand still, to see what then holds.

`JOURNEYMAN_FAILPOINTS="scheduler.after_commit=kill,worker.before_beat=stop:3"` has the process end itself as by
`kill -9` the first time it passes the one place, and freeze itself (SIGSTOP) the third time it passes the other. Each
fires once in a process. Refused in production, and so is a name that is not in `NAMES`.

A process that takes the place of one that died here is started without: one death was asked for, not one after another.

This is the one piece of state that a process has at its module level: the places are everywhere, and handing them
through every constructor would cost more reading than it is worth. Places are passed once a batch, never once a job.
"""

from __future__ import annotations

import difflib
import os
import signal
from collections.abc import Mapping
from threading import Lock
from typing import NamedTuple

from journeyman.errors import SettingsError
from journeyman.settings import PREFIX

VARIABLE = f"{PREFIX}FAILPOINTS"

#: Every place, and what has happened when it is passed.
NAMES: Mapping[str, str] = {
    "ingest.before_append": "a group of requests is taken, nothing is sent to the log",
    "ingest.after_append": "the group is in the log, nobody has been answered",
    "scheduler.after_read": "a page of the log is folded, nothing is decided on it",
    "scheduler.before_commit": "a round is decided, nothing is sent",
    "scheduler.after_commit": "a round is in the log, the scheduler has not noted the reply",
    "scheduler.before_elect": "the lease is due to be taken or renewed",
    "scheduler.after_elect": "the lease is taken or renewed, nothing was done with it",
    "scheduler.before_snapshot": "a snapshot is due",
    "scheduler.within_snapshot": "the snapshot is stored, and nothing leads to it yet",
    "scheduler.after_snapshot": "the snapshot is the one that a restart will use",
    "scheduler.before_trim": "it is time to look what may be trimmed",
    "scheduler.within_trim": "bodies are moved beside the log, no entry has been dropped",
    "scheduler.after_trim": "entries are dropped, the log does not say so yet",
    "scheduler.before_archive": "entries are old enough to be archived, none of them is",
    "scheduler.within_archive": "a segment's contents are stored, and nothing leads to them yet",
    "scheduler.after_archive": "a segment is in the archive, nothing has been trimmed for it",
    "scheduler.before_handing_out": "releases are read, none of them is sent to SQS",
    "scheduler.after_handing_out": "releases are sent to SQS, how far it has come is not noted",
    "restore.before_swap": "the archived entries are on the server beside the log, the log is as it was",
    "restore.after_swap": "the archived entries are the log, no key is derived from it yet",
    "worker.after_join": "the worker is registered and has claimed nothing",
    "worker.after_receiving": "messages are received from SQS, none of their places is claimed",
    "worker.after_claim": "jobs are claimed, none of them has started",
    "worker.before_finish": "jobs have ended, the log has not been told",
    "worker.after_finish": "the log knows how jobs ended, the worker has not noted the reply",
    "worker.before_beat": "a heartbeat is due",
    "worker.after_beat": "a heartbeat was sent, its reply is not acted on",
    "worker.child_started": "the parent has started a worker process",
    "worker.child_died": "the parent has noticed that a worker process died, the log has not been told",
    "worker.child_reported": "the parent has told the log that a worker is lost",
    "dashboard.before_transaction": "a batch of the log is read, its transaction has not begun",
    "dashboard.within_transaction": "a batch is written, its transaction is open",
    "dashboard.after_transaction": "a batch is stored, nobody has been told",
    "autoscaler.before_decision": "a new number of workers is decided, the log does not say so yet",
    "autoscaler.after_decision": "the decision is in the log, nothing is done about it",
    "autoscaler.before_start": "a worker is to be started",
    "autoscaler.after_start": "a worker was started",
    "autoscaler.before_stop": "a worker is to be drained",
    "autoscaler.after_stop": "a worker was told to drain",
}

_SIGNALS: Mapping[str, signal.Signals] = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class Failpoint(NamedTuple):
    """What is to happen at the `passing`-th passing of a place."""

    signal: signal.Signals
    passing: int


class Failpoints:
    """Places that are armed, and how often each was passed."""

    def __init__(self, armed: Mapping[str, Failpoint]) -> None:
        self._armed = dict(armed)
        self._passed = dict.fromkeys(armed, 0)
        self._lock = Lock()

    def hit(self, name: str) -> None:
        """Pass a place, and do there what was asked for."""
        failpoint = self._armed.get(name)
        if failpoint is None:
            return
        with self._lock:
            self._passed[name] += 1
            fires = self._passed[name] == failpoint.passing
        if fires:
            os.kill(os.getpid(), failpoint.signal)


_armed: Failpoints | None = None


def hit(name: str) -> None:
    """Pass the place `name`. Does nothing unless it is armed."""
    if _armed is not None:
        _armed.hit(name)


def arm(text: str) -> None:
    """Arm what the setting asks for, in this process; nothing for an empty text. Raises SettingsError."""
    global _armed  # noqa: PLW0603 - see the module's docstring
    _armed = Failpoints(parse(text)) if text else None


def parse(text: str) -> dict[str, Failpoint]:
    """Read `NAME=ACTION[:PASSING],…`. Raises SettingsError, in one line."""
    armed = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, wanted = part.partition("=")
        action, colon, passing = wanted.partition(":")
        if name not in NAMES:
            [near] = difflib.get_close_matches(name, NAMES, n=1, cutoff=0.0)
            raise SettingsError(f"{VARIABLE}: there is no failpoint {name}; did you mean {near}?")
        if action not in _SIGNALS:
            raise SettingsError(f"{VARIABLE}: {name} can be kill or stop, and not {action!r}")
        if colon and not (passing.isascii() and passing.isdigit() and int(passing) > 0):
            raise SettingsError(f"{VARIABLE}: {name}: {passing!r} is no number of a passing (1, 2, …)")
        armed[name] = Failpoint(_SIGNALS[action], int(passing) if colon else 1)
    return armed


def disarmed(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the setting: for a process that takes the place of one that died."""
    return {name: value for name, value in environ.items() if name != VARIABLE}
