"""What a log can do: the seven calls every implementation offers, and the values they speak in.

`redis_log.RedisLog` (sync), `async_redis_log.AsyncRedisLog` (what ingest calls of it, awaited) and
`memory_log.MemoryLog`; the first and the last pass one conformance suite (`tests/conformance`). All times are the
server's, in milliseconds since 1970.

Every writing call carries who calls (`caller`, unique per process start) and a number that rises by one per
new call. A call repeated with the same number, because its reply was lost, changes nothing and returns what
the first one returned.

All calls raise ServerUnavailableError when the reply did not come (repeat it with the same number),
ServerRefusedError when the server declines to write, RebuildNeededError when derived keys are missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple, Protocol, TypeAlias

import msgspec

from journeyman.events import Entry, Event, JobSubmitted, Offset
from journeyman.proposals import Proposal

#: In place of the names of queues: the worker serves every queue there is.
EVERY_QUEUE = "*"


class Verdict(NamedTuple):
    """What became of one proposal.

    accepted: its events are in the log and `offset` is where the last of them stands.
    reason: why it was refused: the guard's word, `key_reused` (same idempotency key, other body).
    replayed: the answer stored with the idempotency key, where this request had been accepted before
    (then `accepted` is true and `offset` that of the first acceptance).
    """

    accepted: bool
    offset: Offset | None = None
    reason: str = ""
    replayed: str | None = None


class Appended(NamedTuple):
    """The reply to `append` and `commit`: the server's time and a verdict per proposal, in order."""

    now_ms: int
    verdicts: list[Verdict]


class ClaimedJob(NamedTuple):
    """One job handed to a worker, which holds attempt `attempt` of it from now on.

    place: what a line held, to be given back unchanged by a `returned` outcome.
    body: the job as submitted. `priority` and `queue` are those of the line it stood in.
    parents' results are looked up separately (`results`).
    """

    body: JobSubmitted
    attempt: int
    place: str
    queue: str
    priority: int


class Wanted(NamedTuple):
    """A place that a worker was handed, and the line it stands in."""

    queue: str
    priority: int
    type: str
    place: str


#: The places that a claim is for; None: it is for whatever stands in line.
Wants: TypeAlias = Sequence[Wanted] | None


class Fate(IntEnum):
    """What became of a wanted place.

    GONE: it was taken or voided, or its job has ended. SHUT: its queue is paused or its type shut; it stays in line.
    FOREIGN: the worker does not serve its queue, or does not know its type.
    """

    GONE = 0
    STARTED = 1
    SHUT = 2
    FOREIGN = 3


class Claimed(NamedTuple):
    """The reply to `claim`.

    `offset` is the commit of the `job.started` events, None where nothing was claimed. `fates`: of the wanted places.
    """

    now_ms: int
    jobs: list[ClaimedJob]
    offset: Offset | None = None
    fates: Sequence[Fate] = ()


