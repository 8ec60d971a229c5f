"""Calling user code: with interrupts allowed while it runs and at no other time, and a clock around it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from time import perf_counter_ns
from typing import Any

from dramatiq import Actor
from dramatiq.asyncio import async_to_sync

from journeyman_worker.actors import Job
from journeyman_worker.binding import Arguments, Binding
from journeyman_worker.broker import policy_of
from journeyman_worker.context import current_attempt
from journeyman_worker.job_tracing import JobTracing


class Exited(Exception):  # noqa: N818 - carries an exit, is no error itself
    """A coroutine tried to end the process; raised as itself it would end the event loop for everybody."""

    def __init__(self, exit_: BaseException) -> None:
        super().__init__(str(exit_))
        self.exit = exit_


class Runner:
    """An actor as the worker's threads call it. Everything else about it is the actor's own."""

    def __init__(self, actor: Actor[Any, Any]) -> None:
        """Look at the actor. Raises TypeError where a job's annotations cannot be validated against."""
        self.actor = actor
        self.actor_name = actor.actor_name
        self.options = actor.options
        self.priority = 0  # jobs come in the order of the claim, and stay in it
        self.timeout_ms = policy_of(actor).timeout_ms
        self.throws = _throws(actor.options.get("throws"))
        plain = actor.plain if isinstance(actor, Job) else inspect.unwrap(actor.fn)
        self.is_async = inspect.iscoroutinefunction(plain)
        self._call: Callable[..., Any] = async_to_sync(_contained(plain)) if self.is_async else plain
        if isinstance(actor, Job):
            self.bind: Callable[[str | bytes], Arguments] = actor.binding.arguments
        else:
            self.bind = Binding(plain, typed=False).enveloped

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run user code for the attempt that the calling thread has begun."""
        attempt = current_attempt.get()
        assert attempt is not None
        attempt.arm()
        started = perf_counter_ns()
        try:
            return self._call(*args, **kwargs)
        except Exited as exited:
            raise exited.exit from None
        finally:
            attempt.run_us = (perf_counter_ns() - started) // 1_000
            attempt.disarm()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.actor, name)


class TracedRunner(Runner):
    """A runner where spans are sent: user code runs inside its attempt's span."""

    def __init__(self, actor: Actor[Any, Any], tracing: JobTracing) -> None:
        """Look at the actor. Raises TypeError as `Runner` does."""
        super().__init__(actor)
        self._enter = tracing.enter

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run user code for the attempt that the calling thread has begun."""
        self._enter()
        return super().__call__(*args, **kwargs)


def _contained(fn: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def contained(*args: Any, **kwargs: Any) -> Any:
        try:
            return await fn(*args, **kwargs)
        except (SystemExit, KeyboardInterrupt) as exit_:
            raise Exited(exit_) from None

    return contained


def _throws(declared: Any) -> tuple[type[BaseException], ...]:
    if not declared:
        return ()
    return tuple(declared) if isinstance(declared, (list, tuple)) else (declared,)
