"""Running jobs in a test: in this process, with no server, in a fixed order, and without waiting for time.

```python
with jm.testing.run_jobs() as queue:
    job_id = queue.submit("image.thumbnail", {"path": "cat.jpg"})
    queue.drain()
    assert queue.job(job_id).result == {"path": "cat-256.jpg"}
```

The parts are the real ones: the scheduler's decisions, the worker's way of binding, running and reporting, and a log
that passes the same conformance tests as the server. Only time is not: delays and pauses between attempts
pass at once when nothing else is left to do. A job that ends its process ends the test's.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dramatiq.worker

from journeyman import events as e
from journeyman.blobs import BlobStore, FileBlobStore
from journeyman.decide import Limits
from journeyman.durations import parse_ms
from journeyman.log.api import EVERY_QUEUE, Outcome
from journeyman.log.memory_log import MemoryLog
from journeyman.proposals import Interrupt, Join, Open, Proposal
from journeyman.scheduling import Scheduling
from journeyman_worker.broker import JourneymanBroker, default_broker, policy_of
from journeyman_worker.policy import Duration, Policy, attempt_timeout_ms
from journeyman_worker.runner.attempt import Attempt
from journeyman_worker.runner.bench import IDLE_MS, Bench, JobThread, build_worker
from journeyman_worker.runner.message import BENCH_QUEUE, JobMessage
from journeyman_worker.views import TestedJob, view
from journeyman_worker.watcher import Watcher

WORKER = "w-testing"
#: When the clock of a test starts: 2026-01-01, in milliseconds since 1970.
START_MS = 1_767_225_600_000
#: Longer than any delay or pause, in milliseconds.
FOREVER_MS = 1_000 * 366 * 86_400_000
ATTEMPTS_MAX = 100_000


class TooManyAttemptsError(AssertionError):
    """The jobs go on for ever: each attempt leads to another."""


class VirtualClock:
    """Time that passes only when it is told to."""

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms

    def now_ms(self) -> int:
        """Return milliseconds since 1970."""
        return self.at_ms


class _Desk:
    """Holds the attempts of a test and writes what they say at once."""

    def __init__(self, log: MemoryLog, clock: VirtualClock, blobs: BlobStore) -> None:
        self.worker = WORKER
        self.log = log
        self.logs = [log]
        self.clock = clock
        self.running: dict[int, Attempt] = {}
        self._blobs = blobs
        self._number = 0
        self._lock = threading.Lock()

    def blobs(self) -> BlobStore:
        return self._blobs

    def say(self, *outcomes: Outcome) -> None:
        with self._lock:
            self._number += 1
            self.log.finish(self.worker, self._number, outcomes)

    def ended(self, attempt: Attempt) -> None:
        """Nothing is occupied by an attempt that is over."""

    def serve(self, timeout_ms: int) -> None:
        """Nothing: jobs are handed to the thread directly."""

    def give_back(self, messages: Any) -> None:
        """Nothing was taken."""


class Queue:
    """All queues of a test, and everything that works on them. Made by :func:`run_jobs`."""

    def __init__(self, broker: JourneymanBroker, blobs: BlobStore, limits: Limits) -> None:
        self.clock = VirtualClock(START_MS)
        self.log = MemoryLog(now_ms=self.clock.now_ms)
        self._broker = broker
        self._blobs = blobs
        self._desk = _Desk(self.log, self.clock, blobs)
        self._bench = Bench(broker, self._desk)
        self._claims = self._appends = 0
        joined = e.WorkerJoined(WORKER, "localhost", 0, "0", (EVERY_QUEUE,), tuple(self._bench.runners), 1)
        self._append(Proposal((joined,), None, (Join(WORKER, joined.queues, joined.types),)))
        self._scheduling = Scheduling(self.log, limits, heartbeat_timeout_ms=FOREVER_MS)
        self._epoch = self.log.elect("testing", lease_ms=FOREVER_MS).epoch or 1
        self._worker = build_worker(self._bench, 1)
        self._thread = self._worker_thread()
        self._watcher = Watcher(lambda: list(self._desk.running.values()))

    def _worker_thread(self) -> JobThread:
        worker = self._worker
        consumer = dramatiq.worker.ConsumerThread(
            broker=self._bench, queue_name=BENCH_QUEUE, prefetch=1, work_queue=worker.work_queue, worker_timeout=IDLE_MS
        )
        consumer.consumer = self._bench.consume(BENCH_QUEUE)
        worker.consumers[BENCH_QUEUE] = consumer
        return JobThread(self._bench, worker)

    # --- what a test does ------------------------------------------------------------------------------

    def submit(self, type: str, payload: Any = None, *, delay: Duration | None = None, **options: Any) -> str:
        """Submit a job and return its id. `options`: as for `submit_with_options` of a job."""
        actor = self._broker.actors.get(type)
        policy = Policy() if actor is None else policy_of(actor)
        return self._broker.submit(
            type,
            {} if payload is None else payload,
            policy=policy,
            delay_ms=None if delay is None else parse_ms(delay),
            options=options,
        )

    def cancel(self, job_id: str) -> None:
        """Ask for a job not to run."""
        self._append(Proposal((e.JobCancelRequested(job_id),), Open(job_id), (Interrupt(job_id),)))

    def run_one(self) -> bool:
        """Run the attempt whose turn it is; False where none is ready now."""
        self._schedule()
        self._claims += 1
        claimed = self.log.claim(WORKER, self._claims, 1, queues=[EVERY_QUEUE], types=[*self._bench.runners])
        for job in claimed.jobs:
            runner = self._bench.runners[job.body.type]
            attempt = Attempt(job, self._desk, attempt_timeout_ms(job.body.timeout_ms, runner.timeout_ms))
            self._thread.process_message(JobMessage(attempt, runner))
        self._schedule()
        return bool(claimed.jobs)

    def drain(self) -> None:
        """Run everything there is to run. Time passes at once to wherever the next job is due."""
        for _ in range(ATTEMPTS_MAX):
            if not self.run_one() and not self._pass_time():
                return
        raise TooManyAttemptsError(f"{ATTEMPTS_MAX} attempts, and no end")

    def advance(self, span: Duration) -> None:
        """Let time pass."""
        self.clock.at_ms += parse_ms(span)
        self._schedule()

    def job(self, job_id: str) -> TestedJob:
        """Return a job as it stands now. Raises KeyError for one that was never submitted."""
        return view(self._records(), job_id, self._blobs)

    # --- how it goes on --------------------------------------------------------------------------------

    def _pass_time(self) -> bool:
        left_ms = self._scheduling.idle_ms(self.clock.at_ms, FOREVER_MS)
        if left_ms >= FOREVER_MS:
            return False
        self.clock.at_ms += max(left_ms, 1)
        return True

    def _schedule(self) -> None:
        scheduling = self._scheduling
        while True:
            while scheduling.follow():
                pass
            if scheduling.settle(self._epoch, self.clock.at_ms) is None:
                return

    def _records(self) -> Iterator[e.Record]:
        after = e.BEGINNING
        while entries := self.log.read(after):
            after = entries[-1].offset
            for entry in entries:
                yield from entry.records()

    def _append(self, proposal: Proposal) -> None:
        self._appends += 1
        self.log.append([proposal], caller="testing", number=self._appends)

    @contextmanager
    def _open(self) -> Iterator[None]:
        self._bench.emit_before("worker_boot", self._worker)
        self._watcher.start()
        try:
            with self._broker.using(log=self.log, blobs=self._blobs, clock=self.clock):
                yield
        finally:
            self._watcher.close()
            self._bench.emit_after("worker_shutdown", self._worker)


@contextmanager
def run_jobs(broker: JourneymanBroker | None = None, *, limits: Limits | None = None) -> Iterator[Queue]:
    """Give a queue that runs the jobs declared so far, in this thread, when it is told to.

    What jobs submit themselves goes to the same queue. broker: whose jobs; the process's own by default.
    """
    with tempfile.TemporaryDirectory(prefix="journeyman-testing-") as directory:
        queue = Queue(broker or default_broker(), FileBlobStore(Path(directory)), limits or Limits())
        with queue._open():
            yield queue
