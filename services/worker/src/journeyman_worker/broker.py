"""Journeyman as a dramatiq broker: where actors are declared, and where `.send()` puts jobs.

What consumes is not this object but the worker's bench (`runner/bench.py`): strict priority needs one claimer for
all queues, and dramatiq starts one consumer a queue. Nothing here talks to a server until the first
job is submitted.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dramatiq.broker
from dramatiq import Actor, Broker, Message, Middleware

from journeyman.blobs import INLINE_MAX, BlobStore, open_blobs
from journeyman.events import JobSubmitted
from journeyman.log.api import Log
from journeyman.otel import current_traceparent
from journeyman.settings import Settings, load
from journeyman_worker.clock import Clock
from journeyman_worker.context import current_attempt
from journeyman_worker.outlets import Outlets
from journeyman_worker.policy import OPTIONS, Policy, policy_of_actor
from journeyman_worker.submissions import check_delay, encode_payload, to_submitted

if TYPE_CHECKING:
    from journeyman_worker.actors import Job


class Options(Middleware):
    """Tells dramatiq which options actors on this broker may have."""

    @property
    def actor_options(self) -> set[str]:
        """The names `@dramatiq.actor` accepts; see `policy.py`."""
        return set(OPTIONS - {"depends_on", "on_dependency_failure", "tags", "queue", "priority"})


class JourneymanBroker(Broker):
    """Submits to the log. `logs` (of every partition), `blobs` and `settings` default to what the environment names."""

    def __init__(
        self,
        *,
        logs: Sequence[Log] = (),
        blobs: BlobStore | None = None,
        settings: Settings | None = None,
        middleware: list[Middleware] | None = None,
    ) -> None:
        super().__init__([Options(), *(middleware or [])])
        self._settings = settings
        self._outlets = Outlets(logs) if logs else None
        self._blobs = blobs
        self._lock = threading.Lock()

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
        """Submit a job with this payload and return its id; it joins the trace of the current span, if there is one.

        Raises as `enqueue` does.
        """
        data = encode_payload(payload)
        blob = self.blobs().put(data) if len(data) > INLINE_MAX else None
        wait_ms = check_delay(delay_ms) if delay_ms else 0
        traceparent = current_traceparent()

        def job_of(job_id: str, now_ms: int) -> JobSubmitted:
            due_ms = now_ms + wait_ms if delay_ms else 0
            return to_submitted(job_id, type, policy, data.decode(), blob, options, due_ms, traceparent)

        def submitted() -> str:
            return self._connected().choose(options.get("depends_on", ())).submit(job_of)

        attempt = current_attempt.get()
        return submitted() if attempt is None else attempt.undisturbed(submitted)

    def close(self) -> None:
        """Close the connections, if any were made."""
        for log in self._outlets.logs if self._outlets is not None else ():
            close = getattr(log, "close", None)
            if close is not None:
                close()

    # --- the log ---------------------------------------------------------------------------------------

    def use(self, *, logs: Sequence[Log], blobs: BlobStore) -> None:
        """Submit to these logs from now on."""
        with self._lock:
            self._outlets, self._blobs = Outlets(logs), blobs

    @contextmanager
    def using(self, *, log: Log, blobs: BlobStore, clock: Clock) -> Iterator[None]:
        """Submit to this one log, by this clock, for a while."""
        with self._lock:
            before = self._outlets, self._blobs
            self._outlets, self._blobs = Outlets([log], clock), blobs
        try:
            yield
        finally:
            with self._lock:
                self._outlets, self._blobs = before

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

    def _connected(self) -> Outlets:
        with self._lock:
            if self._outlets is None:
                from journeyman.log.connect import open_logs

                self._outlets = Outlets(open_logs(self.settings))
            return self._outlets


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
