"""A step of a workflow that makes a span of its own, for a worker in a process of its own."""

from __future__ import annotations

import time

from opentelemetry import trace

import journeyman_worker as jm

tracer = trace.get_tracer("workflow")


@jm.job("workflow.step", max_attempts=3, backoff={"initial_ms": 20, "jitter": False})
def step(name: str, fail_times: int = 0, hang_times: int = 0) -> str:
    """Work within a span; fail in the first attempts, or hang in them until somebody ends the process."""
    attempt = jm.current().attempt
    with tracer.start_as_current_span("work") as span:
        span.set_attribute("step", name)
        span.set_attribute("attempt", attempt)
        if attempt <= hang_times:
            time.sleep(600)
        if attempt <= fail_times:
            raise OSError(f"{name} fails")
    return name
