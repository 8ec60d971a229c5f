"""Where `.send()` puts jobs: an outlet for each partition, taken in turn.

An append whose reply was lost is repeated with the same number, so it is one job.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from itertools import count

from journeyman.admission import admit
from journeyman.errors import ServerRefusedError, ServerUnavailableError
from journeyman.events import JobSubmitted
from journeyman.ids import ALPHABET, IdMaker, is_job_id, partition_of
from journeyman.log.api import Log
from journeyman_worker.clock import Clock, ServerClock

#: Lost replies are repeated this often before the caller hears of it; about 3 seconds in all.
REPEATS = 6


class Outlet:
    """Submits to one partition. Safe to share between threads."""

    def __init__(self, log: Log, partition: int, caller: str, clock: Clock | None = None) -> None:
        self._log = log
        self._caller = caller
        self._clock = clock
        self._number = 0
        self._ids = IdMaker(partition)
        self._lock = threading.Lock()

    def submit(self, job_of: Callable[[str, int], JobSubmitted]) -> str:
        """Submit the job that `job_of` makes of an id and the time; return its id.

        Raises ServerUnavailableError, ServerRefusedError.
        """
        with self._lock:
            if self._clock is None:
                self._clock = ServerClock(self._log.now_ms())
            clock = self._clock
            now_ms = clock.now_ms()
            job_id = self._ids.make(now_ms, secrets.randbits(60))
            proposal = admit([job_of(job_id, now_ms)], now_ms)
            self._number += 1
            for repeat in range(REPEATS + 1):
                try:
                    reply = self._log.append([proposal], caller=self._caller, number=self._number)
                except ServerUnavailableError:
                    if repeat == REPEATS:
                        raise
                    time.sleep(0.05 * 2**repeat)
                except ServerRefusedError as error:
                    if repeat == 0:
                        raise
                    # It may have been taken before, and only this repetition was refused.
                    raise ServerUnavailableError(f"it is not known whether the job was submitted: {error}") from error
                else:
                    if isinstance(clock, ServerClock):
                        clock.calibrate(reply.now_ms)
                    break
        return job_id


class Outlets:
    """The outlets of one process."""

    def __init__(self, logs: Sequence[Log], clock: Clock | None = None) -> None:
        """Open an outlet to each log. clock: tells the time; none: the server does."""
        self.logs = logs
        caller = "c-" + "".join(secrets.choice(ALPHABET) for _ in range(16))
        self._outlets = [Outlet(log, partition, caller, clock) for partition, log in enumerate(logs)]
        self._turn = count()

    def choose(self, parents: str | Sequence[str]) -> Outlet:
        """Return where a job goes: to its first parent's partition, or to the next one in turn."""
        first = parents if isinstance(parents, str) else next(iter(parents), "")
        if isinstance(first, str) and is_job_id(first) and (partition := partition_of(first)) < len(self._outlets):
            return self._outlets[partition]
        return self._outlets[next(self._turn) % len(self._outlets)]
