"""What 200 idle workers cost the server, and how many of them a single job wakes.

The workers are threads of this process that do what a worker's claimer, heartbeat and doorbell do when there is
nothing to do, with the same pauses; a process each would not fit on a small machine and would say nothing more.
"""

from __future__ import annotations

import random
import threading
import time
from contextlib import ExitStack

from benchmarks.log_worker import LogWorker
from benchmarks.measures import Goal, Options, Row
from benchmarks.processes import cpu_seconds
from benchmarks.submitter import Submitter
from benchmarks.system import System
from journeyman.log.doorbell import Doorbell
from journeyman_worker.claim_size import POLL_FIRST_MS, POLL_LAST_MS, next_poll_ms
from journeyman_worker.pace import in_step

WORKERS = 200
WATCHED_S = 10.0
#: As the worker service has it.
BEAT_S = 2.5
JOBS = 20


class _Idler:
    """One worker's loop: claim, then wait for the bell or the next poll; beat in between."""

    def __init__(self, worker: LogWorker, bell: Doorbell) -> None:
        self.rings = 0
        self.ready = threading.Event()
        self._worker = worker
        self._bell = bell
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=worker.worker)

    def __enter__(self) -> _Idler:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._bell.wake()
        self._thread.join()
        self._bell.close()

    def _run(self) -> None:
        beat_at = time.monotonic() + BEAT_S
        poll_ms = POLL_FIRST_MS
        poll_at = 0.0
        while not self._stop.is_set():
            now = time.monotonic()
            if now >= beat_at:
                beat_at = now + in_step(BEAT_S * 1000, self._worker.beat()) / 1000
            if now >= poll_at:
                job_id = self._worker.claim()
                if job_id is not None:
                    self._worker.finish(job_id)
                    poll_ms = POLL_FIRST_MS
                    continue
                self.ready.set()
                poll_at = now + in_step(poll_ms, self._worker.now_ms) / 1000
                poll_ms = next_poll_ms(poll_ms, random.random())
            if self._bell.wait((min(poll_at, beat_at) - time.monotonic()) * 1000):
                self.rings += 1
                poll_at, poll_ms = 0.0, POLL_FIRST_MS


def crowd(_options: Options) -> list[Row]:
    """Measure the server's share of a core over ten idle seconds, polls having become slow; then single jobs' rings."""
    with System() as system, ExitStack() as threads:
        submitter = Submitter(system)
        idlers = [_idler(system, threads, submitter, number) for number in range(WORKERS)]
        for idler in idlers:
            idler.ready.wait(20)
        time.sleep(2 * POLL_LAST_MS / 1000)
        before, started = cpu_seconds(system.pid("server")), time.perf_counter()
        time.sleep(WATCHED_S)
        share = (cpu_seconds(system.pid("server")) - before) / (time.perf_counter() - started)
        rings = _rings(idlers)
        for _ in range(JOBS):
            submitter.submit(1)
            system.wait_empty()
            time.sleep(0.1)
        woken = (_rings(idlers) - rings) / JOBS
    return [
        Row(f"server with {WORKERS} idle workers", share * 100, "% of a core", {}, Goal("≤", 2)),
        Row(f"workers woken by one job, of {WORKERS}", woken, "workers", {}, Goal("≤", 1)),
    ]


def _idler(system: System, threads: ExitStack, submitter: Submitter, number: int) -> _Idler:
    """Start a worker that, like any other, has connections of its own."""
    log = system.open_log()
    threads.callback(log.close)
    worker = LogWorker(log, submitter, f"w-idle{number}")
    return threads.enter_context(_Idler(worker, log.doorbell(worker.worker)))


def _rings(idlers: list[_Idler]) -> int:
    return sum(idler.rings for idler in idlers)
