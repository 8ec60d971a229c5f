"""Do the keys derived from a memory log say what its fold says? They change in one step with it, so always."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from journeyman import jobs
from journeyman.log.memory_keys import Derived
from journeyman.partition import Partition
from journeyman.proposals import place

Standing = tuple[str, int, str, str]


def assert_agreement(derived: Derived, fold: Partition) -> None:
    """Fail where bodies, holds, valves or lines are not those of the fold."""
    assert set(derived.bodies) == set(fold.jobs), "bodies are those of the jobs that have not ended"
    assert _held(derived) == _running(fold), "a job is held by whom the log says runs it"
    assert derived.valves == fold.breakers.permits(), "types are shut as the log says, with as many permits"
    stand = Counter(standing(derived))
    wanted = Counter(_ready(fold))
    assert stand == wanted, f"lines hold exactly the ready jobs: {stand - wanted} | {wanted - stand}"


def _held(derived: Derived) -> dict[str, tuple[int, str]]:
    return {job_id: (attempt, worker) for job_id, (attempt, worker) in derived.held.items() if worker}


def _running(fold: Partition) -> dict[str, tuple[int, str]]:
    return {
        job_id: (job.attempt, job.worker)
        for job_id, job in fold.jobs.items()
        if isinstance(job, (jobs.Running, jobs.Cancelling))
    }


def standing(derived: Derived) -> list[Standing]:
    """Return the places a claim would take, with the lines they stand in."""
    void = set(derived.void)
    found = []
    for (queue, priority, type_), places in derived.lines.items():
        for text in places:
            if text in void:
                void.discard(text)
            elif text[:24] in derived.bodies:
                found.append((queue, priority, type_, text))
    return found


def claimable(derived: Derived, queues: Sequence[str], types: Sequence[str]) -> list[int]:
    """Return the priorities of the jobs that a worker could claim, the best first."""
    by_type: dict[str, list[int]] = {}
    for queue, priority, type_, _ in standing(derived):
        if queue in queues and type_ in types and queue not in derived.paused:
            by_type.setdefault(type_, []).append(priority)
    found: list[int] = []
    for type_, priorities in by_type.items():
        most = derived.valves[type_][1] if type_ in derived.valves else len(priorities)
        found += sorted(priorities, reverse=True)[:most]
    return sorted(found, reverse=True)


def _ready(fold: Partition) -> list[Standing]:
    found = []
    for job_id, job in fold.jobs.items():
        if isinstance(job, jobs.Ready) or (isinstance(job, jobs.Withdrawn) and job.in_line):
            text = place(job_id, job.attempt + 1, job.moves, job.generation)
            found.append((job.plan.queue, job.placed, job.plan.type, text))
    return found
