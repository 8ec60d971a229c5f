"""The plans of jobs, one copy of each: a million jobs that ask for the same share it. Pure."""

from __future__ import annotations

import msgspec

from journeyman import events as e
from journeyman.jobs import Job, Plan

#: How many are shared at a time. Beyond that all are let go, and what still comes is shared anew.
PLANS_MAX = 10_000

#: What every submission has that does not say otherwise: the decoder puts this very object there.
_USUAL_BACKOFF = e.JobSubmitted("", "").backoff


class Plans:
    """Finds the plan of a submission without making one, as most leave at its default what can be left there."""

    def __init__(self) -> None:
        self._plans: dict[Plan, Plan] = {}
        self._usual: dict[tuple[str, str, int, int], Plan] = {}

    def of(self, event: e.JobSubmitted) -> Plan:
        """Return what a submission asks for."""
        run_anyway = event.on_dependency_failure == "run"
        if run_anyway or event.backoff is not _USUAL_BACKOFF:
            return self.shared(
                Plan(event.type, event.queue, event.priority, event.max_attempts, event.backoff, run_anyway)
            )
        key = (event.type, event.queue, event.priority, event.max_attempts)
        plan = self._usual.get(key)
        if plan is None:
            plan = self.shared(Plan(*key, event.backoff, False))
            self._usual[key] = plan
        return plan

    def shared(self, plan: Plan) -> Plan:
        """Return the one copy of a plan."""
        if len(self._plans) > PLANS_MAX:
            self._plans.clear()
            self._usual.clear()
        return self._plans.setdefault(plan, plan)

    def with_shared(self, job: Job) -> Job:
        """Return the job with the one copy of its plan, in place of its own."""
        plan = self.shared(job.plan)
        return job if plan is job.plan else msgspec.structs.replace(job, plan=plan)
