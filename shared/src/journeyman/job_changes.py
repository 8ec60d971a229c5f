"""What may be asked of jobs that exist, as proposals: cancel, another priority, live again. Pure.

The guards let the log decide at the moment of the append, so nothing here is stale: see `proposals.py`.
"""

from __future__ import annotations

from journeyman.events import JobCancelRequested, JobRedriven, JobReprioritised, JobSubmitted
from journeyman.proposals import Ended, Interrupt, Open, Proposal, Reopen, Waiting

#: A guard's word about a job, as people read it.
REFUSALS = {
    "unknown": "no such job",
    "completed": "the job has completed",
    "failed": "the job has failed",
    "cancelled": "the job was cancelled",
    "held": "the job is running",
    "open": "the job has not ended",
}


def cancel(job_id: str) -> Proposal:
    """Ask for a job not to run, or not to go on."""
    return Proposal((JobCancelRequested(job_id),), Open(job_id), (Interrupt(job_id),))


def reprioritise(job_id: str, priority: int) -> Proposal:
    """Give a waiting job another priority."""
    return Proposal((JobReprioritised(job_id, priority),), Waiting(job_id))


def redriven(body: JobSubmitted, attempt: int, generation: int) -> JobRedriven:
    """Return the event that begins the next generation of an ended job. `attempt` is the last one used."""
    return JobRedriven(
        body.job_id,
        generation + 1,
        attempt,
        body.type,
        body.queue,
        body.priority,
        body.max_attempts,
        body.backoff,
        body.timeout_ms,
    )


def reopen(event: JobRedriven) -> Proposal:
    """Begin the next generation, if the job is still kept as failed or cancelled."""
    return Proposal((event,), Ended(event.job_id), (Reopen(event.job_id),))
