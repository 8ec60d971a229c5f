"""What a round of deciding comes to, and how it is collected. Pure; the rules are those of `decide.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from journeyman import events as e
from journeyman import jobs
from journeyman.breaker_verdicts import Rules
from journeyman.messages import Message
from journeyman.proposals import Discard, Effect, Guard, Proposal, Push, Release, Standing, Waiting, place
from journeyman.watchers import Edge


class Limits(msgspec.Struct, frozen=True):
    """The figures policy depends on. See the settings of the same names."""

    poison_attempts: int = 3
    wait_max_ms: int = 1_800_000
    partitions: int = 1
    breakers: Rules = Rules()


class Given(NamedTuple):
    """What a round is told besides the state.

    outcomes: status of those of the parents it asked for that are known to have ended (`reopened`: badly, and redriven
    since). told: the edges of which another partition has acknowledged a message, and what its log says.
    """

    now_ms: int
    limits: Limits
    outcomes: Mapping[str, str]
    told: Mapping[Edge, str] = {}


class Round(NamedTuple):
    """What one round concluded: the proposals, the jobs it looked at, and those of them to look at again soon.

    messages: what other partitions are to be told before anything follows from it here. noted: edges whose note is
    among the proposals. owed: the answers it looked at. judged: the types whose breakers it looked at.
    """

    proposals: list[Proposal]
    settled: list[str]
    postponed: list[str]
    messages: list[Message] = []
    noted: list[Edge] = []
    owed: list[Edge] = []
    judged: list[str] = []


class Conclusions:
    """Collects a round: what needs no guard in one proposal, the rest one by one."""

    def __init__(self) -> None:
        self.postponed: list[str] = []
        self.messages: list[Message] = []
        self.noted: list[Edge] = []
        self.on_trial: bool | None = None
        self._events: list[e.Event] = []
        self._effects: list[Effect] = []
        self._lines: dict[tuple[str, int, str], list[str]] = {}
        self._guarded: list[Proposal] = []

    def plain(self, event: e.Event, *effects: Effect) -> None:
        """Conclude an event that nobody can have forestalled."""
        self._events.append(event)
        self._effects += effects

    def release(self, job_id: str, job: jobs.Job) -> None:
        """Let a job run: put it in its line."""
        attempt = job.attempt + 1
        moves = job.moves if isinstance(job, jobs.Scheduled) else 0
        self._events.append(e.JobReleased(job_id, attempt, job.plan.priority, moves, job.generation))
        if moves or isinstance(job, jobs.Retrying):
            self._effects.append(Release(job_id))
        line = (job.plan.queue, job.plan.priority, job.plan.type)
        self._lines.setdefault(line, []).append(place(job_id, attempt, moves, job.generation))

    def cancel(
        self, job_id: str, job: jobs.Job, reason: str, error: e.Error | None, effects: tuple[Effect, ...] = ()
    ) -> None:
        """End a job that no worker holds."""
        # One in line may have been taken, tried and given up since: its last attempt is then not the one known.
        in_line = isinstance(job, jobs.Withdrawn) and job.in_line
        discard = Discard(job_id, job.attempt, job.generation)
        guard = Standing(job_id) if in_line else Waiting(job_id)
        self.guarded(e.JobCancelled(job_id, reason, error), guard, (*effects, discard))

    def guarded(self, event: e.Event | None, guard: Guard, effects: tuple[Effect, ...]) -> None:
        """Conclude something that holds only where the guard does."""
        self.propose(Proposal((event,) if event else (), guard, effects))

    def propose(self, proposal: Proposal) -> None:
        """Conclude a proposal by itself."""
        self._guarded.append(proposal)

    def proposals(self) -> list[Proposal]:
        """Return everything that is to be committed."""
        pushes = [Push(*line, tuple(places)) for line, places in self._lines.items()]
        if not self._events and not self._effects:
            return self._guarded
        return [Proposal(tuple(self._events), None, (*self._effects, *pushes)), *self._guarded]
