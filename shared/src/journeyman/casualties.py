"""What is known of workers that died, while jobs they ran wait for what follows from it. Pure.

Of each worker: how it died and what it was running, until none of its jobs is held by it any more. Of each job that has
lost a worker: how the last one died, until the job has ended.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from journeyman.events import Evidence, JobLost, WorkerLost


class Death(msgspec.Struct, frozen=True, array_like=True):
    """How a worker died, and which jobs it was running; None where nobody knows, and it may have been any it held."""

    evidence: Evidence | None
    running: frozenset[str] | None


class Casualties:
    """The deaths of workers (`deaths`) and what is held against jobs (`against`)."""

    def __init__(
        self, deaths: Mapping[str, Death] | None = None, against: Mapping[str, Evidence] | None = None
    ) -> None:
        self.deaths = dict(deaths or {})
        self.against = dict(against or {})

    def died(self, event: WorkerLost) -> None:
        """Take down how a worker died that held something."""
        if event.evidence is not None or event.running is not None:
            running = None if event.running is None else frozenset(event.running)
            self.deaths[event.worker] = Death(event.evidence, running)

    def lost(self, worker: str, attempt: int, job_id: str, reason: str) -> JobLost:
        """Return the loss of an attempt: charged to its job unless the worker is known not to have been running it."""
        death = self.deaths.get(worker)
        if death is None:
            return JobLost(job_id, attempt, worker, reason)
        running = death.running is None or job_id in death.running
        return JobLost(job_id, attempt, worker, reason, running, death.evidence if running else None)

    def charge(self, event: JobLost) -> None:
        """Hold a loss against its job."""
        if event.evidence is None:
            return
        death = self.deaths.get(event.worker)
        # Many jobs may have been lost with one worker: they share what is known of its end.
        shared = death is not None and death.evidence == event.evidence
        self.against[event.job_id] = death.evidence if shared and death and death.evidence else event.evidence
