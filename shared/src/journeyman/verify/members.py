"""Checks of what is said of workers, queues and the log itself."""

from __future__ import annotations

from journeyman import events as e
from journeyman.breakers import AUTOMATIC, MANUAL
from journeyman.verify.book import Book
from journeyman.verify.waiting import decision, request


def joined(book: Book, event: e.WorkerJoined) -> None:
    """Take in a worker."""
    request(book, event)
    book.workers[event.worker] = True


def draining(book: Book, event: e.WorkerDraining) -> None:
    """Judge that a worker was there to be drained."""
    request(book, event)
    _judge_there(book, event, event.worker)


def gone(book: Book, event: e.WorkerLeft | e.WorkerLost) -> None:
    """Judge that a worker was there to go."""
    if type(event) is e.WorkerLeft:
        request(book, event)
    _judge_there(book, event, event.worker)
    book.workers[event.worker] = False


def _judge_there(book: Book, event: e.Event, worker: str) -> None:
    there = book.workers.get(worker)
    if there is None:
        book.blame_if_whole("I6", f"{e.tag_of(event)} of worker {worker}, which never joined")
    elif not there:
        book.blame("I6", f"{e.tag_of(event)} of worker {worker}, which was gone")


def paused(book: Book, event: e.QueuePaused) -> None:
    """Take in that a queue is shut."""
    request(book, event)
    book.paused.add(event.queue)


def resumed(book: Book, event: e.QueueResumed) -> None:
    """Take in that a queue is open."""
    request(book, event)
    book.paused.discard(event.queue)


def breaker_opened(book: Book, event: e.BreakerOpened) -> None:
    """Take in that a type of jobs is shut."""
    book.shut[event.type] = (AUTOMATIC if event.until_ms else MANUAL, 0)


def breaker_half_opened(book: Book, event: e.BreakerHalfOpened) -> None:
    """Take in that some jobs of a type that is shut may start all the same."""
    by, permits = book.shut.get(event.type, (MANUAL, 0))
    if by == AUTOMATIC:
        book.shut[event.type] = (by, permits + event.probes)


def breaker_closed(book: Book, event: e.BreakerClosed) -> None:
    """Take in that a type of jobs is open again."""
    book.shut.pop(event.type, None)


def log_trimmed(book: Book, event: e.LogTrimmed) -> None:
    """Take in that the log does not begin with its beginning any more."""
    decision(book, event)
    book.trimmed = True
    book.trimmed_entries += event.entries
