"""Why a job is where it is: the reason codes users see, and the words for them. Pure.

A reader that knows a job's phase and the facts around it (`Facts`) gets one `Explanation`. The codes are part
of the contract; a waiting job always has exactly one, the first that applies in the order of `explain`.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """Every reason code. Those of rates and concurrency are reserved: nothing limits jobs that way yet."""

    FINISHED = "finished"
    RUNNING = "running"
    WAITING_FOR_DEPENDENCY = "waiting_for_dependency"
    WAITING_FOR_TIME = "waiting_for_time"
    WAITING_FOR_RETRY = "waiting_for_retry"
    QUEUE_PAUSED = "queue_paused"
    CIRCUIT_OPEN = "circuit_open"
    RATE_LIMITED = "rate_limited"
    CONCURRENCY_LIMITED = "concurrency_limited"
    NO_WORKER_FOR_TYPE = "no_worker_for_type"
    WAITING_FOR_WORKER = "waiting_for_worker"


class Circuit(msgspec.Struct, frozen=True):
    """A circuit breaker that is not closed: why it opened, since when it is as it is, and until when (0: for ever)."""

    half_open: bool
    reason: str
    since_ms: int
    until_ms: int = 0
    failures: int = 0
    calls: int = 0
    probes: int = 0


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What must be known of a job to say why it waits.

    phase: as users see it, `held` or `ready` alike for a job in line. position: 1 for the next to be claimed,
    None where it was not counted that far. rate_out_per_s: starts per second in its queue of late.
    unheard_parents: in other partitions, ended, and the job's own log does not say so yet (no `dependency.resolved`).
    """

    phase: str
    now_ms: int
    type: str = ""
    queue: str = ""
    worker: str = ""
    attempt: int = 0
    due_ms: int = 0
    end_reason: str = ""
    cancel_requested: bool = False
    unfinished_parents: tuple[str, ...] = ()
    unheard_parents: tuple[str, ...] = ()
    queue_paused: bool = False
    circuit: Circuit | None = None
    workers_for_type: int = 0
    position: int | None = None
    rate_out_per_s: float = 0.0


class Explanation(msgspec.Struct, frozen=True):
    """The answer: a code, a sentence, the jobs it waits for, its place in line, and when it may start, if known."""

    reason: Reason
    detail: str
    blocked_by: tuple[str, ...] = ()
    position: int | None = None
    eta_ms: int | None = None


_ENDS = {"completed": "It has completed.", "dead": "It has failed for good", "cancelled": "It was cancelled"}

_END_REASONS = {
    "attempts_exhausted": "its attempts are used up",
    "permanent": "its error allows no retry",
    "poison": "it took its worker down too often",
    "requested": "as requested",
    "dependency": "because a job it depends on did not complete",
    "unknown_dependency": "because a job it depends on is not known",
}


def explain(facts: Facts) -> Explanation:
    """Say why the job is where it is."""
    match facts.phase:
        case "completed" | "dead" | "cancelled":
            return Explanation(Reason.FINISHED, _ended(facts))
        case "running" | "cancelling":
            return Explanation(Reason.RUNNING, _running(facts))
        case "blocked" | "scheduled" | "retrying":
            return _waiting(facts)
        case _:
            return _in_line(facts)


def _ended(facts: Facts) -> str:
    why = _END_REASONS.get(facts.end_reason, facts.end_reason)
    words = _ENDS[facts.phase]
    return words if words.endswith(".") else f"{words}{': ' if why else ''}{why}."


def _running(facts: Facts) -> str:
    words = f"Attempt {facts.attempt} is running on {facts.worker}"
    return f"{words} and has been asked to stop." if facts.phase == "cancelling" else f"{words}."


