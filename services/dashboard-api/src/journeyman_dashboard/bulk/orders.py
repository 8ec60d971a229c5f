"""What a bulk is asked to do, and what it says of itself. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from journeyman import job_changes
from journeyman.events import Error, JobRedriven
from journeyman.log.api import StoredOutcome
from journeyman.proposals import Proposal

#: Jobs that one bulk may change, and ids that a request may name.
JOBS_MAX = 1_000_000
IDS_MAX = 10_000

Action = Literal["cancel", "retry", "reprioritise"]
State = Literal["selecting", "running", "done", "aborted", "failed", "interrupted"]
Texts = list[str] | str | None


class Selection(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which jobs are meant: what `GET /jobs` takes, by the same names. Empty: all of them."""

    status: Texts = None
    phase: Texts = None
    type: Texts = None
    queue: Texts = None
    worker: Texts = None
    tag: Texts = None
    error_fingerprint: Texts = None
    payload: Texts = None
    age: Texts = None
    error: Annotated[str, Meta(max_length=200)] = ""
    priority_min: Annotated[int, Meta(ge=0, le=20)] | None = None
    priority_max: Annotated[int, Meta(ge=0, le=20)] | None = None
    submitted_after: str | None = None
    submitted_before: str | None = None
    q: Annotated[str, Meta(max_length=200)] = ""


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to do with which jobs: those of `ids`, or all that `filter` leaves, the oldest first.

    priority: of `reprioritise`. limit: at most so many. rate_per_s: so many a second; at once if not said.
    stop_on_failures: of `retry`: when so many of them have failed for good again (in one partition), those that have
    not started yet become dead letters again. dry_run: only count.
    """

    action: Action
    ids: Annotated[list[str], Meta(min_length=1, max_length=IDS_MAX)] | None = None
    filter: Selection | None = None
    priority: Annotated[int, Meta(ge=0, le=20)] | None = None
    limit: Annotated[int, Meta(ge=1, le=JOBS_MAX)] | None = None
    rate_per_s: Annotated[float, Meta(ge=0.1, le=100_000)] | None = None
    stop_on_failures: Annotated[int, Meta(ge=1, le=JOBS_MAX)] | None = None
    dry_run: bool = False

    def fault(self) -> tuple[str, str] | None:
        """Return what is contradictory: where, and what."""
        if (self.ids is None) == (self.filter is None):
            return "filter", "either `ids` or `filter` must be given; an empty filter means all jobs"
        if (self.action == "reprioritise") != (self.priority is not None):
            return "priority", "must be given for `reprioritise`, and only then"
        if self.stop_on_failures is not None and self.action != "retry":
            return "stop_on_failures", "is for `retry`"
        return None


class Bulk(msgspec.Struct, kw_only=True):
    """A bulk. `matched`: jobs that are meant; null while they are searched for. `refused`: how many, by reason.

    named: how many ids were given; in answers `order` is without them.

    State: selecting, running, done; or aborted, failed, interrupted (the dashboard stopped), which leave `left` jobs
    as they were. `offset`: up to where the log says what was done.
    """

    id: str
    order: Order
    named: int = 0
    state: State = "selecting"
    matched: int | None = None
    done: int = 0
    refused: dict[str, int] = {}
    left: int = 0
    detail: str = ""
    offset: str = ""
    created_at: str | None = None
    ended_at: str | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in {"selecting", "running"}

    def shown(self) -> Bulk:
        """Return it as answers tell it."""
        return msgspec.structs.replace(self, order=msgspec.structs.replace(self.order, ids=None))


class Meant(NamedTuple):
    """A job that is meant, with what its latest error was."""

    job_id: str
    error_type: str = ""
    fingerprint: str = ""


def proposal(order: Order, bulk_id: str, job: Meant, outcome: StoredOutcome | None) -> Proposal | str:
    """Return what to propose of a job, or why it cannot be. outcome: how it ended, for `retry`."""
    job_id = job.job_id
    match order.action:
        case "cancel":
            return job_changes.cancel(job_id)
        case "reprioritise":
            assert order.priority is not None
            return job_changes.reprioritise(job_id, order.priority)
        case "retry":
            if outcome is None:
                return "the job has not ended, or its outcome is not kept any more"
            if outcome.body is None:
                return job_changes.REFUSALS.get(outcome.status, outcome.status)
            event = job_changes.redriven(outcome.body, outcome.attempt, outcome.generation)
            return job_changes.reopen(_among(event, order, bulk_id, job))


def _among(event: JobRedriven, order: Order, bulk_id: str, job: Meant) -> JobRedriven:
    """Return the event of a job as one of many that are tried again together."""
    stop = order.stop_on_failures or 0
    error = Error(job.error_type, fingerprint=job.fingerprint) if stop else None
    return msgspec.structs.replace(event, redrive=bulk_id, stop_on_failures=stop, error=error)