class Brought(NamedTuple):
    """What came with a ring: a job that was started for the worker, as the reply to its claim `number`."""

    number: int
    claimed: Claimed


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What a worker says of an attempt it holds. The event decides what happens to the job's keys.

    JobProgressed: nothing; the attempt stays held.
    JobSucceeded: the job ends here; body and hold go, the outcome is remembered with its offset.
    JobFailed: the hold goes; what follows is the scheduler's to say.
    JobReturned: the hold goes. With `event.back`, `back` says which line (queue, priority, type, place) the
    job came from, and it stands at the head of it again.
    """

    event: Event
    back: tuple[str, int, str, str] | None = None


class Finished(NamedTuple):
    """The reply to `finish`: for each outcome, in order, whether it was accepted (else the attempt is not held)."""

    now_ms: int
    accepted: list[bool]
    offset: Offset | None = None


class Beaten(NamedTuple):
    """The reply to `beat`: attempts to interrupt, as (job id, attempt), and whether to drain."""

    now_ms: int
    interrupt: list[tuple[str, int]]
    drain: bool


class Election(NamedTuple):
    """The reply to `elect`: the epoch if the caller leads, else None; how long the present lease still runs."""

    now_ms: int
    epoch: int | None
    lease_left_ms: int


class StoredOutcome(NamedTuple):
    """How a job ended, as remembered for the outcome retention. `status`: completed, failed, cancelled.

    offset: of the `job.succeeded`, for completed jobs. body, attempt and generation: for the others.
    """

    status: str
    offset: Offset | None = None
    body: JobSubmitted | None = None
    attempt: int = 0
    generation: int = 1


class DeadLetter(NamedTuple):
    """What is kept of a job that failed for good: enough to select it and to redrive it."""

    job_id: str
    at_ms: int
    error_type: str
    fingerprint: str
    attempt: int
    generation: int
    body: JobSubmitted


class WorkerBeat(NamedTuple):
    """The last heartbeat of a registered worker: when, and the facts it sent (see `beat`)."""

    worker: str
    at_ms: int
    facts: Mapping[str, object]


class Log(Protocol):
    """One partition of the log. See the module's docstring for what all calls share."""

    partition: int

    def append(self, proposals: Sequence[Proposal], *, caller: str, number: int) -> Appended:
        """Append what clients, workers and the autoscaler want known: each proposal whose guard holds.

        At most 20,000 events (10,000 jobs, each submitted and released); split into commits of at most 1,000 events and
        1 MiB, all in one step.
        """
        ...

    def commit(self, proposals: Sequence[Proposal], *, epoch: int, number: int, cursor: Offset) -> Appended:
        """Append the scheduler's decisions of `epoch`, together with how far it had read (`cursor`).

        Raises EpochPassedError when a later scheduler was elected, HistoryLostError when there is no entry at `cursor`
        (and it is not the beginning), or it comes before the election of the epoch: the server lost the end of the log,
        and with it what was decided on.
        """
        ...

    def claim(
        self,
        worker: str,
        number: int,
        count: int,
        *,
        queues: Sequence[str],
        types: Sequence[str],
        wanted: Wants = None,
        offer: bool = False,
        received: int | None = None,
    ) -> Claimed:
        """Take up to `count` (≤ 1,000) ready jobs, highest priority first, then oldest first, and start them.

        With `wanted` none but those that stand at these places start, in this order, and only those that could have
        been taken otherwise; fewer than `count` registers the worker as one that `handing.Lines.ring` rings.

        `queues`: names, or `EVERY_QUEUE` alone. Fewer than `count` registers the worker as idle: it is rung (see
        `doorbell`) when work arrives. A repeated call returns what the worker still holds of the first batch; one that
        found nothing looks again. A `count` of 0 takes none, and the worker is idle no longer.

        With `offer`, a claim that finds nothing allows the log to start the next job without being asked: under the
        number that follows, and with the ring (`Brought`). The claim with that number returns it, too.

        `received`: the number under which the worker received jobs last (0: never), so that it gets what was started
        for it and never reached it.
        Raises WorkerLostError for a worker that is not registered, and where the log has lost what the worker received.
        """
        ...

    def finish(self, worker: str, number: int, outcomes: Sequence[Outcome]) -> Finished:
        """Append the outcomes of attempts the worker still holds (≤ 1,000), and refuse the others.

        Raises WorkerLostError where the log does not know of the call before: the server lost the end of the log.
        """
        ...

    def beat(self, worker: str, facts: Mapping[str, object]) -> Beaten:
        """Renew the worker's heartbeat and store its facts (JSON-able: running attempts, memory, load).

        Raises WorkerLostError for a worker that is not registered.
        """
        ...

    def elect(self, scheduler: str, *, lease_ms: int, epoch_floor: int = 0) -> Election:
        """Take or renew the lease. A new term appends `scheduler.elected` with an epoch above all before it."""
        ...

    def read(self, after: Offset, *, count: int = 100, block_ms: int | None = None) -> list[Entry]:
        """Return up to `count` entries whose commits come after the commit of `after`.

        Waits up to `block_ms` for the first one where there is none yet (None: does not wait).
        """
        ...

    def read_on(self, after: Offset, *, count: int = 100) -> list[Entry]:
        """Return what `read` does, for a reader that has read the commit of `after` (or is at the beginning).

        Raises HistoryLostError where that commit is not there: what follows does not continue what was read.
        """
        ...

    # --- looking things up -----------------------------------------------------------------------------

    def end(self) -> Offset:
        """Return the place of the last commit (of the beginning, for an empty log)."""
        ...

    def now_ms(self) -> int:
        """Return the server's time."""
        ...

    def bodies(self, job_ids: Sequence[str]) -> dict[str, JobSubmitted]:
        """Return the bodies of those of these jobs that are open."""
        ...

    def outcomes(self, job_ids: Iterable[str]) -> dict[str, StoredOutcome]:
        """Return how those of these jobs ended that have ended and are still remembered."""
        ...

    def at(self, offset: Offset) -> Event | None:
        """Return the event at an offset; None where it was trimmed or is unreadable."""
        ...

    def dead_letters(self) -> Iterable[DeadLetter]:
        """Return every dead letter, in no particular order, read in bounded steps."""
        ...

    def silent(self, since_ms: int) -> list[str]:
        """Return the registered workers that have not beaten since `since_ms`."""
        ...

    def beats(self) -> list[WorkerBeat]:
        """Return the last heartbeat of every registered worker."""
        ...
