"""Which events may stand in a log twice without changing what it means, in the state a fold is in.

A second copy of an outcome, a start or a release speaks of an attempt that has moved on, and is stepped over. Not so a
second *request* (a cancel, a new priority): it is the same as asking again. Nor what would begin a life anew.
"""

from __future__ import annotations

from journeyman import events as e
from journeyman.partition import Partition

_ALWAYS = (
    e.JobProgressed,
    e.JobSucceeded,
    e.JobFailed,
    e.JobLost,
    e.JobRetryScheduled,
    e.SchedulerElected,
    e.WorkerLeft,
    e.WorkerLost,
)


def may_be_repeated(event: e.Event, fold: Partition, returned: set[tuple[str, int]]) -> bool:
    """Tell whether a copy of `event` at the end of the log must change nothing. `returned`: attempts given back."""
    match event:
        case e.JobSubmitted(released=True):
            # Stands for its release too.
            job = fold.jobs.get(event.job_id)
            return job is not None and job.generation == 1
        case e.JobSubmitted() | e.JobRedriven():
            return event.job_id in fold.jobs
        case e.JobReleased():
            job = fold.jobs.get(event.job_id)
            return job is None or job.generation == 1
        case e.JobStarted():
            return (event.job_id, event.attempt) not in returned
        case e.JobDeadLettered() | e.JobCancelled() | e.JobCancelRequested():
            return event.job_id not in fold.jobs
        case e.WorkerJoined():
            return event.worker in fold.workers
        case _:
            return isinstance(event, _ALWAYS)
