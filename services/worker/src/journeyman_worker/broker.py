"""Journeyman as a dramatiq broker: where actors are declared, and where `.send()` puts jobs.

What consumes is not this object but the worker's bench (`runner/bench.py`): strict priority needs one claimer for
all queues, and dramatiq starts one consumer a queue. Nothing here talks to a server until the first
job is submitted. An append whose reply was lost is repeated with the same number, so it is one job.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dramatiq.broker
from dramatiq import Actor, Broker, Message, Middleware

from journeyman.admission import admit
from journeyman.blobs import INLINE_MAX, BlobStore, open_blobs
from journeyman.errors import ServerUnavailableError
from journeyman.ids import ALPHABET, IdMaker
from journeyman.log.api import Log
from journeyman.proposals import Proposal
from journeyman.settings import Settings, load
from journeyman_worker.clock import Clock, ServerClock
from journeyman_worker.policy import OPTIONS, Policy, policy_of_actor
from journeyman_worker.submissions import check_delay, encode_payload, to_submitted

if TYPE_CHECKING:
    from journeyman_worker.actors import Job

#: Lost replies are repeated this often before the caller hears of it; about 3 seconds in all.
REPEATS = 6


class Options(Middleware):
    """Tells dramatiq which options actors on this broker may have."""

    @property
    def actor_options(self) -> set[str]:
        """The names `@dramatiq.actor` accepts; see `policy.py`."""
        return set(OPTIONS - {"depends_on", "on_dependency_failure", "tags", "queue", "priority"})


class JourneymanBroker(Broker):
    """Submits to the log. `log`, `blobs` and `settings` default to what the environment names."""

    def __init__(
        self,
        *,
        log: Log | None = None,
        blobs: BlobStore | None = None,
        settings: Settings | None = None,
        middleware: list[Middleware] | None = None,
    ) -> None:
        super().__init__([Options(), *(middleware or [])])
        self._settings = settings
        self._log = log
        self._blobs = blobs
        self._lock = threading.Lock()
        self._caller = "c-" + "".join(secrets.choice(ALPHABET) for _ in range(16))
        self._number = 0
        self._ids = IdMaker(0)
        self._clock: Clock | None = None

    # --- what dramatiq asks of a broker ----------------------------------------------------------------

    def declare_queue(self, queue_name: str) -> None:
        """Take note of a queue. Queues need no making."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues[queue_name] = None
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Submit a message as a job and return it with the job's id. `delay` is in milliseconds.

        Raises ValueError and TypeError for what cannot be submitted, ServerUnavailableError, ServerRefusedError.
        """
        self.emit_before("enqueue", message, delay)
        actor: Actor[Any, Any] | None = self.actors.get(message.actor_name)
        policy = Policy(queue=message.queue_name) if actor is None else policy_of(actor)
        job_id = self.submit(
            message.actor_name, _payload(actor, message), policy=policy, delay_ms=delay, options=message.options
        )
        sent = message.copy(message_id=job_id)
        self.emit_after("enqueue", sent, delay)
        return sent

    def submit(
        self, type: str, payload: Any, *, policy: Policy, delay_ms: int | None = None, options: Mapping[str, Any] = {}
    ) -> str:
        """Submit a job with this payload and return its id. Raises as `enqueue` does."""
        data = encode_payload(payload)
        blob = self.blobs().put(data) if len(data) > INLINE_MAX else None
        with self._lock:
            log, clock = self._connected()
            now_ms = clock.now_ms()
            due_ms = now_ms + check_delay(delay_ms) if delay_ms else 0
            job_id = self._ids.make(now_ms, secrets.randbits(60))
            job = to_submitted(job_id, type, policy, data.decode(), blob, options, due_ms)
            self._append(log, admit([job], now_ms))
        return job_id

    def close(self) -> None:
        """Close the connection, if one was made."""
        close = getattr(self._log, "close", None)
        if close is not None:
            close()

    # --- the log ---------------------------------------------------------------------------------------

    def use(self, *, log: Log, blobs: BlobStore) -> None:
        """Submit to this log from now on."""
        with self._lock:
            self._log, self._blobs, self._clock = log, blobs, None

    @contextmanager
    def using(self, *, log: Log, blobs: BlobStore, clock: Clock) -> Iterator[None]:
        """Submit to this log, by this clock, for a while."""
        with self._lock:
            before = self._log, self._blobs, self._clock
            self._log, self._blobs, self._clock = log, blobs, clock
        try:
            yield
        finally:
            with self._lock:
                self._log, self._blobs, self._clock = before

    def blobs(self) -> BlobStore:
        """Return where payloads too large for the log go."""
        if self._blobs is None:
            self._blobs = open_blobs(self.settings)
        return self._blobs

    @property
    def settings(self) -> Settings:
        """What the environment says, unless the broker was told otherwise."""
        if self._settings is None:
            self._settings = load(os.environ)
        return self._settings

    def _connected(self) -> tuple[Log, Clock]:
        if self._log is None:
            from journeyman.log.connect import open_log

            self._log = open_log(self.settings)
        if self._clock is None:
            self._clock = ServerClock(self._log.now_ms())
        return self._log, self._clock

    def _append(self, log: Log, proposal: Proposal) -> None:
        self._number += 1
        for repeat in range(REPEATS + 1):
            try:
                reply = log.append([proposal], caller=self._caller, number=self._number)
            except ServerUnavailableError:
                if repeat == REPEATS:
                    raise
                time.sleep(0.05 * 2**repeat)
            else:
                if isinstance(self._clock, ServerClock):
                    self._clock.calibrate(reply.now_ms)
                return


def _payload(actor: Actor[Any, Any] | None, message: Message[Any]) -> Any:
    """Return what travels: a job's arguments by name; a plain actor's as they were given."""
    binding = getattr(actor, "binding", None)
    if binding is not None:
        return binding.as_object(message.args, message.kwargs)
    return {"args": list(message.args), "kwargs": message.kwargs}


def policy_of(actor: Actor[Any, Any] | Job[Any, Any]) -> Policy:
    """Return the policies of a job type, or of a plain actor as far as its options say them."""
    policy = getattr(actor, "policy", None)
    if isinstance(policy, Policy):
        return policy
    return policy_of_actor(actor.queue_name, actor.priority, actor.options)


def default_broker() -> JourneymanBroker:
    """Return the process's broker, which is dramatiq's global one; make it where there is none.

    Raises TypeError where somebody has set another kind: jobs then need `@jm.job(…, broker=…)`.
    """
    broker = dramatiq.broker.global_broker
    if broker is None:
        broker = JourneymanBroker()
        dramatiq.set_broker(broker)
    if not isinstance(broker, JourneymanBroker):
        raise TypeError(f"dramatiq's global broker is a {type(broker).__name__}; say which broker: broker=…")
    return broker
