"""Checks of attempts: who may start one, and who may say what became of it.

Each function takes the book and the next event, says what is wrong with it, and then believes it as far as it can.
"""

from __future__ import annotations

from journeyman import events as e
from journeyman.verify.book import Book
from journeyman.verify.life import CANCELLING, FAILED, ORPHANED, READY, RUNNING, SCHEDULED, WITHDRAWN, Life
from journeyman.verify.waiting import decision, judge_parents, open_life


def started(book: Book, event: e.JobStarted) -> None:
    """Judge that a worker took a job."""
    job_id, attempt, worker = event.job_id, event.attempt, event.worker
    life = book.lives.get(job_id)
    if type(life) is not Life:
        open_life(book, event)
        return
    # What is usual is asked first, and alone: it is most of what a log says.
    if (
        life.phase != READY
        or attempt != life.attempt + 1
        or life.due_ms > book.ms
        or life.parents
        or book.decided
        or book.paused
        or book.shut
        or not book.workers.get(worker)
    ):
        _judge_start(book, event, life)
    life.phase = RUNNING if life.phase not in (WITHDRAWN, CANCELLING) else CANCELLING
    life.attempt = life.last = attempt
    life.worker, life.spent, life.in_line = worker, 0, False


def _judge_start(book: Book, event: e.JobStarted, life: Life) -> None:
    job_id, attempt = event.job_id, event.attempt
    if book.decided:
        book.blame("I5", f"job {job_id} started in the commit of a scheduler")
    if life.held:
        book.blame("I3", f"attempt {attempt} of job {job_id} started while {life.worker} held it")
    elif attempt <= life.attempt:
        book.blame("I3", f"attempt {attempt} of job {job_id} started again")
    elif not life.stands:
        book.blame("I8", f"job {job_id} started without having been released")
    elif attempt != life.attempt + 1:
        book.blame("I3", f"attempt {attempt} of job {job_id} started; released was attempt {life.attempt + 1}")
    if book.ms < life.due_ms:
        book.blame("I8", f"job {job_id} started {life.due_ms - book.ms} ms too early")
    if life.parents:
        judge_parents(book, job_id, life, "started")
    if life.line[0] in book.paused:
        book.blame("I8", f"job {job_id} started while its queue {life.line[0]} was paused")
    _judge_breaker(book, job_id, life.line[1])
    _judge_worker(book, event)


def _judge_breaker(book: Book, job_id: str, type_: str) -> None:
    if type_ not in book.shut:
        return
    by, permits = book.shut[type_]
    if permits < 1:
        book.blame("I8", f"job {job_id} started while the breaker of its type {type_} was open")
    book.shut[type_] = (by, max(permits - 1, 0))


def _judge_worker(book: Book, event: e.JobStarted) -> None:
    there = book.workers.get(event.worker)
    if there is None:
        what = f"job {event.job_id} was started by worker {event.worker}, which never joined"
        book.blame_if_whole("I3", what)
        book.workers[event.worker] = True
    elif not there:
        book.blame("I3", f"job {event.job_id} was started by worker {event.worker}, which was gone")


def _holder(
    book: Book, event: e.JobProgressed | e.JobSucceeded | e.JobFailed | e.JobReturned | e.JobLost
) -> Life | None:
    """Return the life of the job if this is who holds it; None, and a finding, where not."""
    life = open_life(book, event)
    if life is None:
        return None
    if not life.held or life.attempt != event.attempt or life.worker != event.worker:
        who = f"{life.worker}, attempt {life.attempt}, held it" if life.held else "nobody held it"
        said = f"{e.tag_of(event)} of job {event.job_id} by {event.worker}, attempt {event.attempt}"
        book.blame("I3", f"{said}, while {who}")
        return None
    if book.decided:
        if type(event) is not e.JobLost:
            book.blame("I5", f"{e.tag_of(event)} of job {event.job_id} stands in the commit of a scheduler")
    elif type(event) is e.JobLost:
        decision(book, event)
    return life


def progressed(book: Book, event: e.JobProgressed) -> None:
    """Judge a progress report."""
    _holder(book, event)


def succeeded(book: Book, event: e.JobSucceeded) -> None:
    """Judge that an attempt ended well, and the job with it."""
    life = _holder(book, event)
    if life is not None:
        book.end(event.job_id, life, "completed")


def failed(book: Book, event: e.JobFailed) -> None:
    """Judge that an attempt failed."""
    life = _holder(book, event)
    if life is not None:
        life.phase = WITHDRAWN if life.phase == CANCELLING else FAILED
        life.spent, life.moves, life.in_line = life.attempt, 0, False


def returned(book: Book, event: e.JobReturned) -> None:
    """Judge that an attempt was given back."""
    life = _holder(book, event)
    if life is None:
        return
    back = event.back
    if life.phase == CANCELLING:
        life.phase = WITHDRAWN
    else:
        life.phase = READY if back else SCHEDULED
    life.in_line = back
    if not back:
        life.spent = life.attempt
        life.moves += 1
        life.due_ms = 0
    life.attempt -= 1


def lost(book: Book, event: e.JobLost) -> None:
    """Judge that an attempt was lost with its worker."""
    life = _holder(book, event)
    if life is None:
        return
    if book.workers.get(event.worker):
        book.blame("I3", f"job {event.job_id} was lost with worker {event.worker}, which is there")
    life.phase = WITHDRAWN if life.phase == CANCELLING else ORPHANED
    life.moves, life.in_line, life.spent = 0, False, 0
