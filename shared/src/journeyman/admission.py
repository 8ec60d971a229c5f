"""How a new job enters the log: pure functions from what was asked to a proposal.

A job that waits for nothing (no parents, no delay) is released in the very commit that submits it, so it can
be claimed before any scheduler has seen it. This is safe because nothing that could hold such a job back is
decided between the two events: a paused queue is shut at the claim. See docs/adr/0003.
"""

from __future__ import annotations

from collections.abc import Sequence

from journeyman.events import Event, JobReleased, JobSubmitted
from journeyman.proposals import Effect, Idempotency, Proposal, Push, Store, place

FIRST_ATTEMPT = 1


def admit(jobs: Sequence[JobSubmitted], now_ms: int, idempotency: Idempotency | None = None) -> Proposal:
    """Propose to submit these jobs, all or none.

    Parents that are among `jobs` must come before their children. `now_ms` is the server's time.
    """
    events: list[Event] = []
    lines: dict[tuple[str, int, str], list[str]] = {}
    bodies: list[int] = []
    for job in jobs:
        bodies.append(len(events))
        events.append(job)
        if not job.depends_on and job.due_ms <= now_ms:
            events.append(JobReleased(job.job_id, FIRST_ATTEMPT, job.priority))
            lines.setdefault((job.queue, job.priority, job.type), []).append(place(job.job_id, FIRST_ATTEMPT))
    effects: list[Effect] = [Store(tuple(job.job_id for job in jobs), tuple(bodies))]
    effects += [Push(*line, tuple(places)) for line, places in lines.items()]
    return Proposal(tuple(events), None, tuple(effects), idempotency)
