"""What a page of the log says for whoever hands places out: which are new, and which to hand out again. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from journeyman import events as e
from journeyman.log.api import Wanted
from journeyman.proposals import place


class Heard:
    """What was released in a page and has not been started in it, in order; and what may start again since."""

    def __init__(self) -> None:
        #: job id -> its release, and queue and type of the job where the page says them too.
        self._released: dict[str, tuple[e.JobReleased, tuple[str, str] | None]] = {}
        self._submitted: dict[str, tuple[str, str]] = {}
        #: Queues and types of which everything in line is to be handed out again.
        self.queues: set[str] = set()
        self.types: set[str] = set()
        #: Shut types of which so many jobs may start all the same.
        self.probes: Counter[str] = Counter()
        #: Jobs that stand again where they had been taken from.
        self.returned: set[str] = set()

    def hear(self, event: e.Event | None) -> None:
        """Take in the next event."""
        match event:
            case e.JobSubmitted(job_id, type_, queue):
                self._submitted[job_id] = (queue, type_)
            case e.JobReleased(job_id):
                self._released[job_id] = (event, self._submitted.get(job_id))
            case e.JobStarted(job_id):
                self._released.pop(job_id, None)
                self.returned.discard(job_id)
            case e.JobReturned(job_id, back=True):
                self.returned.add(job_id)
            case e.QueueResumed(queue):
                self.queues.add(queue)
            case e.BreakerClosed(type_):
                self.types.add(type_)
            case e.BreakerHalfOpened(type_, probes):
                self.probes[type_] += probes
            case _:
                pass

    def unknown(self) -> list[str]:
        """Return the released jobs of which this page does not say in which queue they are."""
        return [job_id for job_id, (_, known) in self._released.items() if known is None]

    def places(self, bodies: Mapping[str, e.JobSubmitted]) -> list[Wanted]:
        """Return what was released, highest priority first. `bodies`: of the unknown ones that are open."""
        found = []
        for job_id, (event, known) in self._released.items():
            body = bodies.get(job_id)
            line = known or ((body.queue, body.type) if body else None)
            if line is not None:
                at = place(job_id, event.attempt, event.moves, event.generation)
                found.append(Wanted(line[0], event.priority, line[1], at))
        return sorted(found, key=lambda wanted: -wanted.priority)


def heard(entries: Iterable[e.Entry]) -> Heard:
    """Return what these entries say."""
    found = Heard()
    for entry in entries:
        for event in entry.events:
            found.hear(event)
    return found