def _waiting(facts: Facts) -> Explanation:
    left_ms = max(0, facts.due_ms - facts.now_ms)
    if facts.unfinished_parents:
        count = len(facts.unfinished_parents)
        detail = f"Waits for {count} {'job' if count == 1 else 'jobs'} to end."
        return Explanation(Reason.WAITING_FOR_DEPENDENCY, detail, facts.unfinished_parents)
    if facts.unheard_parents:
        count = len(facts.unheard_parents)
        detail = f"Waits to be told how {count} {'job' if count == 1 else 'jobs'} in other partitions ended."
        return Explanation(Reason.WAITING_FOR_DEPENDENCY, detail, facts.unheard_parents)
    if facts.cancel_requested:
        return Explanation(Reason.WAITING_FOR_TIME, "Is about to be cancelled, as requested.", eta_ms=None)
    if facts.phase == "retrying" and not facts.due_ms:
        detail = f"Attempt {facts.attempt} did not succeed; the scheduler is about to say what follows."
        return Explanation(Reason.WAITING_FOR_RETRY, detail)
    if facts.phase == "retrying":
        detail = f"Attempt {facts.attempt} did not succeed; the next is due in {_span(left_ms)}."
        return Explanation(Reason.WAITING_FOR_RETRY, detail, eta_ms=left_ms)
    if left_ms:
        return Explanation(Reason.WAITING_FOR_TIME, f"Is due in {_span(left_ms)}.", eta_ms=left_ms)
    return Explanation(Reason.WAITING_FOR_TIME, "Is due; the scheduler is about to release it.", eta_ms=0)


def _in_line(facts: Facts) -> Explanation:
    if facts.queue_paused:
        return Explanation(Reason.QUEUE_PAUSED, f"The queue {facts.queue} is paused.", position=facts.position)
    if facts.circuit is not None:
        return _held_back(facts, facts.circuit)
    if not facts.workers_for_type:
        detail = f"No live worker serves the queue {facts.queue} and knows the type {facts.type}."
        return Explanation(Reason.NO_WORKER_FOR_TYPE, detail, position=facts.position)
    if facts.position is None:
        detail = f"Waits for a worker, far back in the queue {facts.queue}."
        return Explanation(Reason.WAITING_FOR_WORKER, detail)
    eta_ms = int(facts.position / facts.rate_out_per_s * 1000) if facts.rate_out_per_s > 0 else None
    detail = f"Waits for a worker, at position {facts.position} in the queue {facts.queue}."
    return Explanation(Reason.WAITING_FOR_WORKER, detail, position=facts.position, eta_ms=eta_ms)


def _held_back(facts: Facts, circuit: Circuit) -> Explanation:
    """Explain a circuit breaker: since when, why, until when."""
    breaker = f"The circuit breaker of the type {facts.type}"
    span = _span(max(0, facts.now_ms - circuit.since_ms))
    if circuit.reason == "manual":
        detail = f"{breaker} was opened by hand {span} ago and stays open until it is closed by hand."
        return Explanation(Reason.CIRCUIT_OPEN, detail, position=facts.position)
    of_what = "jobs tried" if circuit.reason == "probe_failed" else "attempts"
    why = f"after {circuit.failures} of {circuit.calls} {of_what} had failed"
    if circuit.half_open:
        jobs = "job" if circuit.probes == 1 else "jobs"
        detail = f"{breaker} opened {why}; for {span} it has been letting {circuit.probes} {jobs} try again."
        return Explanation(Reason.CIRCUIT_OPEN, detail, position=facts.position)
    left_ms = max(0, circuit.until_ms - facts.now_ms)
    detail = f"{breaker} opened {span} ago, {why}; it is tried again in {_span(left_ms)}."
    return Explanation(Reason.CIRCUIT_OPEN, detail, position=facts.position, eta_ms=left_ms)


def _span(ms: int) -> str:
    """Write a duration for a sentence, rounded to what matters."""
    if ms < 10_000:
        return f"{ms / 1000:.1f} s"
    for unit_ms, name, enough in ((1_000, "s", 120), (60_000, "min", 120), (3_600_000, "h", 48)):
        if ms < unit_ms * enough:
            return f"{ms // unit_ms} {name}"
    return f"{ms // 86_400_000} days"
