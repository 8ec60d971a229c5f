"""Checks of what happens to a job while nobody runs it: submitted, blocked, released, and who wants it otherwise.

Each function takes the book and the next event, says what is wrong with it, and then believes it: what comes after is
judged as if it were right, so that one thing that is wrong is found once.
"""

from __future__ import annotations

from journeyman import events as e
from journeyman.ids import is_job_id, partition_of
from journeyman.jobs import is_elsewhere
from journeyman.verify.book import Book
from journeyman.verify.life import (
    BLOCKED,
    CANCELLING,
    IN_WORDS,
    ORPHANED,
    READY,
    RETRYING,
    RUNNING,
    SCHEDULED,
    WITHDRAWN,
    End,
    Life,
    words_of,
)

#: From where a release leads into a line.
_RELEASABLE = frozenset({BLOCKED, SCHEDULED, READY, RETRYING, ORPHANED, WITHDRAWN})


def open_life(book: Book, event: e.JobEvent) -> Life | None:
    """Return the life of a job that must not have ended; None, and a finding, where there is none."""
    life = book.lives.get(event.job_id)
    if type(life) is Life:
        return life
    if life is None:
        what = f"{e.tag_of(event)} of job {event.job_id}, which was never submitted"
        book.blame_unless_trimmed("I6", event.job_id, what)
    else:
        assert isinstance(life, End)
        book.blame("I4", f"{e.tag_of(event)} of job {event.job_id} after it {words_of(life)}")
    return None


def submitted(book: Book, event: e.JobSubmitted) -> Life | None:
    """Take in a new job; None where it is none."""
    job_id = event.job_id
    if job_id in book.lives:
        book.blame("I2", f"job {job_id} was submitted before")
        return None
    if book.decided:
        book.blame("I5", f"job {job_id} was submitted in the commit of a scheduler")
    if not is_job_id(job_id):
        book.blame("I6", f"{job_id!r} was submitted, which is not the id of a job")
    elif book.partition is not None and partition_of(job_id) != book.partition:
        book.blame(
            "I6", f"job {job_id} was submitted here, and its id says that it is of partition {partition_of(job_id)}"
        )
    parents = event.depends_on
    life = Life(
        book.line(event.queue, event.type),
        event.priority,
        BLOCKED if parents else SCHEDULED,
        event.due_ms,
        book.entry,
        parents,
        event.on_dependency_failure == "run",
    )
    if event.released:
        book.echo = job_id
        if parents or event.due_ms > book.ms:
            book.blame("I8", f"job {job_id} was released with its submission, and has to wait")
        life.phase, life.placed, life.parents = READY, event.priority, ()
    book.lives[job_id] = life
    book.unfinished += 1
    return life


def blocked(book: Book, event: e.JobBlocked) -> None:
    """Judge that a scheduler knows all parents of a job."""
    decision(book, event)
    life = open_life(book, event)
    if life is None:
        return
    if life.phase not in (BLOCKED, WITHDRAWN):
        book.blame("I6", f"job {event.job_id} was said to be blocked while it {IN_WORDS[life.phase]}")
    elif not set(event.on) <= set(life.parents):
        book.blame("I6", f"job {event.job_id} was said to wait for jobs that are not its parents")
    elif life.phase == BLOCKED and not event.on:
        life.phase = SCHEDULED


def released(book: Book, event: e.JobReleased) -> None:
    """Judge that a job may run."""
    job_id = event.job_id
    if book.echo == job_id and (event.attempt, event.moves) == (1, 0):
        book.echo = ""
        return
    life = open_life(book, event)
    if life is None:
        return
    if not book.decided and life.entry != book.entry:
        book.blame("I5", f"job {job_id} was released, and no scheduler said it")
    if life.held:
        book.blame("I3", f"job {job_id} was released while {life.worker} held it")
    elif life.phase not in _RELEASABLE:
        book.blame("I6", f"job {job_id} was released while it {IN_WORDS[life.phase]}")
    elif (event.attempt, event.moves) != (life.attempt + 1, life.next_move):
        expected = f"attempt {life.attempt + 1}, move {life.next_move}"
        book.blame("I6", f"job {job_id} was released for attempt {event.attempt}, move {event.moves}, not {expected}")
    if life.parents:
        judge_parents(book, job_id, life, "was released")
    life.attempt, life.moves, life.placed, life.spent = event.attempt - 1, event.moves, event.priority, 0
    if life.phase in (WITHDRAWN, CANCELLING):
        life.phase, life.in_line = WITHDRAWN, True
    else:
        life.phase = READY


def judge_parents(book: Book, job_id: str, life: Life, what: str) -> None:
    """Judge whether a job's parents ended well enough for it to go on. They are judged once."""
    for parent in life.parents:
        if is_elsewhere(parent, job_id):
            _judge_resolved(book, job_id, parent, life, what)
            continue
        known = book.lives.get(parent)
        if known is None:
            detail = f"job {job_id} {what}, and its parent {parent} was never submitted"
            book.blame_unless_trimmed("I8", parent, detail)
        elif not known.ends:
            book.blame("I8", f"job {job_id} {what} before its parent {parent} ended")
        elif "completed" not in known.ends and not life.run_anyway:
            book.blame("I8", f"job {job_id} {what} although its parent {parent} had {known.ends[-1]}")
    life.parents = ()


def _judge_resolved(book: Book, job_id: str, parent: str, life: Life, what: str) -> None:
    status = (life.resolved or {}).get(parent)
    if status is None:
        detail = f"job {job_id} {what} before it was told how its parent {parent}, in another partition, ended"
        book.blame("I8", detail)
    elif status == "unknown" or not (status == "completed" or life.run_anyway):
        book.blame("I8", f"job {job_id} {what} although its parent {parent} was {status}")


def dependency_resolved(book: Book, event: e.DependencyResolved) -> None:
    """Take another log's word for how a parent ended; of a parent in this log, check what was said."""
    child, parent = book.lives.get(event.job_id), book.lives.get(event.parent)
    if type(child) is Life:
        if child.resolved is None:
            child.resolved = {}
        child.resolved.setdefault(event.parent, event.status)
    if parent is not None and event.status in ("completed", "failed", "cancelled") and event.status not in parent.ends:
        book.blame("I8", f"job {event.job_id} was told that {event.parent} {event.status}, which it has not")


def reprioritised(book: Book, event: e.JobReprioritised) -> None:
    """Judge a new priority."""
    life = open_life(book, event)
    if life is None:
        return
    if life.held:
        book.blame("I3", f"job {event.job_id} got another priority while {life.worker} held it")
    life.priority = event.priority


def cancel_requested(book: Book, event: e.JobCancelRequested) -> None:
    """Take in that somebody wants a job not to run."""
    request(book, event)
    life = open_life(book, event)
    if life is None:
        return
    phase = life.phase
    if phase == RUNNING:
        life.phase = CANCELLING
    elif phase not in (CANCELLING, WITHDRAWN):
        life.in_line = phase == READY
        if phase not in (READY, SCHEDULED):
            life.moves = 0
        life.phase = WITHDRAWN


def decision(book: Book, event: e.Event) -> None:
    """Judge that what only a scheduler may say stands in a scheduler's commit."""
    if not book.decided:
        book.blame("I5", f"{e.tag_of(event)}, and no scheduler said it")


def request(book: Book, event: e.Event) -> None:
    """Judge that what only others may say does not stand in a scheduler's commit."""
    if book.decided:
        book.blame("I5", f"{e.tag_of(event)} stands in the commit of a scheduler")
