"""What this process costs and runs: the facts a heartbeat carries."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple

import psutil

from journeyman_worker.clock import monotonic_ms
from journeyman_worker.runner.attempt import Attempt

#: Partitions beat at the same moment, and over so short a time a processor's use says nothing.
FRESH_MS = 200.0


class Identity(NamedTuple):
    """What does not change about a worker while it lives.

    described: what it tells of its types when it joins. instance: the EC2 instance it runs on; "": not asked for.
    """

    worker: str
    host: str
    pid: int
    version: str
    queues: tuple[str, ...]
    types: tuple[str, ...]
    slots: int
    described: str = ""
    instance: str = ""


class Vitals:
    """Measures this process for all heartbeats. The first CPU figure is 0, the later ones since the one before."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._process.cpu_percent(None)
        self._lock = Lock()
        self._measured: dict[str, object] = {}
        self._until_ms = 0.0

    def measure(self) -> dict[str, object]:
        """Return resident memory in bytes and processor use in percent of one core, as of `FRESH_MS` ago at most."""
        with self._lock:
            if (now := monotonic_ms()) >= self._until_ms:
                self._until_ms = now + FRESH_MS
                with self._process.oneshot():
                    rss, percent = self._process.memory_info().rss, self._process.cpu_percent(None)
                self._measured = {"rss_bytes": rss, "cpu_percent": percent}
            return self._measured


def facts(identity: Identity, state: str, running: Iterable[Attempt], measured: dict[str, object]) -> dict[str, object]:
    """Return everything a heartbeat says. `state`: running or draining."""
    now_running = [_running(attempt) for attempt in running]
    return {
        "host": identity.host,
        "pid": identity.pid,
        "version": identity.version,
        "queues": identity.queues,
        "types": identity.types,
        "slots": identity.slots,
        "instance": identity.instance,
        "busy": len(now_running),
        "state": state,
        "running": now_running,
        **measured,
    }


def _running(attempt: Attempt) -> dict[str, object]:
    job_id, number = attempt.key
    latest = attempt.latest
    return {
        "job_id": job_id,
        "attempt": number,
        "type": attempt.job.body.type,
        "started_at_ms": attempt.started_ms,
        "progress": None if latest is None else {"percent": latest.percent, "message": latest.message},
    }
