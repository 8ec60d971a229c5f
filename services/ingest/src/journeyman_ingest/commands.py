"""What a client may ask of jobs, queues and workers that exist, as proposals; and what a refusal means.

Pure. The guards let the log decide at the moment of the append, so nothing here is stale: see `proposals.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta

from journeyman.events import (
    Error,
    JobRedriven,
    QueuePaused,
    QueueResumed,
    WorkerDraining,
)
from journeyman.job_changes import REFUSALS, redriven
from journeyman.log.api import DeadLetter, StoredOutcome
from journeyman.proposals import Alive, Drain, Gate, Proposal
from journeyman_ingest.errors import RefusedError

#: No more dead letters than this are redriven by one request.
REDRIVE_MAX = 100_000


class Patch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What can be changed in a waiting job."""

    priority: Annotated[int | str | None, Meta(description="0 to 20, or `low`, `normal`, `high`, `critical`.")] = None


Limit = Annotated[int, Meta(ge=1, le=REDRIVE_MAX, description="At most this many; 100,000 if not said.")]
StopOnFailures = Annotated[
    int,
    Meta(
        ge=1,
        le=REDRIVE_MAX,
        description="When so many of them have failed for good again (in one partition), those that have not started "
        "yet become dead letters again, with the error they had. Never if not said.",
    ),
]
Rate = Annotated[float, Meta(ge=0.001, le=100_000, description="Spread them over time; at once if not said.")]


class Redrive(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which dead letters to try again, and how fast."""

    type: Annotated[str, Meta(max_length=128)] | None = None
    queue: Annotated[str, Meta(max_length=128)] | None = None
    error_fingerprint: Annotated[str, Meta(max_length=256)] | None = None
    limit: Limit | None = None
    rate_per_s: Rate | None = None
    stop_on_failures: StopOnFailures | None = None
    dry_run: Annotated[bool, Meta(description="Only count.")] = False

    def selects(self, letter: DeadLetter) -> bool:
        """Tell whether a dead letter is among those asked for."""
        return (
            self.type in (None, letter.body.type)
            and self.queue in (None, letter.body.queue)
            and self.error_fingerprint in (None, letter.fingerprint)
        )


def redriven_among(letter: DeadLetter, redrive: str, stop_on_failures: int | None) -> JobRedriven:
    """Return the event that begins the next generation of a dead letter, as one of many; see `Redrive`."""
    return msgspec.structs.replace(
        redriven(letter.body, letter.attempt, letter.generation),
        redrive=redrive,
        stop_on_failures=stop_on_failures or 0,
        error=Error(letter.error_type, fingerprint=letter.fingerprint) if stop_on_failures else None,
    )


def retry(outcome: StoredOutcome | None, *, is_open: bool) -> JobRedriven:
    """Return the event by which one job lives again. Raises RefusedError (404, 409) where it cannot."""
    if outcome is None:
        raise refused("open" if is_open else "unknown")
    if outcome.body is None:
        raise refused(outcome.status)
    return redriven(outcome.body, outcome.attempt, outcome.generation)


def staggered(events: Sequence[JobRedriven], now_ms: int, rate_per_s: float | None) -> Iterable[JobRedriven]:
    """Spread generations over time: the first at once, `rate_per_s` of them each second."""
    if rate_per_s is None:
        return events
    gap_ms = 1000 / rate_per_s
    return (
        msgspec.structs.replace(event, due_ms=now_ms + int(index * gap_ms)) if index else event
        for index, event in enumerate(events)
    )


def pause(queue: str) -> Proposal:
    """Shut a queue for claims."""
    return Proposal((QueuePaused(queue),), None, (Gate(queue, open=False),))


def resume(queue: str) -> Proposal:
    """Open a queue again."""
    return Proposal((QueueResumed(queue),), None, (Gate(queue, open=True),))


def drain(worker: str) -> Proposal:
    """Tell a worker to claim no more and to end."""
    return Proposal((WorkerDraining(worker, "request"),), Alive(worker), (Drain(worker),))


def refused(reason: str) -> RefusedError:
    """Return what a guard's word about a job means to the client."""
    if reason == "unknown":
        return unknown_job()
    return RefusedError(HTTPStatus.CONFLICT, "wrong-state", REFUSALS.get(reason, reason))


def unknown_job() -> RefusedError:
    """Return the refusal for a job that does not exist or is no longer kept."""
    return RefusedError(HTTPStatus.NOT_FOUND, "unknown-job", "no such job")


def unknown_worker() -> RefusedError:
    """Return the refusal for a worker that is not registered."""
    return RefusedError(HTTPStatus.NOT_FOUND, "unknown-worker", "no such worker")
