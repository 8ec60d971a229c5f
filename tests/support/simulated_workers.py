"""Workers of a simulated world: they claim, report, repeat themselves after a lost reply, fall silent and come back."""

from __future__ import annotations

from collections.abc import Sequence

from journeyman import events as e
from journeyman.errors import WorkerLostError
from journeyman.log.api import Claimed, ClaimedJob, Finished, Outcome
from journeyman.proposals import Alive, Join, Leave, Proposal
from journeyman.type_descriptions import TypeDescription, write_descriptions
from support.agreement import claimable
from support.simulation import World

#: What a worker can say of an attempt.
KINDS = ("succeed", "fail", "fail for good", "fail and wait", "give back", "hand over", "progress")


class SimulatedWorker:
    """One worker process, by hand. `holding`: the attempts it believes to hold."""

    def __init__(self, world: World, name: str, queues: Sequence[str], types: Sequence[str]) -> None:
        self.name = name
        self.queues, self.types = tuple(queues), tuple(types)
        self.silent = False
        self.lost = False
        self.holding: dict[str, ClaimedJob] = {}
        self._world = world
        self._claims = self._finishes = 0
        self._last_count = 0
        self._last_finish: tuple[list[Outcome], Finished] | None = None
        described = write_descriptions({kind: TypeDescription(description=f"as {name} does") for kind in types}).text
        joined = e.WorkerJoined(name, "host", 1, "1", self.queues, self.types, 4, described)
        world.append(Proposal((joined,), None, (Join(name, self.queues, self.types),)))

    def claim(self, count: int) -> Claimed | None:
        """Claim, and check that the best waiting jobs came, and all of them. None for a worker that is lost."""
        self._claims += 1
        self._last_count = count
        waiting = claimable(self._world.log.derived, self.queues, self.types)
        claimed = self._claim(count)
        if claimed is not None:
            assert [job.priority for job in claimed.jobs] == waiting[:count], "strictly by priority, and no idle worker"
            self.holding.update((job.body.job_id, job) for job in claimed.jobs)
        return claimed

    def claim_again(self) -> None:
        """Repeat the last claim, as after a lost reply; what comes is what is still held of it."""
        before = self._world.log.end()
        again = self._claim(self._last_count)
        if again is not None and self._world.log.end() == before:
            for job in again.jobs:
                assert self._world.log.derived.holds(self.name, job.body.job_id, job.attempt)
        if again is not None:
            self.holding.update((job.body.job_id, job) for job in again.jobs)

    def _claim(self, count: int) -> Claimed | None:
        try:
            return self._world.log.claim(self.name, self._claims, count, queues=self.queues, types=self.types)
        except WorkerLostError:
            self.lost = True
            return None

    def say(self, kinds: Sequence[tuple[str, str]]) -> Finished:
        """Report outcomes, (job id, kind) each, of attempts it believes to hold."""
        outcomes = [self._outcome(self.holding[job_id], kind) for job_id, kind in kinds]
        held = [self._world.log.derived.holds(self.name, job_id, self.holding[job_id].attempt) for job_id, _ in kinds]
        self._finishes += 1
        finished = self._world.log.finish(self.name, self._finishes, outcomes)
        assert finished.accepted == held, "accepted exactly if the attempt is held"
        self._last_finish = (outcomes, finished)
        for job_id, kind in kinds:
            if kind != "progress":
                del self.holding[job_id]
        return finished

    def say_again(self) -> None:
        """Repeat the last report, as after a lost reply; nothing is appended."""
        if self._last_finish is None:
            return
        outcomes, first = self._last_finish
        end = self._world.log.end()
        again = self._world.log.finish(self.name, self._finishes, outcomes)
        assert (again.accepted, again.offset) == (first.accepted, first.offset)
        assert self._world.log.end() == end

    def beat(self) -> None:
        """Say that it lives, and obey: what is to be interrupted is handed over."""
        try:
            beaten = self._world.log.beat(self.name, {})
        except WorkerLostError:
            self.lost = True
            return
        stops = [job_id for job_id, attempt in beaten.interrupt if self._holds(job_id, attempt)]
        if stops:
            self.say([(job_id, "hand over") for job_id in stops])

    def leave(self) -> None:
        """End in good order, except for what it still holds."""
        self._world.append(Proposal((e.WorkerLeft(self.name),), Alive(self.name), (Leave(self.name),)))
        self.lost = True

    def _holds(self, job_id: str, attempt: int) -> bool:
        return job_id in self.holding and self.holding[job_id].attempt == attempt

    def _outcome(self, job: ClaimedJob, kind: str) -> Outcome:
        key = (job.body.job_id, job.attempt, self.name)
        match kind:
            case "succeed":
                return Outcome(e.JobSucceeded(*key, "1", 10))
            case "fail":
                return Outcome(e.JobFailed(*key, e.Error("Boom")))
            case "fail for good":
                return Outcome(e.JobFailed(*key, e.Error("Bad"), 0, False))
            case "fail and wait":
                return Outcome(e.JobFailed(*key, e.Error("Later"), 0, True, 700))
            case "give back":
                back = (job.queue, job.priority, job.body.type, job.place)
                return Outcome(e.JobReturned(*key, "drained", back=True), back)
            case "hand over":
                return Outcome(e.JobReturned(*key, "interrupted"))
            case _:
                return Outcome(e.JobProgressed(*key, 50.0))
