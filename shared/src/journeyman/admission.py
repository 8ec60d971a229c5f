"""How a new job enters the log: pure functions from what was asked to a proposal.

A job that waits for nothing (no parents, no delay) is released in the very step that submits it, so it can
be claimed before any scheduler has seen it. This is safe because nothing that could hold such a job back is
decided between the two events: a paused queue is shut at the claim. See docs/adr/0003.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from journeyman.codec import FIRST_ATTEMPT
from journeyman.events import JobSubmitted
from journeyman.proposals import Effect, Idempotency, Proposal, Push, Store

#: What follows the job's id in the place of a first attempt.
_FIRST_PLACE = str(FIRST_ATTEMPT)


def waits_for_nothing(job: JobSubmitted, now_ms: int) -> bool:
    """Tell whether a new job may be released at once. `now_ms` is the server's time."""
    return not job.depends_on and job.due_ms <= now_ms


def admit(jobs: Sequence[JobSubmitted], now_ms: int, idempotency: Idempotency | None = None) -> Proposal:
    """Propose to submit these jobs, all or none, and to release those that wait for nothing.

    Parents that are among `jobs` must come before their children. `now_ms` is the server's time.
    """
    submitted: list[JobSubmitted] = []
    lines: dict[tuple[str, int, str], list[str]] = {}
    for job in jobs:
        if job.released or waits_for_nothing(job, now_ms):
            lines.setdefault((job.queue, job.priority, job.type), []).append(job.job_id + _FIRST_PLACE)
            submitted.append(job if job.released else msgspec.structs.replace(job, released=True))
        else:
            submitted.append(job)
    effects: list[Effect] = [Store(tuple([job.job_id for job in submitted]))]
    effects += [Push(*line, tuple(places)) for line, places in lines.items()]
    return Proposal(tuple(submitted), None, tuple(effects), idempotency)
