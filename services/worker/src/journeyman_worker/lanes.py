"""How many of a worker's threads take jobs: all of them, or one alone where that gets as much done. Pure.

Short jobs that make system calls are the worst that threads of Python can be given: at every call a thread leaves the
interpreter to another and then waits for its turn again, so that eight threads get less done than one and need more
processor time for it. But jobs as short that wait for something, a database on the same machine, are done by eight at
eight times the rate. A job's run time does not tell the two apart, nor does its processor time, of which the struggle
is part. So it is tried out: while there is more to do than can be done, all threads work for a moment, then one, and
what got as much done stays. The trial is repeated, ever more rarely while it comes out the same.

What keeps a slow job from holding up those behind it is somebody else's watch (`claimer.py`), who says so here. All
threads are let in then, for a moment first, as the machine itself may have halted, then for longer and longer.
"""

from __future__ import annotations

from collections.abc import Callable

#: How long each side of a trial is measured, and how long one thread works alone before it is.
WINDOW_MS = 30.0
SETTLE_MS = 20.0
#: With fewer jobs a millisecond from all threads, one alone is not tried: it would wait more than it works. Or there
#: were not that many jobs, and nothing is learned.
FAST_PER_MS = 1.0
#: How soon a trial is repeated, and how soon at most, as the pauses double.
KEPT_FIRST_MS = 1_000.0
KEPT_LAST_MS = 32_000.0
#: For how long all threads are let in where one was held up: at first, and each time that it is again before it has
#: worked alone for so many times as long, twice as long.
LET_IN_MS = 20.0
IN_PEACE = 2


class Lanes:
    """What is being tried out, and what came of it. Times are monotonic milliseconds."""

    __slots__ = (
        "_alone_at",
        "_best",
        "_from",
        "_kept_ms",
        "_let",
        "_let_in_ms",
        "_settled_at",
        "_threads",
        "_trial_at",
        "_trying",
        "_wide",
        "open",
    )

    def __init__(self, threads: int, let: Callable[[int], None]) -> None:
        """Begin with all threads. let: lets so many take jobs from now on."""
        self._threads = threads
        self._let = let
        #: How many threads take jobs now.
        self.open = threads
        let(threads)
        #: What came out best the last time.
        self._best = threads
        self._trying = False
        #: Jobs that had been started when the measuring of the present side began, and when that was; None: not yet.
        self._from: tuple[int, float] | None = None
        self._settled_at = 0.0
        #: Jobs a millisecond with all threads, once that is known.
        self._wide: float | None = None
        self._trial_at = 0.0
        self._kept_ms = KEPT_FIRST_MS
        #: Since when one thread works alone, or from when on it does again.
        self._alone_at = 0.0
        self._let_in_ms = LET_IN_MS

    @property
    def narrow(self) -> bool:
        """Whether one thread works alone where there are others."""
        return self.open < self._threads

    def look(self, started: int, now: float, *, plenty: bool) -> None:
        """Hear how many jobs have been started so far, and whether there are more than can be started now."""
        if self._threads == 1:
            return
        if self._best < self.open and not self._trying and now >= self._alone_at:
            self._open(self._best)
        if not plenty:
            self._from = None
        elif self._trying:
            self._measure(started, now)
        elif now >= self._trial_at:
            self._trying, self._wide, self._from = True, None, (started, now)
            self._open(self._threads)

    def held_up(self, now: float) -> None:
        """Hear that jobs wait behind one that takes longer than a moment."""
        if not self.narrow:
            return
        in_peace = now - self._alone_at > IN_PEACE * self._let_in_ms
        self._let_in_ms = LET_IN_MS if in_peace else self._let_in_ms * 2
        if self._trying or self._let_in_ms > KEPT_FIRST_MS:
            self._end(self._threads, now)
        else:
            self._open(self._threads)
            self._alone_at = now + self._let_in_ms

    def _measure(self, started: int, now: float) -> None:
        if self._from is None:
            self._from = (started, now) if now >= self._settled_at else None
            return
        first, since = self._from
        if now - since < WINDOW_MS:
            return
        per_ms = (started - first) / (now - since)
        if self._wide is not None:
            self._end(1 if per_ms >= self._wide else self._threads, now)
        elif per_ms < FAST_PER_MS:
            self._end(self._best, now)
        else:
            self._wide, self._from = per_ms, None
            self._settled_at = now + SETTLE_MS
            self._open(1)

    def _end(self, best: int, now: float) -> None:
        """Go on with what is best, for a while."""
        again = best == self._best
        self._kept_ms = min(self._kept_ms * 2, KEPT_LAST_MS) if again else KEPT_FIRST_MS
        self._trial_at = now + self._kept_ms
        self._best = best
        self._open(best)
        self._alone_at, self._let_in_ms = now, LET_IN_MS
        self._trying = False

    def _open(self, threads: int) -> None:
        if threads != self.open:
            self.open = threads
            self._let(threads)
