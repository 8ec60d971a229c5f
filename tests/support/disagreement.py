"""Do a memory log's keys say what a pass has found its log to say? The twin of `journeyman.log.audit`."""

from __future__ import annotations

from collections import Counter

from journeyman.log.memory_keys import Derived
from journeyman.verify.book import Book
from journeyman.verify.life import WITHDRAWN, Life
from support.agreement import standing


def disagreement(derived: Derived, book: Book) -> list[str]:
    """Return what differs, in words."""
    lives = {job_id: life for job_id, life in book.lives.items() if type(life) is Life}
    ends = {job_id: end.ends[-1] for job_id, end in book.lives.items() if type(end) is not Life}
    holds = {job_id: life.hold() for job_id, life in lives.items() if life.hold() and life.phase != WITHDRAWN}
    held = {
        job_id: f"{attempt}:{worker}"
        for job_id, (attempt, worker) in derived.held.items()
        if job_id not in lives or lives[job_id].phase != WITHDRAWN
    }
    places = Counter(
        (life.line[0], life.placed, life.line[1], life.place(job_id)) for job_id, life in lives.items() if life.stands
    )
    outcomes = {job_id: found.status for job_id in book.lives if (found := derived.outcome(job_id)) is not None}
    workers = {worker for worker, there in book.workers.items() if there}
    compared: dict[str, tuple[object, object]] = {
        "open jobs": (set(derived.bodies), set(lives)),
        "holds": (held, holds),
        "lines": (Counter(standing(derived)), places),
        "ends": (outcomes, ends),
        "dead letters": (set(derived.dead), {job_id for job_id, end in ends.items() if end == "failed"}),
        "workers": (set(derived.workers), workers),
        "paused": (derived.paused, book.paused),
        "breakers": (derived.valves, book.shut),
    }
    return [what for what, (keys, log) in compared.items() if keys != log]
