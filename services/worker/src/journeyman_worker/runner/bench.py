"""The broker that dramatiq's worker consumes from: one queue, filled by the claimer.

A user's broker declares many queues and dramatiq would start a consumer for each; strict priority across
queues needs a single claimer. So the worker gets this broker: same actors, same middleware, one queue.
The line between the claimer and the worker threads keeps the order of the claim (dramatiq's own would sort by
actor priority) and is cheap: dramatiq's priority queue costs more than the rest of its work on a small job. The claimer
runs in dramatiq's consumer thread and puts whole claims on the line; none of it goes through the consumer one by one.

Where no middleware of the user's wants to hear of messages, a worker thread calls our own hooks and the actor and
nothing else (`JobThread`). Otherwise dramatiq does it all, and every middleware hears what it would hear elsewhere.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any, Protocol

from dramatiq import Broker, Consumer, Message, MessageProxy, Middleware, Worker
from dramatiq.middleware import AsyncIO
from dramatiq.worker import WorkerThread

from journeyman_worker.broker import JourneymanBroker
from journeyman_worker.failure_lines import FailureLines
from journeyman_worker.observed import UNOBSERVED, Observed
from journeyman_worker.runner.calls import Runner, TracedRunner
from journeyman_worker.runner.message import BENCH_QUEUE, JobMessage
from journeyman_worker.runner.middleware import Attempts

#: How long idle worker threads sleep before they look whether to stop, in milliseconds.
IDLE_MS = 250


#: What a middleware may hear of a message on its way through a worker thread.
HOOKS = tuple(
    f"{when}_{what}" for when in ("before", "after") for what in ("process_message", "skip_message", "ack", "nack")
)

_log = logging.getLogger(__name__)


class Source(Protocol):
    """Where messages come from, and go back to unstarted."""

    def serve(self, timeout_ms: int) -> None:
        """Put messages on the line until the time has passed."""
        ...

    def give_back(self, messages: Iterable[MessageProxy]) -> None:
        """Hand messages back that no thread has begun."""
        ...


class Line(SimpleQueue[Any]):
    """What dramatiq needs of a work queue. `unfinished_tasks` counts what no thread has taken yet."""

    @property
    def unfinished_tasks(self) -> int:
        """Messages that wait for a thread."""
        return self.qsize()

    def task_done(self) -> None:
        """Nothing: nobody joins this queue."""

    def join(self) -> None:
        """Nothing: the drainer waits for attempts instead."""


class Gate:
    """Lets the first so many worker threads take from the line; the others wait before it."""

    def __init__(self, threads: int) -> None:
        self.open = threads
        self._wider = Event()

    def let(self, threads: int) -> None:
        """Let so many of them from now on. Those that wait at the line already take one more message each."""
        wider, self.open = threads > self.open, threads
        if wider:
            self._wider.set()
        else:
            self._wider.clear()

    def wait(self, timeout: float | None) -> None:
        """Wait until it was opened wider, or for so many seconds."""
        self._wider.wait(timeout)


class _Place:
    """What a thread other than the first takes its messages from: the line behind the gate."""

    def __init__(self, line: Line, gate: Gate, number: int) -> None:
        self._line = line
        self._gate = gate
        self._number = number
        self.task_done = line.task_done

    def get(self, timeout: float | None = None) -> Any:
        gate = self._gate
        if self._number >= gate.open:
            gate.wait(timeout)
            if self._number >= gate.open:
                raise Empty
        return self._line.get(timeout=timeout)


class Bench(Broker):
    """The worker's side of a :class:`JourneymanBroker`."""

    def __init__(self, broker: JourneymanBroker, source: Source, observed: Observed = UNOBSERVED) -> None:
        """Prepare every actor of `broker`. Raises TypeError where one cannot be validated against."""
        super().__init__([])
        self._broker = broker
        self._source = source
        self.actors = broker.actors
        self.queues = {BENCH_QUEUE}
        tracing = observed.tracing
        self.runners = {
            name: Runner(actor) if tracing is None else TracedRunner(actor, tracing)
            for name, actor in broker.actors.items()
        }
        asynchronous = any(runner.is_async for runner in self.runners.values())
        self.attempts = Attempts(FailureLines(), observed.levels)
        self.middleware = [self.attempts, *([AsyncIO()] if asynchronous else []), *broker.middleware]

    def listeners(self) -> list[Middleware]:
        """Return the middlewares, beside our own, that want to hear of messages."""
        return [each for each in self.middleware if each is not self.attempts and _listens(each)]

    def get_declared_queues(self) -> set[str]:
        """Return the one queue dramatiq is to consume."""
        return {BENCH_QUEUE}

    def get_actor(self, actor_name: str) -> Any:
        """Return the actor as the worker calls it. Raises ActorNotFound."""
        runner = self.runners.get(actor_name)
        return super().get_actor(actor_name) if runner is None else runner

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 1_000) -> Consumer:  # noqa: ARG002
        """Return the consumer of the one queue."""
        return _BenchConsumer(self._source, timeout)

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Submit through the user's broker."""
        return self._broker.enqueue(message, delay=delay)

    def declare_queue(self, queue_name: str) -> None:
        """Pass it on: a queue that user code declares while the worker runs is only submitted to."""
        self._broker.declare_queue(queue_name)


