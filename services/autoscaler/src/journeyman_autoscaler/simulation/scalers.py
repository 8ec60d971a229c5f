"""Who decides in a simulation: this autoscaler as it is, target tracking as a cloud does it, and a plan made before."""

from __future__ import annotations

import math
from collections.abc import Sequence

from journeyman import events
from journeyman.events import Entry, Event, Offset
from journeyman_autoscaler.limits import Limits
from journeyman_autoscaler.observe import Fleet
from journeyman_autoscaler.policy import Memory, decide
from journeyman_autoscaler.simulation.fleet import Happened, Plant, Sight
from journeyman_autoscaler.simulation.traffic import Job

#: Where the simulated log begins: offsets must not be of the year 1970.
_EPOCH_MS = 1_000_000_000_000


class Autoscaler:
    """The policy over the fold of the log, as they run: it is told events, and its decisions are events."""

    def __init__(self, name: str, jobs: Sequence[Job], plant: Plant, limits: Limits) -> None:
        self.name = name
        self.reasons: list[tuple[int, int, str]] = []
        self._jobs, self._plant, self._limits = jobs, plant, limits
        self._fleet, self._memory = Fleet(), Memory()
        self._desired = plant.workers_min
        self._types = tuple({job.type for job in jobs}) or ("job",)

    def decide(self, sight: Sight) -> int:
        """Return how many workers there should be."""
        at_ms = _EPOCH_MS + sight.now_ms
        self._fleet.apply(Entry(Offset(at_ms, 0), self._told(sight.happened)))
        seen = self._fleet.observe(at_ms)
        decision, self._memory = decide(seen, self._desired, self._limits, self._memory)
        if decision.desired != self._desired:
            event = events.FleetScaled("simulated", decision.desired, self._desired, decision.reason)
            self._fleet.apply(Entry(Offset(at_ms, 1), [event]))
            self._desired = decision.desired
            self.reasons.append((sight.now_ms, decision.desired, decision.reason))
        return self._desired

    def _told(self, happened: Happened) -> list[Event | None]:
        told: list[Event | None] = [
            events.WorkerJoined(f"{id}", "simulated", id, "", (), self._types, self._plant.slots)
            for id in happened.joined
        ]
        for number in happened.came:
            job = self._jobs[number]
            told.append(events.JobSubmitted(f"{number}", job.type, job.queue, job.priority))
            told.append(events.JobReleased(f"{number}", 1, job.priority))
        told += [events.JobStarted(f"{number}", 1, f"{worker}") for number, worker in happened.started]
        told += [
            events.JobSucceeded(f"{number}", 1, f"{worker}", run_us=int(self._jobs[number].run_ms * 1_000))
            for number, worker in happened.ended
        ]
        told += [events.WorkerLeft(f"{id}") for id in happened.left]
        return told


class TargetTracking:
    """Target tracking on the backlog per worker, as Auto Scaling groups do it on a metric of CloudWatch.

    A metric a minute. The target is what one worker starts within the goal: slots x goal / mean service time, which it
    is told. More after three minutes above it, in proportion, and no further until those are ready; fewer after
    fifteen minutes below nine tenths of it, one at a time.
    """

    name = "target tracking"

    def __init__(self, plant: Plant, goal_ms: int, mean_ms: float) -> None:
        self._plant = plant
        self._target = max(1.0, plant.slots * goal_ms / mean_ms)
        self._desired = plant.workers_min
        self._high = self._low = 0
        self._warm_ms = 0

    def decide(self, sight: Sight) -> int:
        """Return how many workers there should be."""
        now_ms, ready = sight.now_ms, sight.ready
        if now_ms % 60_000:
            return self._desired
        metric = sight.waiting / max(1, ready)
        self._high = self._high + 1 if metric > self._target else 0
        self._low = self._low + 1 if metric < 0.9 * self._target else 0
        if self._high >= 3 and now_ms >= self._warm_ms:
            wanted = min(self._plant.workers_max, max(self._desired + 1, math.ceil(ready * metric / self._target)))
            if wanted > self._desired:
                self._desired, self._warm_ms = wanted, now_ms + self._plant.start_up_ms
        elif self._low >= 15 and self._desired > max(self._plant.workers_min, math.ceil(ready * metric / self._target)):
            self._desired -= 1
        return self._desired


class Planned:
    """A plan that was made before. `ready`: how many workers there should be ready, by step of `step_ms`."""

    name = "oracle"

    def __init__(self, ready: Sequence[int], step_ms: int, plant: Plant) -> None:
        self._ready, self._step_ms, self._plant = ready, step_ms, plant

    def decide(self, sight: Sight) -> int:
        """Return how many workers there should be."""
        first = sight.now_ms // self._step_ms
        last = (sight.now_ms + int(self._plant.start_up_ms * 1.1)) // self._step_ms + 1
        return max(self._ready[first : last + 1], default=self._plant.workers_min)
