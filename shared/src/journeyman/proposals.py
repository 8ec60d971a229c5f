"""What may be asked of the log: events to append, the condition, and what goes with them.

A :class:`Proposal` is data. Its `events` are appended only where its `guard` holds at that very moment,
together with its `effects` on the keys derived from the log, or not at all. The log decides nothing: guards
compare, effects push, pop, move and delete. Which proposals are made is for `admission.py` (new
jobs and requests) and `decide.py` (the scheduler's conclusions) to say.
"""

from __future__ import annotations

from typing import TypeAlias, Union

import msgspec

from journeyman.events import Event


class _Term(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="term"):
    """A guard or an effect: an array whose first element names it."""


# --- guards: each names why it was refused ---------------------------------------------------------------


class Open(_Term, frozen=True, tag="open"):
    """The job is known and has not ended. Refused as: unknown, completed, failed, cancelled."""

    job_id: str


class Waiting(_Term, frozen=True, tag="waiting"):
    """The job is open and no worker holds it. Refused as for `Open`, or: held."""

    job_id: str


class Standing(_Term, frozen=True, tag="standing"):
    """The job is open and stands in a line. Refused as for `Waiting`, or: spent (its last attempt is over).

    For whoever knows that it stood there some time ago and wants to be sure that nobody took it since.
    """

    job_id: str


class Held(_Term, frozen=True, tag="held"):
    """The worker holds this attempt of the job. Refused as: not_held."""

    job_id: str
    attempt: int
    worker: str


class Ended(_Term, frozen=True, tag="ended"):
    """The job failed or was cancelled and is still kept. Refused as: unknown, completed, open."""

    job_id: str


class Alive(_Term, frozen=True, tag="alive"):
    """The worker is registered. Refused as: unknown."""

    worker: str


class Silent(_Term, frozen=True, tag="silent"):
    """The worker is registered and has not beaten since `since_ms`. Refused as: unknown, beating."""

    worker: str
    since_ms: int


class Orphaned(_Term, frozen=True, tag="orphaned"):
    """The attempt is held by a worker that is no longer registered. Refused as: not_held, alive."""

    job_id: str
    attempt: int
    worker: str


class ShutBy(_Term, frozen=True, tag="shut_by"):
    """`by` has shut the type's valve; or nobody has, where `by` is empty. Refused as: open, or the word of who did."""

    type: str
    by: str


Guard: TypeAlias = Union[Open, Waiting, Standing, Held, Ended, Alive, Silent, Orphaned, ShutBy]


# --- effects ---------------------------------------------------------------------------------------------


class Store(_Term, frozen=True, tag="store"):
    """Know these jobs: the proposal's events are their submissions, in this order, and nothing else."""

    job_ids: tuple[str, ...]


class Push(_Term, frozen=True, tag="push"):
    """Put jobs at the end of a line (queue, priority, type) and wake as many idle workers as there is work for.

    No place is ever written twice: see :func:`place`.
    """

    queue: str
    priority: int
    type: str
    places: tuple[str, ...]


class Void(_Term, frozen=True, tag="void"):
    """Make a place in a line worthless; the claim that meets it steps over it.

    Nothing where the job's last attempt is over: then its place was taken.
    """

    place: str


class Release(_Term, frozen=True, tag="release"):
    """Nobody holds the job any longer, and its last attempt no longer stands in the way of the next."""

    job_id: str


class Interrupt(_Term, frozen=True, tag="interrupt"):
    """Tell whoever holds the job to stop it. Nothing if nobody does."""

    job_id: str


class Bury(_Term, frozen=True, tag="bury"):
    """The job failed for good: move its body to the dead letters. Nobody holds it any longer."""

    job_id: str
    attempt: int
    generation: int
    type: str
    queue: str
    error_type: str
    fingerprint: str


class Discard(_Term, frozen=True, tag="discard"):
    """The job was cancelled: keep its body with its outcome for the outcome retention. Nobody holds it any longer."""

    job_id: str
    attempt: int
    generation: int


class Reopen(_Term, frozen=True, tag="reopen"):
    """Move the body of a failed or cancelled job back among the open ones."""

    job_id: str


class Gate(_Term, frozen=True, tag="gate"):
    """Shut (`open` false) or open a queue for claims."""

    queue: str
    open: bool


class Valve(_Term, frozen=True, tag="valve"):
    """Shut a type of job for claims, in the name of `by`; open it, where `by` is empty.

    Shut with `permits`: if `by` has shut it, so many more of its jobs may start all the same. Nothing otherwise.
    """

    type: str
    by: str = ""
    permits: int = 0


class Join(_Term, frozen=True, tag="join"):
    """Register a worker with the types it knows; its heartbeat starts now."""

    worker: str
    queues: tuple[str, ...]
    types: tuple[str, ...]


class Drain(_Term, frozen=True, tag="drain"):
    """Tell the worker, at its next beat, to claim no more and to end."""

    worker: str


class Leave(_Term, frozen=True, tag="leave"):
    """Forget a worker: it left or is lost. It can claim and beat no more."""

    worker: str


Effect: TypeAlias = Union[Store, Push, Void, Release, Interrupt, Bury, Discard, Reopen, Gate, Valve, Join, Drain, Leave]


class Idempotency(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A client's promise that a request with this key is the same request.

    key: hex digest of the client's key; fingerprint: hex digest of the request's body; answer: what a
    replay returns; kept_ms: how long the key is remembered.
    """

    key: str
    fingerprint: str
    answer: str
    kept_ms: int = 86_400_000


class Proposal(msgspec.Struct, frozen=True, gc=False):
    """Events that are appended together with their effects, if the guard holds; otherwise nothing is.

    `events` are as written: a submission that was released at once stands for its release too (`codec.py`).
    """

    events: tuple[Event, ...] = ()
    guard: Guard | None = None
    effects: tuple[Effect, ...] = ()
    idempotency: Idempotency | None = None


def brings_jobs(proposal: Proposal) -> bool:
    """Tell whether a proposal submits jobs."""
    return bool(proposal.effects) and type(proposal.effects[0]) is Store


def place(job_id: str, attempt: int, moves: int = 0, generation: int = 1) -> str:
    """Write a job's place in a line: its id, the attempt it waits for, how often it has moved since, the generation.

    A place that was given up may stand in its line for long, until a claim meets it. So one life of a job never
    has the same place twice, nor do two of its lives.
    """
    text = f"{job_id}{attempt}"
    if generation > 1:
        return f"{text}.{moves}.{generation}"
    return f"{text}.{moves}" if moves else text


def attempt_of(place: str) -> int:
    """Return the attempt that a place waits for."""
    attempt = place[24:]
    return int(attempt) if attempt.isdigit() else int(attempt.partition(".")[0])


def read_place(text: str) -> tuple[str, int]:
    """Return the job id and the attempt that a place names."""
    return text[:24], attempt_of(text)