def _listens(middleware: Middleware) -> bool:
    kind = type(middleware)
    return any(getattr(kind, hook, None) is not getattr(Middleware, hook, None) for hook in HOOKS)


class _BenchConsumer(Consumer):
    """Lets the claimer work in dramatiq's thread. Outcomes were reported before dramatiq acknowledges."""

    def __init__(self, source: Source, timeout_ms: int) -> None:
        self._source = source
        self._timeout_ms = timeout_ms

    def __next__(self) -> None:
        self._source.serve(self._timeout_ms)

    def ack(self, message: MessageProxy) -> None:
        """Nothing is left to say."""

    def nack(self, message: MessageProxy) -> None:
        """Nothing is left to say."""

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Hand unstarted messages back."""
        self._source.give_back(messages)


class JobThread(WorkerThread):
    """A worker thread of dramatiq's with a short way for messages that nobody else wants to hear of."""

    def __init__(self, bench: Bench, worker: JobWorker, number: int = 0) -> None:
        super().__init__(
            broker=bench,
            consumers=worker.consumers,
            work_queue=_Place(worker.line, worker.gate, number) if number else worker.line,  # type: ignore[arg-type]
            worker_timeout=worker.worker_timeout,
        )
        self._attempts = bench.attempts
        self._alone = not bench.listeners()

    def process_message(self, message: MessageProxy) -> None:
        """Run one job. Whatever happens becomes its outcome."""
        if not self._alone or not isinstance(message, JobMessage):
            super().process_message(message)
            return
        try:
            self._attempts.begin(message)
            try:
                args, kwargs = message.bound()
                result = message.runner(*args, **kwargs)
            except BaseException as exception:  # noqa: BLE001 - whatever user code raises is an outcome
                self._attempts.raised(message, exception)
            else:
                self._attempts.returned(message, result)
        except Exception:  # noqa: BLE001 - a loop's runner; it is logged
            _log.exception("cannot report what became of %s", message.attempt.token)


class JobWorker(Worker):
    """Dramatiq's worker with our line between its threads."""

    def __init__(self, bench: Bench, threads: int) -> None:
        super().__init__(bench, worker_threads=threads, worker_timeout=IDLE_MS)
        self.bench = bench
        self.line = Line()
        self.gate = Gate(threads)
        self.work_queue = self.line  # type: ignore[assignment]

    def _add_worker(self) -> None:
        thread = JobThread(self.bench, self, len(self.workers))
        self.workers.append(thread)
        thread.start()


def build_worker(bench: Bench, threads: int) -> JobWorker:
    """Return dramatiq's worker on the bench, not started. Its threads say nothing: failures are outcomes."""
    logging.getLogger("dramatiq.worker.WorkerThread").setLevel(logging.CRITICAL)
    logging.getLogger("dramatiq").setLevel(max(logging.WARNING, logging.getLogger("dramatiq").level))
    return JobWorker(bench, threads)
