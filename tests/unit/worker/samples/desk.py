"""Runs attempts of the sample jobs in the test's own thread, on an in-memory log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from journeyman.admission import admit
from journeyman.blobs import BlobStore, FileBlobStore
from journeyman.events import JobProgressed, JobSubmitted, JobSucceeded
from journeyman.ids import IdMaker
from journeyman.log.api import ClaimedJob, Log, Outcome
from journeyman.log.memory_log import MemoryLog
from journeyman.proposals import Join, Proposal
from journeyman_worker.actors import Job
from journeyman_worker.clock import ServerClock
from journeyman_worker.context import current_attempt
from journeyman_worker.runner.attempt import Attempt

NOW_MS = 1_772_366_400_000


class Desk:
    """Holds attempts as a worker does, one at a time."""

    def __init__(self, directory: Path) -> None:
        self.worker = "w-desk"
        self.log: Log = MemoryLog(now_ms=lambda: NOW_MS)
        self.logs = [self.log]
        self.clock = ServerClock(NOW_MS)
        self.running: dict[int, Attempt] = {}
        self.said: list[Outcome] = []
        self.ids = IdMaker()
        self._calls = 0
        self._store = FileBlobStore(directory)
        self.log.append([Proposal((), None, (Join(self.worker, (), ()),))], caller="join", number=1)

    def blobs(self) -> BlobStore:
        return self._store

    def say(self, *outcomes: Outcome) -> None:
        self.said += outcomes

    def ended(self, attempt: Attempt) -> None:
        self.running.clear()

    def completed(self, result: object) -> str:
        """Put a completed job into the log and return its id."""
        self._calls += 1
        body = JobSubmitted(self.ids.make(NOW_MS, 0), "parent")
        self.log.append([admit([body], NOW_MS)], caller="desk", number=self._calls)
        claimed = self.log.claim(self.worker, self._calls, 1, queues=["default"], types=["parent"])
        assert [job.body.job_id for job in claimed.jobs] == [body.job_id]
        event = JobSucceeded(body.job_id, 1, self.worker, msgspec.json.encode(result).decode())
        self.log.finish(self.worker, self._calls, [Outcome(event)])
        return body.job_id

    def run(
        self,
        job: Job[..., dict[str, Any]],
        payload: Mapping[str, object],
        *,
        attempt: int = 1,
        parents: Sequence[str] = (),
        job_id: str = "",
    ) -> dict[str, Any]:
        """Run one attempt and return what it returned, as a reader of the log sees it. Raises what it raised."""
        body = JobSubmitted(job_id or self.ids.make(NOW_MS, 0), job.actor_name, depends_on=tuple(parents))
        arguments = job.binding.arguments(msgspec.json.encode(payload))
        held = Attempt(ClaimedJob(body, attempt, "", "default", 10), self, 60_000)
        held.begin()
        token = current_attempt.set(held)
        try:
            result = job(*arguments.args, **arguments.kwargs)
        finally:
            current_attempt.reset(token)
            held.settle(None)
        seen: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(result))
        return seen

    def progress(self) -> list[JobProgressed]:
        """Return the progress that was told so far."""
        return [outcome.event for outcome in self.said if isinstance(outcome.event, JobProgressed)]
