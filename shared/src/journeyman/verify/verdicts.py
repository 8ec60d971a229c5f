"""Checks of verdicts: what is decided of a job that nobody runs: another attempt, an end, another life.

Each function takes the book and the next event, says what is wrong with it, and then believes it.
"""

from __future__ import annotations

from journeyman import events as e
from journeyman.jobs import is_elsewhere
from journeyman.verify.book import Book
from journeyman.verify.life import (
    BLOCKED,
    FAILED,
    HOUR_MS,
    IN_WORDS,
    ORPHANED,
    RETRYING,
    SCHEDULED,
    WITHDRAWN,
    End,
    Life,
)
from journeyman.verify.waiting import decision, open_life, request

_BAD_ENDS = frozenset({"failed", "cancelled", "reopened", "unknown"})


def retry_scheduled(book: Book, event: e.JobRetryScheduled) -> None:
    """Judge that a failed job is to be tried again."""
    decision(book, event)
    life = open_life(book, event)
    if life is None:
        return
    # Somebody may have asked for its end meanwhile.
    if life.phase not in (FAILED, WITHDRAWN) or not life.spent or event.attempt != life.attempt + 1:
        after = f"attempt {event.attempt} of job {event.job_id} was announced while it {IN_WORDS[life.phase]}"
        book.blame("I6", f"{after}, {life.attempt} being its last")
    if life.phase != WITHDRAWN:
        life.phase, life.due_ms = RETRYING, event.due_ms


def dead_lettered(book: Book, event: e.JobDeadLettered) -> None:
    """Judge that a job failed for good."""
    decision(book, event)
    life = open_life(book, event)
    if life is None:
        return
    stopped = event.reason == "redrive_stopped"
    if life.held:
        book.blame("I3", f"job {event.job_id} failed for good while {life.worker} held it")
    elif stopped and life.generation < 2:
        book.blame("I6", f"job {event.job_id} was said to be part of a redrive, and never was redriven")
    elif not (stopped or life.phase in (FAILED, ORPHANED) or (life.phase == WITHDRAWN and not life.in_line)):
        book.blame("I6", f"job {event.job_id} failed for good while it {IN_WORDS[life.phase]}")
    elif event.attempt != life.attempt:
        book.blame("I6", f"job {event.job_id} failed for good with attempt {event.attempt}, not {life.attempt}")
    book.end(event.job_id, life, "failed")


def cancelled(book: Book, event: e.JobCancelled) -> None:
    """Judge that a job ended without having completed or failed."""
    decision(book, event)
    life = open_life(book, event)
    if life is None:
        return
    if life.held:
        book.blame("I3", f"job {event.job_id} was cancelled while {life.worker} held it")
    elif event.reason == "requested":
        if life.phase != WITHDRAWN:
            book.blame("I6", f"job {event.job_id} was cancelled as requested, and nobody had asked for it")
    elif life.phase not in (BLOCKED, WITHDRAWN):
        book.blame("I6", f"job {event.job_id} was cancelled for its parents while it {IN_WORDS[life.phase]}")
    else:
        _judge_reason(book, event, life)
    book.end(event.job_id, life, "cancelled")


def _judge_reason(book: Book, event: e.JobCancelled, life: Life) -> None:
    """Judge whether some parent is as the reason says: ended badly, or unknown."""
    asked = _broken if event.reason == "dependency" else _unknown
    answers = [asked(book, event.job_id, parent, life) for parent in life.parents]
    if True in answers:
        return
    how = "ended badly" if event.reason == "dependency" else "been unknown"
    what = f"job {event.job_id} was cancelled for its parents, and none of them had {how}"
    if None in answers:
        book.blame_if_whole("I8", what)
    else:
        book.blame("I8", what)


def _broken(book: Book, job_id: str, parent: str, life: Life) -> bool | None:
    """Tell whether a parent ended badly; None where that may have been before the log begins."""
    if is_elsewhere(parent, job_id):
        return (life.resolved or {}).get(parent) in _BAD_ENDS
    known = book.lives.get(parent)
    if known is None:
        return None if book.may_be_older(parent) else False
    return "failed" in known.ends or "cancelled" in known.ends


def _unknown(book: Book, job_id: str, parent: str, life: Life) -> bool | None:
    """Tell whether a parent may have been unknown, for it never was, or for its end was forgotten."""
    if is_elsewhere(parent, job_id):
        return life.resolved is None or life.resolved.get(parent, "unknown") == "unknown"
    known = book.lives.get(parent)
    if known is None:
        return True
    return type(known) is End and known.hour * HOUR_MS < book.ms - book.kept_ms


def redriven(book: Book, event: e.JobRedriven) -> None:
    """Judge that a failed or cancelled job lives again."""
    request(book, event)
    job_id = event.job_id
    end = book.lives.get(job_id)
    if end is None:
        book.blame_unless_trimmed("I6", job_id, f"job.redriven of job {job_id}, which was never submitted")
        return
    if type(end) is Life or end.ends[-1] == "completed":
        now = "it was open" if type(end) is Life else "it had completed"
        book.blame("I4", f"job {job_id} was redriven while {now}")
    if event.generation != end.generation + 1:
        book.blame("I4", f"generation {event.generation} of job {job_id} follows generation {end.generation}")
    elif event.attempt != end.attempt:
        book.blame("I3", f"job {job_id} lives again after attempt {event.attempt}; its last one was {end.attempt}")
    life = Life(
        book.line(event.queue, event.type),
        event.priority,
        SCHEDULED,
        event.due_ms,
        book.entry,
        generation=event.generation,
        attempt=event.attempt,
        last=event.attempt,
        ends=end.ends,
    )
    if type(end) is Life:
        book.lives[job_id] = life
    else:
        assert isinstance(end, End)
        book.reopen(job_id, end, life)
