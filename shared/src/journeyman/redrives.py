"""Redrives that stop when too many of their jobs fail again: which jobs are theirs, and which have stopped. Pure.

Only redrives that may stop are known here. A redrive is known while one of its jobs is open, and for `KEPT_MS` after
its last job came, because its jobs come in several commits; then it is forgotten. So there are never more jobs here
than are open, and never more than `OVER_MAX` redrives without any.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from journeyman.events import Error, JobRedriven

KEPT_MS = 600_000
OVER_MAX = 1_000


class Redrive(msgspec.Struct, array_like=True):
    """One redrive: it stops when `stop_on` of its jobs have failed again, and `failed` have.

    waiting: its jobs that have not started, and the error each had as a dead letter. started: those that have, and are
    open. last_ms: when its last job came.
    """

    stop_on: int
    failed: int
    last_ms: int
    waiting: dict[str, Error]
    started: set[str]

    @property
    def stopped(self) -> bool:
        """Whether none of its jobs is to start any more."""
        return self.failed >= self.stop_on

    def copy(self) -> Redrive:
        """Return a copy that stays as it is."""
        return Redrive(self.stop_on, self.failed, self.last_ms, dict(self.waiting), set(self.started))


class Redrives:
    """All that are known. `of`: the redrive of each open job that has one; empty where nothing of this is going on."""

    def __init__(self, known: Mapping[str, Redrive] | None = None) -> None:
        self._known = {name: redrive.copy() for name, redrive in (known or {}).items()}
        self._errors: dict[Error, Error] = {}
        self.of = {
            job_id: name for name, redrive in self._known.items() for job_id in (*redrive.waiting, *redrive.started)
        }

    def snapshot(self) -> dict[str, Redrive]:
        """Return everything, in a shape that can be stored and that stays as it is."""
        return {name: redrive.copy() for name, redrive in self._known.items()}

    def came(self, event: JobRedriven, at_ms: int) -> None:
        """Take in a job that lives again."""
        if not event.redrive or event.stop_on_failures < 1:
            return
        redrive = self._known.get(event.redrive)
        if redrive is None:
            self._forget(at_ms)
            redrive = self._known[event.redrive] = Redrive(event.stop_on_failures, 0, at_ms, {}, set())
        error = event.error or Error("")
        error = Error(error.type, "", "", error.fingerprint)
        if not self.of:
            self._errors.clear()
        redrive.last_ms = at_ms
        redrive.waiting[event.job_id] = self._errors.setdefault(error, error)
        self.of[event.job_id] = event.redrive

    def started(self, job_id: str) -> None:
        """Note that a job has started: it goes its way, whatever becomes of the others."""
        name = self.of.get(job_id)
        if name is not None and self._known[name].waiting.pop(job_id, None) is not None:
            self._known[name].started.add(job_id)

    def ended(self, job_id: str, status: str) -> list[str]:
        """Note how a job ended; return the jobs that are not to start any more because of it."""
        name = self.of.pop(job_id, None)
        if name is None:
            return []
        redrive = self._known[name]
        if redrive.waiting.pop(job_id, None) is not None:
            return []
        redrive.started.discard(job_id)
        if status != "failed":
            return []
        redrive.failed += 1
        return list(redrive.waiting) if redrive.failed == redrive.stop_on else []

    def stopped(self, job_id: str) -> tuple[str, Redrive] | None:
        """Return the redrive that has stopped before this job of it has started; None where there is none."""
        name = self.of.get(job_id)
        if name is None:
            return None
        redrive = self._known[name]
        return (name, redrive) if redrive.stopped and job_id in redrive.waiting else None

    def _forget(self, at_ms: int) -> None:
        """Forget redrives that are over, before another one begins."""
        over = [name for name, redrive in self._known.items() if not redrive.waiting and not redrive.started]
        too_many = len(over) - OVER_MAX + 1
        for index, name in enumerate(over):
            if index < too_many or self._known[name].last_ms < at_ms - KEPT_MS:
                del self._known[name]
