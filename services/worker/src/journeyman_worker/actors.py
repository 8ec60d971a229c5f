"""`@jm.job`: a function becomes a job type, and stays a function.

Underneath it is a dramatiq actor on Journeyman's broker, so whatever works with actors works with jobs. Called
directly it is plain Python: no broker, no queue, coroutine functions return their coroutine.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Generic, ParamSpec, TypeVar

from dramatiq import Actor, Message

from journeyman.durations import parse_ms
from journeyman.events import Backoff
from journeyman.submission_checks import check_name
from journeyman_worker.binding import Binding
from journeyman_worker.broker import JourneymanBroker, default_broker
from journeyman_worker.policy import (
    ATTEMPTS_MAX,
    TIMEOUT_MAX_MS,
    Duration,
    Policy,
    backoff_of,
    priority_of,
    within,
)

P = ParamSpec("P")
R = TypeVar("R")


class Job(Actor[P, R], Generic[P, R]):
    """A job type: its function, its policies, and how its payloads become arguments."""

    def __init__(self, fn: Callable[P, R], *, type: str, policy: Policy, broker: JourneymanBroker) -> None:
        self.plain = fn
        self.policy = policy
        self._binding: Binding | None = None
        functools.update_wrapper(self, fn, updated=())
        super().__init__(fn, broker=broker, actor_name=type, queue_name=policy.queue, priority=0, options={})

    @property
    def binding(self) -> Binding:
        """How payloads become arguments. Raises TypeError where an annotation cannot be decoded into."""
        if self._binding is None:
            self._binding = Binding(self.plain, typed=True)
        return self._binding

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function itself."""
        return self.plain(*args, **kwargs)

    def submit(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """Submit a job with these arguments and return its id. Raises as a call with wrong arguments would."""
        return self.send(*args, **kwargs).message_id

    def submit_with_options(
        self,
        *,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        delay: Duration | None = None,
        **options: Any,
    ) -> str:
        """Submit with options for this one job and return its id.

        options: `queue`, `priority`, `max_attempts`, `timeout`, `backoff`, `depends_on`, `on_dependency_failure`,
        `tags`.
        """
        delay_ms = None if delay is None else parse_ms(delay)
        message: Message[R] = self.send_with_options(args=args, kwargs=kwargs, delay=delay_ms, **options)
        return message.message_id


def job(
    type: str,
    *,
    queue: str = "default",
    timeout: Duration | None = None,
    max_attempts: int = 3,
    priority: int | str = "normal",
    backoff: Backoff | Mapping[str, Any] | Duration | None = None,
    broker: JourneymanBroker | None = None,
) -> Callable[[Callable[P, R]], Job[P, R]]:
    """Declare a function to be what runs the jobs of `type`.

    Durations are texts like "30s", timedeltas, or milliseconds. The policies hold for jobs submitted from here;
    `timeout` also for jobs that others submit without choosing one. Raises ValueError for what cannot be.
    """
    check_name(type, "type")
    check_name(queue, "queue")
    policy = Policy(
        queue=queue,
        priority=priority_of(priority),
        max_attempts=within("max_attempts", max_attempts, 1, ATTEMPTS_MAX),
        backoff=backoff_of(backoff),
        timeout_ms=Policy().timeout_ms if timeout is None else within("timeout", parse_ms(timeout), 1, TIMEOUT_MAX_MS),
    )

    def declare(fn: Callable[P, R]) -> Job[P, R]:
        return Job(fn, type=type, policy=policy, broker=broker or default_broker())

    return declare
