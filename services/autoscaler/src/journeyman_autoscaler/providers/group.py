"""What to do to an Auto Scaling group: pure functions from what is known of it to what to ask for.

The group chooses for itself which instance it takes away, among those that are not protected from scale-in. So the
choice is made by protecting: when some are too many, all but the least busy; otherwise whoever is busy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from journeyman_autoscaler.providers import Held

IN_SERVICE = "InService"
#: Waits for somebody to say that it may go: a termination lifecycle hook holds it.
HELD_BACK = "Terminating:Wait"
COMING = "Pending"

#: An instance that has not joined is told of after three times what the slowest of late took, within these bounds.
PATIENCE_FACTOR = 3.0
PATIENCE_LEAST_S = 120.0
PATIENCE_MOST_S = 900.0
#: As long as none has joined.
PATIENCE_FIRST_S = 600.0


class Instance(NamedTuple):
    """One instance of the group. state: its lifecycle state, in AWS's words."""

    id: str
    state: str
    protected: bool


class Group(NamedTuple):
    """The group as it was described. least, most: its own bounds. wanted: its desired capacity."""

    least: int
    most: int
    wanted: int
    instances: tuple[Instance, ...]


class Plan(NamedTuple):
    """What to ask of the group, in this order: protect, release, and so many instances."""

    protect: tuple[str, ...]
    release: tuple[str, ...]
    wanted: int


def plan(group: Group, desired: int, workers: Iterable[Held]) -> Plan:
    """Say what to ask of the group so that there are `desired` instances, as far as its bounds allow."""
    wanted = clamped(group, desired)
    busy = attempts(workers)
    serving = [instance for instance in group.instances if instance.state == IN_SERVICE]
    coming = sum(instance.state.startswith(COMING) for instance in group.instances)
    surplus = len(serving) + coming - wanted
    if surplus > 0:
        least_busy = sorted(serving, key=lambda each: (busy.get(each.id, 0), each.protected, each.id))
        kept = {instance.id for instance in least_busy[surplus:]}
    else:
        kept = {instance.id for instance in serving if busy.get(instance.id, 0) > 0}
    protect = tuple(each.id for each in serving if each.id in kept and not each.protected)
    release = tuple(each.id for each in serving if each.id not in kept and each.protected)
    return Plan(protect, release, wanted)


def clamped(group: Group, desired: int) -> int:
    """Return what of `desired` the group's bounds allow."""
    return max(group.least, min(group.most, desired))


def attempts(workers: Iterable[Held]) -> dict[str, int]:
    """Return how many attempts each instance runs; -1 where every worker drains, for it is on its way out."""
    running: dict[str, int] = {}
    for worker in workers:
        if worker.instance and worker.draining:
            running.setdefault(worker.instance, -1)
        elif worker.instance:
            running[worker.instance] = max(0, running.get(worker.instance, 0)) + worker.running
    return running


def left_behind(group: Group, workers: Iterable[Held]) -> list[str]:
    """Return the instances that a lifecycle hook holds though no worker is there: nobody will let them go."""
    inhabited = {worker.instance for worker in workers}
    return [each.id for each in group.instances if each.state == HELD_BACK and each.id not in inhabited]


class Arrivals:
    """How long instances take from when the group has them until a worker joins there; who takes too long."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._took: list[float] = []
        self._told: set[str] = set()

    @property
    def patience_s(self) -> float:
        """How long an instance may take."""
        if not self._took:
            return PATIENCE_FIRST_S
        return max(PATIENCE_LEAST_S, min(PATIENCE_MOST_S, PATIENCE_FACTOR * max(self._took)))

    def look(self, group: Group, joined: Collection[str], now_s: float) -> tuple[list[str], list[str]]:
        """Return the instances that have not joined in time, and those of them that were not returned before."""
        there = {each.id for each in group.instances if each.state == IN_SERVICE or each.state.startswith(COMING)}
        self._since = {id: self._since.get(id, now_s) for id in there}
        for id in there & set(joined):
            took = now_s - self._since[id]
            # What was there from the beginning, or has been counted, says nothing of how long it takes.
            if took > 0 and self._since[id] > 0:
                self._took = [*self._took[-19:], took]
            self._since[id] = 0.0
        late = sorted(id for id, since in self._since.items() if since and now_s - since > self.patience_s)
        fresh = [id for id in late if id not in self._told]
        self._told = set(late)
        return late, fresh


def by_state(group: Group) -> Mapping[str, int]:
    """Count the instances that serve, that come and that go."""
    counts = {"in_service": 0, "coming": 0, "going": 0}
    for instance in group.instances:
        if instance.state == IN_SERVICE:
            counts["in_service"] += 1
        else:
            counts["coming" if instance.state.startswith(COMING) else "going"] += 1
    return counts
