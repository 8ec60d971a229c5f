"""Healing a simulated world, and what must be so once everything has drained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from journeyman import events as e
from journeyman.breakers import MANUAL
from journeyman.partition import Partition, fold
from journeyman.proposals import Gate, Proposal, Valve
from support.simulated_workers import SimulatedWorker
from support.simulation import HEARTBEAT_TIMEOUT_MS, LIMITS, SimulatedScheduler, World
from support.snapshots import assert_same_state

#: Rounds of (time passes, schedulers decide, workers work) after which a healed world must be empty.
ROUNDS_MAX = 400


def pass_time(world: World, workers: Iterable[SimulatedWorker], delay_ms: int) -> None:
    """Let time pass in steps within which every worker that is not silent beats."""
    while delay_ms > 0:
        step = min(delay_ms, HEARTBEAT_TIMEOUT_MS // 2)
        world.now_ms += step
        delay_ms -= step
        for worker in workers:
            if not worker.silent:
                worker.beat()


def heal_and_drain(
    world: World, schedulers: Sequence[SimulatedScheduler], queues: Sequence[str], types: Sequence[str]
) -> None:
    """Open every queue and bring a good worker; return when nothing is left to do, and fail if that takes too long.

    Breakers that a person opened are closed; the others must close by themselves.
    The schedulers that are there must manage: a new one would hide what they have forgotten.
    """
    for queue in queues:
        world.append(Proposal((e.QueueResumed(queue),), None, (Gate(queue, open=True),)))
    for type_, (by, _) in list(world.log.derived.valves.items()):
        if by == MANUAL:
            world.append(Proposal((e.BreakerClosed(type_, "manual"),), None, (Valve(type_),)))
    worker = SimulatedWorker(world, "healer", queues, types)
    for _ in range(ROUNDS_MAX):
        pass_time(world, [worker], 200)
        idle = not settled(schedulers)
        claimed = worker.claim(1_000)
        assert claimed is not None
        if claimed.jobs:
            worker.say([(job.body.job_id, "succeed") for job in claimed.jobs])
        world.look()
        if idle and not world.onlooker.jobs and any(scheduler.epoch is not None for scheduler in schedulers):
            return
    raise AssertionError(f"not drained: {world.onlooker.jobs}")


def settled(schedulers: Iterable[SimulatedScheduler]) -> bool:
    """Let every scheduler take turns until none has anything to read or decide; tell whether any had."""
    busy = False
    while True:
        turns = [scheduler.turn() for scheduler in schedulers]
        if not any(turns):
            return busy
        busy = True


def assert_all_ended(world: World, job_ids: Iterable[str]) -> None:
    """Fail unless every job has ended in exactly one way, and the keys say which."""
    assert world.verifier.report().unfinished == 0
    assert world.onlooker.jobs == {}
    assert world.log.derived.bodies == {}
    assert world.log.derived.held == {}
    outcomes = world.log.outcomes(job_ids)
    assert set(outcomes) == set(job_ids)
    ends: dict[str, str] = {}
    names = {e.JobSucceeded: "completed", e.JobDeadLettered: "failed", e.JobCancelled: "cancelled"}
    for event in own_events(world):
        if type(event) in names:
            ends[event.job_id] = names[type(event)]  # type: ignore[union-attr]
        elif isinstance(event, e.JobRedriven):
            del ends[event.job_id]
    assert ends == {job_id: outcome.status for job_id, outcome in outcomes.items()}


def own_events(world: World) -> list[e.Event]:
    """Return the events of the log but for those the test wrote into it."""
    return [
        record.event
        for entry in world.whole_log()
        if entry.offset.entry not in world.injected
        for record in entry.records()
    ]


def assert_nothing_decided_twice(world: World) -> None:
    """Fail where one decision was taken twice, or a job harmed more workers than it may."""
    decided: Counter[tuple[object, ...]] = Counter()
    losses: Counter[tuple[str, int]] = Counter()
    generation: dict[str, int] = {}
    for event in own_events(world):
        match event:
            case e.JobReleased(job_id, attempt, _, moves):
                decided["released", job_id, generation.get(job_id, 1), attempt, moves] += 1
            case e.JobRetryScheduled(job_id, attempt):
                decided["retry", job_id, attempt] += 1
            case e.JobLost(job_id, attempt):
                decided["lost", job_id, attempt] += 1
                losses[job_id, generation.get(job_id, 1)] += 1
            case e.WorkerLost(worker):
                decided["worker lost", worker] += 1
            case e.LogQuarantined(offset):
                decided["quarantined", offset] += 1
            case e.JobRedriven(job_id, number):
                generation[job_id] = number
            case _:
                pass
    twice = [what for what, times in decided.items() if times > 1]
    assert twice == []
    assert max(losses.values(), default=0) <= LIMITS.poison_attempts


def assert_nothing_started_through_a_shut_valve(world: World) -> None:
    """Fail where a job of an open breaker's type started, or more of a half-open one's than it let through."""
    types: dict[str, str] = {}
    shut: dict[str, int] = {}
    for event in own_events(world):
        match event:
            case e.JobSubmitted(job_id, type_):
                types.setdefault(job_id, type_)
            case e.BreakerOpened(type_):
                shut[type_] = 0
            case e.BreakerHalfOpened(type_, probes):
                shut[type_] += probes
            case e.BreakerClosed(type_):
                shut.pop(type_, None)
            case e.JobStarted(job_id) if types[job_id] in shut:
                shut[types[job_id]] -= 1
                assert shut[types[job_id]] >= 0, f"{job_id} started although its type is shut"
            case _:
                pass


def assert_one_state(world: World, schedulers: Iterable[SimulatedScheduler]) -> None:
    """Fail unless every way to the state at the end of the log leads to the same one."""
    once = world.refolded()
    assert_same_state(once, world.refolded(), "folded twice")
    for snapshot in world.snapshots:
        assert_same_state(once, world.refolded(snapshot), f"snapshot at {snapshot.offset} and its tail")
    for scheduler in schedulers:
        scheduler.follow_to_the_end()
        assert_same_state(once, scheduler.partition, f"live in {scheduler.name}")
    clean = fold(entry for entry in world.whole_log() if entry.offset.entry not in world.injected)
    clean.offset = once.offset
    assert_same_state(without_damage(once), without_damage(clean), "without what was written twice")


def without_damage(partition: Partition) -> Partition:
    """Return the partition but for its notes on entries that nobody could read."""
    snapshot = partition.snapshot()
    return Partition.restore(msgspec.structs.replace(snapshot, undecodable={}))
