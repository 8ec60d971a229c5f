"""What must hold beside what the onlooker sees at every entry: acceptances, ends, and that all readers agree."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from journeyman import events as e
from journeyman.partition import fold
from journeyman_dashboard.rows import STATUS_OF_PHASE
from simulation.clients import Submission
from simulation.faults import Faults
from simulation.kernel import SECOND
from simulation.onlooker import BrokenPromiseError, Onlooker
from support.snapshots import assert_same_state

if TYPE_CHECKING:
    from simulation.world import World


class Accepted:
    """Every submission that a client was told is accepted. may_lose: what was told within a window may be lost."""

    def __init__(self, onlooker: Onlooker, faults: Faults, *, may_lose: bool) -> None:
        self._onlooker = onlooker
        self._faults = faults
        self._may_lose = may_lose
        self.jobs: dict[str, int] = {}
        self._keys: dict[str, tuple[str, ...]] = {}
        self.lost = 0

    def told(self, told: Submission) -> None:
        """Hear what a client was told."""
        if told.status != "ok":
            return
        if told.key:
            first = self._keys.setdefault(told.key, told.ids)
            if first != told.ids:
                if not all(job_id in self._onlooker.lost for job_id in first):
                    raise BrokenPromiseError("I2", f"key {told.key} was answered with {first} and with {told.ids}")
                self._keys[told.key] = told.ids
        for job_id in told.ids:
            self.jobs[job_id] = told.at

    def check(self) -> None:
        """Fail where an accepted job is not there, unless it may be lost."""
        lost = 0
        for job_id, at in self.jobs.items():
            if job_id in self._onlooker.submitted:
                continue
            when = self._onlooker.lost.get(job_id)
            if when is None:
                raise BrokenPromiseError("I1", f"job {job_id} was accepted at {at / SECOND:.3f} and is in no log")
            if not self._may_lose:
                raise BrokenPromiseError("I1", f"job {job_id}, accepted at {at / SECOND:.3f}, was lost")
            # Its answer may have come a while after the server had written it.
            if not any(begin <= when and at >= begin for begin, _ in self._faults.windows):
                raise BrokenPromiseError("I1", f"job {job_id}, accepted at {at / SECOND:.3f}, was lost out of time")
            lost += 1
        self.lost = lost


def what_is_left(world: World) -> str:
    """Say why a world has not drained."""
    left = world.onlooker.fold.jobs
    words = [f"{job_id[-8:]}: {job}" for job_id, job in list(left.items())[:5]]
    busy = [client.name for client in world.clients if client.busy]
    return f"{len(left)} jobs have not ended: {'; '.join(words)}; busy: {busy}; readers: {_arrivals(world)}"


def _arrivals(world: World) -> dict[str, object]:
    found: dict[str, object] = {}
    for host in world.schedulers:
        loop = host.process and host.process.loop
        found[host.name] = loop and loop._scheduling.partition.offset.entry
    for host in world.dashboards:
        reach = host.process and host.process.reach
        found[host.name] = reach and reach.position[0].entry
    found["end"] = world.server.log.end().entry
    return found


def readers_have_arrived(world: World) -> bool:
    """Tell whether schedulers and read models have read the log to its end."""
    found = _arrivals(world)
    end = found.pop("end")
    return all(place == end for place in found.values())


def everything_ended(world: World) -> None:
    """Fail unless every accepted job came to its one end, and no job killed more workers than it may."""
    onlooker, derived = world.onlooker, world.server.log.derived
    if onlooker.fold.jobs or derived.bodies or derived.held:
        raise BrokenPromiseError("I4", f"not ended: {list(derived.bodies)[:5]}, held: {list(derived.held)[:5]}")
    for job_id in world.accepted.jobs:
        if job_id in onlooker.submitted and not onlooker.ends.get(job_id):
            raise BrokenPromiseError("I4", f"accepted job {job_id} has no end")
    if world.loss != "nothing":
        return
    generations: dict[str, int] = {}
    for entry in onlooker.history:
        for event in entry.events:
            if isinstance(event, e.JobRedriven):
                generations[event.job_id] = event.generation
    for job_id, kills in world.around.deeds.kills.items():
        most = world.settings.poison_attempts * generations.get(job_id, 1)
        if kills > most:
            raise BrokenPromiseError("I7", f"job {job_id} killed {kills} workers; {most} are allowed")


def everybody_agrees(world: World) -> None:
    """Fail unless the fold, every scheduler's state and the read model are one."""
    once = fold(world.onlooker.history)
    for host in world.schedulers:
        try:
            assert_same_state(once, host.process.loop._scheduling.partition, host.name)
        except AssertionError as error:
            raise BrokenPromiseError("I6", f"the state of {host.process.name}: {error}") from None
    for host in world.dashboards:
        _compare(world, host.process.path)


def _compare(world: World, path: object) -> None:
    with closing(sqlite3.connect(str(path))) as connection:
        rows = dict(connection.execute("SELECT id, phase FROM jobs").fetchall())
    shown = {job_id: STATUS_OF_PHASE[phase] for job_id, phase in rows.items()}
    said = {
        job_id: world.onlooker.ends[job_id][-1]
        for job_id in world.onlooker.submitted
        if world.onlooker.ends.get(job_id)
    }
    if world.settings.log_retention_ms < 1_000_000:
        # What was trimmed before a read model began anew is not in it.
        said = {job_id: status for job_id, status in said.items() if job_id in shown}
    for job_id in sorted(said.keys() | shown.keys()):
        if said.get(job_id) != shown.get(job_id):
            raise BrokenPromiseError(
                "I6", f"job {job_id} is {shown.get(job_id)} in the read model, {said.get(job_id)} in the log"
            )
