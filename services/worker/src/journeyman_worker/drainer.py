"""Ending in good order: claim no more, give back what has not begun, let the rest end, leave.

Running jobs may go on for the drain timeout. Then they are interrupted, and what does not heed that in time is
handed back as well, because the process ends and takes it along. Every wait is bounded, so a server that is
away delays the end by seconds and not for ever.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from journeyman_worker.clock import monotonic_ms
from journeyman_worker.interrupts import Drained
from journeyman_worker.runner.attempt import hand_back
from journeyman_worker.session import HEED_MS, Session

#: How long a claim that is under way, or what is left to write, may take.
ANSWER_MS = 10_000.0
TICK_S = 0.01

_log = logging.getLogger(__name__)


def drain(session: Session, by: str, drain_timeout_ms: float, hurried: Callable[[], bool]) -> None:
    """Drain the session and leave. `by`: signal or request. Running jobs have no more time once `hurried` is true."""
    _log.info("%s drains (%s); %d jobs are in hand", session.worker, by, len(session.attempts))
    session.claimer.close()
    session.draining = True
    session.take_back()
    answer_by = monotonic_ms() + ANSWER_MS
    session.say_draining(by, lambda: monotonic_ms() > answer_by, ANSWER_MS)
    quiet = session.claimer.quiet.is_set
    # In a hurry too: what a claim brings after the worker has left is held by nobody, and nobody hands it back.
    _until(quiet, ANSWER_MS, hurried) or _until(quiet, HEED_MS, lambda: False)
    session.take_back()
    if not _until(lambda: not session.attempts or session.lost.is_set(), drain_timeout_ms, hurried):
        _log.warning(
            "%d jobs of %s run on after the drain timeout; stopping them", len(session.attempts), session.worker
        )
        session.interrupt_all(Drained)
        _until(lambda: not session.attempts, HEED_MS, lambda: False)
    hand_back(list(session.attempts.values()))
    if session.lost.is_set():
        session.abandon()
        _until(session.gone.is_set, ANSWER_MS, lambda: False)
    else:
        session.close(ANSWER_MS)


def _until(condition: Callable[[], bool], timeout_ms: float, hurried: Callable[[], bool]) -> bool:
    until = monotonic_ms() + timeout_ms
    while not condition():
        if monotonic_ms() > until or hurried():
            return condition()
        time.sleep(TICK_S)
    return True
